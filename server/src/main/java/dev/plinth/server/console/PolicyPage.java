package dev.plinth.server.console;

import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * The policies that hold.
 *
 * @param references reference values that conditions of identities name
 * @param more whether there are more of them than are shown
 */
public record PolicyPage(List<Policy> policies, List<Reference> references, boolean more) {
    public PolicyPage {
        policies = List.copyOf(policies);
        references = List.copyOf(references);
    }

    public enum Scope {
        /** Of a tenant, by name; resources say which guard them. */
        IDENTITY,
        /** Of secrets: named by what it guards. */
        SECRETS
    }

    /**
     * What names a policy.
     *
     * @param tenant empty for policies of secrets
     * @param name for policies of secrets their subject: a secret, {@code *}, or {@code attestation:ID}
     */
    public record Name(Scope scope, String tenant, String name) {
        private static final String IDENTITY = "identity:";
        private static final String SECRETS = "secrets:";

        /** Reads {@code identity:TENANT/NAME} or {@code secrets:SUBJECT}; empty if it is neither. */
        static Optional<Name> parse(String text) {
            if (text.startsWith(SECRETS) && text.length() > SECRETS.length()) {
                return Optional.of(new Name(Scope.SECRETS, "", text.substring(SECRETS.length())));
            }
            int slash = text.indexOf('/');
            return text.startsWith(IDENTITY) && slash > IDENTITY.length() && slash < text.length() - 1
                    ? Optional.of(new Name(
                            Scope.IDENTITY, text.substring(IDENTITY.length(), slash), text.substring(slash + 1)))
                    : Optional.empty();
        }

        /** As {@link #parse} reads it. */
        public String id() {
            return switch (scope) {
                case IDENTITY -> IDENTITY + tenant + "/" + name;
                case SECRETS -> SECRETS + name;
            };
        }
    }

    /**
     * The version that holds.
     *
     * @param id {@link Name#id}
     * @param condition in CEL
     * @param waivers of findings that it excuses
     * @param guards the resources, for policies of identities as {@code tenant/resource}
     */
    public record Policy(
            String id,
            Scope scope,
            String tenant,
            String name,
            long version,
            String owner,
            Instant at,
            String condition,
            List<String> waivers,
            List<String> guards) {
        public Policy {
            waivers = List.copyOf(waivers);
            guards = List.copyOf(guards);
        }
    }

    /**
     * What somebody says is good.
     *
     * @param values the first of them; {@code count}: how many there are
     */
    public record Reference(
            String tenant, String name, long version, String owner, Instant at, List<String> values, int count) {
        public Reference {
            values = List.copyOf(values);
        }
    }

    /** The kept versions of one policy, the newest first. */
    public record History(List<Policy> versions) {
        public History {
            versions = List.copyOf(versions);
        }
    }
}
