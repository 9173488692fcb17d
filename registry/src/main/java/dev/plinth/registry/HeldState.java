package dev.plinth.registry;

import java.time.Duration;
import java.util.List;

/**
 * What is known of a server's registrations.
 *
 * @param lost whether it is a copy of another server's that is not heard any more
 * @param direct whether it is this server's own, or a copy that comes from the other one itself
 * @param ago how long ago the other server is known to have had just this; zero for this server's own
 * @param hears of this server's own: the others that it hears directly
 */
public record HeldState(Digests digests, boolean lost, boolean direct, Duration ago, List<Long> hears) {
    public HeldState {
        hears = List.copyOf(hears);
    }
}
