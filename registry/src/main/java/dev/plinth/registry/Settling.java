package dev.plinth.registry;

import java.time.Duration;
import java.time.Instant;

/** For how long after a start endpoints may be missing because their clients are not back. */
final class Settling {
    private Instant end;
    private final Instant endAtMost;

    Settling(Instant started) {
        end = started.plus(RegistryLimits.SETTLING);
        endAtMost = started.plus(RegistryLimits.SETTLING_MAX);
    }

    /** A client of the time before the start, or what it serves: where one comes, others may be on their way. */
    void cameBack(Instant now) {
        var later = now.plus(RegistryLimits.SETTLING_AFTER_LAST);
        if (now.isBefore(end) && later.isAfter(end)) {
            end = later.isBefore(endAtMost) ? later : endAtMost;
        }
    }

    /** Zero if none is left. */
    Duration left(Instant now) {
        var left = Duration.between(now, end);
        return left.isNegative() ? Duration.ZERO : left;
    }
}
