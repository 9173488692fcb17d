package dev.plinth.server.console;

import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * How trust stands on this server.
 *
 * @param givesIdentities whether it has a trust domain in its configuration
 * @param keepsSecrets whether it keeps secrets by its configuration
 * @param trouble why it cannot sign, though it should
 * @param domain absent if there is none
 * @param seal absent if it keeps no secrets
 * @param policies how many hold, of identities and of secrets
 * @param examined what came of the artifacts that were examined lately
 */
public record TrustState(
        boolean givesIdentities,
        boolean keepsSecrets,
        Optional<String> trouble,
        Optional<Domain> domain,
        Optional<Seal> seal,
        Recorded recorded,
        int policies,
        Examined examined,
        Audit audit) {

    /**
     * The trust domain and who signs for it.
     *
     * @param authorities the oldest first
     * @param entries how many registration entries there are
     * @param federated other domains that are trusted
     */
    public record Domain(
            String name,
            long authorityLifeSeconds,
            long identityLifeSeconds,
            long publishingSeconds,
            List<Authority> authorities,
            int entries,
            List<String> federated,
            Attestors attestors) {
        public Domain {
            authorities = List.copyOf(authorities);
            federated = List.copyOf(federated);
        }
    }

    public enum AuthorityState {
        /** Others have it; it does not sign yet. */
        PUBLISHED,
        SIGNING,
        /** It signs no more; what it signed is good until it ends. */
        RETIRED
    }

    /**
     * Who signs for the domain, for a time.
     *
     * @param fingerprint SHA-256 of its certificate
     */
    public record Authority(
            long number,
            AuthorityState state,
            Instant publishedAt,
            Instant signsFrom,
            Instant notAfter,
            String fingerprint) {}

    /**
     * Who is known beforehand of those who prove from elsewhere what they are.
     *
     * @param tpms how many are enrolled
     */
    public record Attestors(List<JoinToken> tokens, List<Root> roots, int tpms, List<Cluster> clusters) {
        public Attestors {
            tokens = List.copyOf(tokens);
            roots = List.copyOf(roots);
            clusters = List.copyOf(clusters);
        }
    }

    /** A join token by its name; what its bearer shows is known to nobody here. */
    public record JoinToken(String name, Instant until, boolean used) {}

    /**
     * A root that vouches for hardware, by an owner's word.
     *
     * @param simulated no hardware stands behind it
     */
    public record Root(String vendor, String fingerprint, String owner, boolean simulated) {}

    public record Cluster(String name, String issuer, String audience) {}

    /**
     * Whether this server can open secrets.
     *
     * @param keeper who has the root key when the server has it not
     * @param given shares that this server was given, of {@code threshold}; both 0 if it is not shared
     */
    public record Seal(
            boolean initialized,
            boolean isSealed,
            String keeper,
            String cipher,
            int threshold,
            int shares,
            int given) {}

    /** How many appraisals are kept in this server's memory. */
    public record Recorded(int granted, int refused) {}

    /** How many of the newest verdicts on artifacts, at most 500, went which way. */
    public record Examined(int admitted, int refused) {}

    /**
     * Where the audit log stands.
     *
     * @param sequence of its newest entry; 0 if there is none
     * @param checkpoint the newest one on this server's disk; absent if there is none
     */
    public record Audit(long sequence, String hash, Optional<Checkpoint> checkpoint) {}

    /**
     * What the cluster's key has signed.
     *
     * @param sequence the entry that it vouches for, with all before it
     */
    public record Checkpoint(long sequence, Instant at) {}
}
