package dev.plinth.trust.supply;

import dev.plinth.trust.Names;
import java.time.Instant;

/**
 * Rules with a name, and who wrote them when.
 *
 * @param version from 1; a change makes the next one
 */
public record AdmissionPolicy(String name, int version, String owner, Instant at, AdmissionRules rules) {
    public AdmissionPolicy {
        Names.check("admission policy", name);
        Names.check("owner", owner);
        if (version < 1) {
            throw new IllegalArgumentException("version of " + name + ": expected 1 or more, found " + version);
        }
    }

    /** As verdicts and the audit log name it. */
    public String label() {
        return name + "@" + version;
    }
}
