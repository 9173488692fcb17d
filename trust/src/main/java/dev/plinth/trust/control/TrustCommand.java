package dev.plinth.trust.control;

import com.google.protobuf.ByteString;
import dev.plinth.trust.KeyAlgorithm;
import dev.plinth.trust.supply.AdmissionPolicy;
import dev.plinth.trust.supply.AdmissionRules;
import dev.plinth.trust.supply.Verdict;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** What is asked of trust. Each says what shall hold: one that comes twice changes nothing the second time. */
public sealed interface TrustCommand {

    /** This is the trust domain from now on. Another one cannot take its place. */
    record SetDomain(String name, KeyAlgorithm algorithm) implements TrustCommand {
        /** With keys on P-256. */
        public SetDomain(String name) {
            this(name, KeyAlgorithm.P256);
        }

        public SetDomain {
            SpiffeId.checkDomain(name);
        }
    }

    /** For how long what comes from now on lasts; see {@link Domain}. */
    record SetLives(Duration authorityLife, Duration svidLife, Duration publishing) implements TrustCommand {
        public SetLives {
            var _ = new Domain("any", KeyAlgorithm.P256, authorityLife, svidLife, publishing);
        }
    }

    /**
     * The result of {@link MakeAuthority}.
     *
     * @param root the number of the root key under which the keys are sealed
     */
    record Introduce(long effect, Authority.Keys keys, long root) implements TrustCommand {
        Introduce(long effect, Authority.Keys keys) {
            this(effect, keys, 1);
        }
    }

    /** About the root key under which the authorities' private keys are sealed. */
    sealed interface OfRoots extends TrustCommand {}

    /**
     * This root key shall take the place of the one in force, when these servers have it. Takes the place of a rotation whose key nobody
     * has yet.
     *
     * @param check sealed under it, so that each server knows its file
     */
    record BeginRoot(long number, ByteString check, Set<String> servers) implements OfRoots {
        public BeginRoot {
            servers = Set.copyOf(servers);
            if (servers.isEmpty()) {
                throw new IllegalArgumentException("rotation of the root key: expected at least one server");
            }
        }
    }

    /** This server has the next root key. */
    record HoldRoot(long number, String server) implements OfRoots {}

    /** The result of {@link Reseal}. */
    record Resealed(long effect, List<Authority.Keys> keys) implements OfRoots {
        public Resealed {
            keys = List.copyOf(keys);
        }
    }

    /**
     * Ends a rotation by hand.
     *
     * @param finish does not wait for servers that do not have the next root key; false: it is given up
     */
    record EndRoot(boolean finish) implements OfRoots {}

    /** The next authority is made now, unless one is published already and waits for its turn. */
    record Rotate() implements TrustCommand {}

    /**
     * Who is all of what the entry says gets its identity.
     *
     * @param entry its version and its time are not looked at
     */
    record PutEntry(RegistrationEntry entry) implements TrustCommand {}

    record RemoveEntry(String name) implements TrustCommand {}

    /**
     * Another domain is trusted by this bundle.
     *
     * @param endpoint where the next ones come from; empty: from where they came so far
     */
    record PutFederated(String domain, String jwks, Optional<BundleEndpoint> endpoint) implements TrustCommand {
        public PutFederated {
            SpiffeId.checkDomain(domain);
            Bundles.parse(domain, jwks);
            if (endpoint.filter(one -> !one.id().trustDomain().equals(domain)).isPresent()) {
                throw new IllegalArgumentException(
                        "identity of a bundle's server: expected one of " + domain + ", found another domain's");
            }
        }
    }

    /**
     * A followed domain has another bundle.
     *
     * @param before names the one that it takes the place of, as {@link Bundles#name}; if another one holds by now, or none, nothing changes
     */
    record RefreshFederated(String domain, String before, String jwks) implements TrustCommand {
        public RefreshFederated {
            SpiffeId.checkDomain(domain);
            Bundles.parse(domain, jwks);
        }
    }

    record RemoveFederated(String domain) implements TrustCommand {}

    /** About those who prove from elsewhere what they are. */
    sealed interface OfAttestors extends TrustCommand {}

    /**
     * Whoever shows what has this hash first, and within this time, comes in. Takes the place of one with the same name.
     *
     * @param hash SHA-256 in hexadecimal
     */
    record PutToken(String name, String hash, Duration life) implements OfAttestors {
        private static final Duration LIFE_MAX = Duration.ofDays(7);

        public PutToken {
            if (!RegistrationEntry.TOKEN_NAME.matcher(name).matches()) {
                throw new IllegalArgumentException(
                        "name of a join token: expected 1 to 100 letters, digits and . _ -, the first a letter or digit");
            }
            demandHash("join token", hash);
            if (life.compareTo(Duration.ofSeconds(1)) < 0 || life.compareTo(LIFE_MAX) > 0) {
                throw new IllegalArgumentException(
                        "life of join token " + name + ": expected 1 s to 7 days, found " + life.toSeconds() + " s");
            }
        }
    }

    /** Whoever came in with it cannot renew any more. */
    record RemoveToken(String name) implements OfAttestors {}

    /** Somebody who holds this key showed what has this hash. */
    record Join(String hash, String key) implements OfAttestors {}

    /** Somebody who came in with a join token has a new key. */
    record Rejoin(String from, String to) implements OfAttestors {}

    record PutRoot(Attestors.Root root, String owner) implements OfAttestors {
        public PutRoot {
            RegistrationEntry.name("owner", owner);
        }
    }

    record RemoveRoot(Attestors.Root root) implements OfAttestors {}

    /** The TPM with this endorsement key has proved that it has this attestation key, which takes the place of the one before. */
    record Enrol(String endorsement, String attestation) implements OfAttestors {
        public Enrol {
            demandHash("endorsement key", endorsement);
            demandHash("attestation key", attestation);
        }
    }

    /** The TPM with this endorsement key is believed no more, until it enrols again. */
    record Expel(String endorsement) implements OfAttestors {}

    record PutCluster(KubernetesCluster cluster) implements OfAttestors {}

    record RemoveCluster(String name) implements OfAttestors {}

    private static void demandHash(String what, String hash) {
        if (!hash.matches("[0-9a-f]{64}")) {
            throw new IllegalArgumentException("SHA-256 of " + what
                    + ": expected 64 hexadecimal digits in lower case, found " + hash.length() + " characters");
        }
    }

    /** About what may be run. */
    sealed interface OfAdmission extends TrustCommand {}

    /** These are the rules under this name from now on. What says the same as the present ones changes nothing. */
    record PutAdmissionPolicy(String name, String owner, AdmissionRules rules) implements OfAdmission {
        public PutAdmissionPolicy {
            // What the engine makes of it must not fail there.
            var _ = new AdmissionPolicy(name, 1, owner, Instant.EPOCH, rules);
        }
    }

    /**
     * This came of an examination. Nothing is changed if its policy is another one by now.
     *
     * @param verdict its number and its time are not looked at
     */
    record Judge(Verdict verdict) implements OfAdmission {}

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
