package dev.plinth.trust.secrets;

import com.google.protobuf.ByteString;
import dev.plinth.trust.Endorsement;
import dev.plinth.trust.TrustAnchors;
import dev.plinth.trust.Vendor;
import java.time.Instant;
import java.util.List;
import java.util.Set;

/** What a door asks of keys and secrets. Keys and nonces are made before, and come sealed. */
public sealed interface SecretsCommand {
    /** Who asks: for the audit log. */
    String actor();

    /** There is this root key from now on. If there is one already, nothing is changed. */
    record Initialize(Root root, String actor) implements SecretsCommand {}

    /**
     * This root key shall take the place of the one in force, when each data key is sealed under it and these servers have it. Takes the
     * place of a rotation whose key nobody has yet.
     */
    record BeginRotation(Root next, Set<String> servers, String actor) implements SecretsCommand {
        public BeginRotation {
            servers = Set.copyOf(servers);
            if (servers.isEmpty()) {
                throw new IllegalArgumentException("rotation of the root key: expected at least one server");
            }
        }
    }

    /** This server has the next root key. */
    record HoldRoot(long root, String server) implements SecretsCommand {
        @Override
        public String actor() {
            return "server";
        }
    }

    /** The result of {@link Rewrap}: these data keys, sealed under the next root key. */
    record Rewrapped(long effect, List<Rewrap.DataKey> keys) implements SecretsCommand {
        public Rewrapped {
            keys = List.copyOf(keys);
        }

        @Override
        public String actor() {
            return "server";
        }
    }

    /**
     * Ends a rotation by hand.
     *
     * @param finish the next root key is in force now, also without the servers that do not have it; false: it is given up
     */
    record EndRotation(boolean finish, String actor) implements SecretsCommand {}

    /**
     * The resource's next version.
     *
     * @param after the last version that whoever asks has seen, 0 for none; another one is there: nothing is changed
     */
    record Put(
            ResourceName name,
            SecretAlgorithm algorithm,
            boolean exportable,
            Material material,
            long after,
            String actor)
            implements SecretsCommand {}

    /**
     * This version's public key has these certificates, DER, its own first.
     *
     * @param certificates 1 to 8
     */
    record PutCertificates(ResourceName name, long version, List<ByteString> certificates, String actor)
            implements SecretsCommand {
        public PutCertificates {
            certificates = List.copyOf(certificates);
            if (certificates.isEmpty() || certificates.size() > SecretsLimits.CERTIFICATES_MAX) {
                throw new IllegalArgumentException("certificates of " + name + ": expected 1 to "
                        + SecretsLimits.CERTIFICATES_MAX + ", found " + certificates.size());
            }
        }
    }

    /** Nobody gets or uses this version any more; what was sealed is forgotten. */
    record Revoke(ResourceName name, long version, String actor) implements SecretsCommand {}

    /** Guards a subject from now on. What says the same as the present one changes nothing. */
    record SetPolicy(String subject, String condition, Set<String> waivers, String actor) implements SecretsCommand {
        public SetPolicy {
            waivers = Set.copyOf(waivers);
            ReleasePolicy.checkSubject(subject);
            // What the engine makes of it must not fail there.
            var _ = new ReleasePolicy(subject, 1, condition, waivers, actor, Instant.EPOCH);
        }
    }

    /** An owner vouches for a key without a chain of certificates, or no longer does. */
    record Vouch(Vendor vendor, String fingerprint, String owner, boolean holds, String actor)
            implements SecretsCommand {
        public Vouch {
            var _ = new Endorsement.VouchedKey(vendor, fingerprint, owner);
            if (owner.length() > 200) {
                throw new IllegalArgumentException("owner: expected at most 200 characters");
            }
        }
    }

    /** A root of a vendor is trusted, or no longer is. */
    record Anchor(Vendor vendor, String fingerprint, boolean holds, String actor) implements SecretsCommand {
        public Anchor {
            var _ = TrustAnchors.none().with(vendor, fingerprint);
        }
    }

    /**
     * Gives a secret out, or uses it, after a policy has said yes.
     *
     * @param version 0 for the newest that is not revoked
     * @param policy which one said yes, as its label; it has to be the present one; empty: the administrator asks
     */
    record Take(ResourceName name, long version, Purpose purpose, String policy, String actor)
            implements SecretsCommand {}

    /** Somebody was refused: for the audit log. */
    record Refuse(String subject, String reason, String actor) implements SecretsCommand {}

    /** Something else that belongs into the audit log. */
    record Note(String action, String subject, String detail, String actor) implements SecretsCommand {}

    /** What a secret is taken for. */
    enum Purpose {
        RELEASE,
        SIGN,
        DECRYPT,
        ENCRYPT
    }
}
