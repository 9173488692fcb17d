package dev.plinth.trust.control;

import java.time.Duration;
import java.util.List;
import java.util.Set;

/** What is asked of trust. Each says what shall hold: one that comes twice changes nothing the second time. */
public sealed interface TrustCommand {

    /** This is the trust domain from now on. Another one cannot take its place. */
    record SetDomain(String name) implements TrustCommand {
        public SetDomain {
            SpiffeId.checkDomain(name);
        }
    }

    /** For how long what comes from now on lasts; see {@link Domain}. */
    record SetLives(Duration authorityLife, Duration svidLife, Duration publishing) implements TrustCommand {
        public SetLives {
            var _ = new Domain("any", authorityLife, svidLife, publishing);
        }
    }

    /** The result of {@link MakeAuthority}. */
    record Introduce(long effect, Authority.Keys keys) implements TrustCommand {}

    /** The next authority is made now, unless one is published already and waits for its turn. */
    record Rotate() implements TrustCommand {}

    /**
     * Who is all of what the entry says gets its identity.
     *
     * @param entry its version and its time are not looked at
     */
    record PutEntry(RegistrationEntry entry) implements TrustCommand {}

    record RemoveEntry(String name) implements TrustCommand {}

    record PutFederated(String domain, String jwks) implements TrustCommand {
        public PutFederated {
            SpiffeId.checkDomain(domain);
            Bundles.parse(domain, jwks);
        }
    }

    record RemoveFederated(String domain) implements TrustCommand {}

    record PutPolicy(String tenant, String name, String owner, String condition, Set<String> waivers)
            implements TrustCommand {
        public PutPolicy {
            waivers = Set.copyOf(waivers);
        }
    }

    record RollBackPolicy(String tenant, String name, String owner, int version) implements TrustCommand {}

    record PutReference(String tenant, String name, String owner, List<String> values) implements TrustCommand {
        public PutReference {
            values = List.copyOf(values);
        }
    }

    record RollBackReference(String tenant, String name, String owner, int version) implements TrustCommand {}

    record Bind(String tenant, String resource, String owner, List<String> policies) implements TrustCommand {
        public Bind {
            policies = List.copyOf(policies);
        }
    }
}
