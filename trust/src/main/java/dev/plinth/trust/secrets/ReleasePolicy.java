package dev.plinth.trust.secrets;

import dev.plinth.trust.AppraisalPolicy;
import java.time.Instant;
import java.util.Set;
import java.util.TreeSet;

/**
 * What evidence has to be worth for something to be given.
 *
 * @param subject a resource, {@link #ALL} or an {@link #attestation} policy
 * @param version from 1; a change makes the next one
 * @param condition in CEL, as in {@link AppraisalPolicy}; {@code references} is empty
 * @param waivers of findings that this policy excuses
 */
public record ReleasePolicy(
        String subject, int version, String condition, Set<String> waivers, String owner, Instant at) {
    /** Guards every resource that has no policy of its own. */
    public static final String ALL = "*";

    private static final String ATTESTATION = "attestation:";

    public ReleasePolicy {
        waivers = Set.copyOf(waivers);
        var _ = new AppraisalPolicy("secrets", "release", Math.max(1, version), owner, at, condition, waivers);
    }

    /** The subject of a policy that decides whether a client of KBS gets a token at all. */
    public static String attestation(String id) {
        if (!id.matches("[A-Za-z0-9_-]{1,64}")) {
            throw new IllegalArgumentException(
                    "policy_id: expected 1 to 64 letters, digits and _ -, found '" + id + "'");
        }
        return ATTESTATION + id;
    }

    /**
     * Says what is guarded under this name.
     *
     * @throws IllegalArgumentException if nothing can be
     */
    public static String checkSubject(String subject) {
        if (subject.startsWith(ATTESTATION)) {
            return attestation(subject.substring(ATTESTATION.length()));
        }
        return subject.equals(ALL) ? ALL : ResourceName.parse(subject).toString();
    }

    /** As tokens and the audit log name it. */
    public String label() {
        return subject + "@" + version;
    }

    boolean saysAs(ReleasePolicy other) {
        return condition.equals(other.condition) && waivers.equals(other.waivers);
    }

    Set<String> sortedWaivers() {
        return new TreeSet<>(waivers);
    }
}
