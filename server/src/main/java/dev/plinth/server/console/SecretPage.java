package dev.plinth.server.console;

import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * Some keys and secrets, by name. What they hold is in no document.
 *
 * @param next what to pass as {@code after} to get the page that follows; absent on the last one
 */
public record SecretPage(List<Secret> secrets, Optional<String> next) {
    public SecretPage {
        secrets = List.copyOf(secrets);
    }

    /**
     * What may be known of a secret.
     *
     * @param exportable whether attested workloads get it; one that is not is used here alone
     * @param policy what guards it, with its version; absent: nobody gets it
     * @param given how often it was given or used, as far back as the server has the audit log in memory; {@code refused} likewise
     */
    public record Secret(
            String name,
            String algorithm,
            boolean exportable,
            List<Version> versions,
            Optional<String> policy,
            long given,
            long refused) {
        public Secret {
            versions = List.copyOf(versions);
        }
    }

    /**
     * One version.
     *
     * @param revokedAt absent while it may be had
     * @param publicKey SHA-256 of the public key (SubjectPublicKeyInfo); absent if there is none
     */
    public record Version(
            long number, String owner, Instant at, Optional<Instant> revokedAt, Optional<String> publicKey) {}

    /**
     * A secret, and who got it or was refused.
     *
     * @param takings entries of the audit log, the newest first
     */
    public record Detail(Secret secret, List<AuditPage.Entry> takings) {
        public Detail {
            takings = List.copyOf(takings);
        }
    }
}
