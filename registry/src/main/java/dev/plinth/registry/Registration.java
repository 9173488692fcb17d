package dev.plinth.registry;

import java.time.Instant;
import java.util.Optional;

/**
 * An endpoint, and who vouches for it.
 *
 * @param client what the session's client calls itself
 * @param since when the client registered it
 */
public record Registration(Endpoint endpoint, SessionId session, String client, Instant since, Claim claim) {

    /**
     * Whether this one holds and the other does not, if both are of one endpoint.
     *
     * <p>A client that moved says which session it comes from; that goes before the clocks of two servers, which may differ.
     */
    boolean beats(Registration other) {
        if (claim.movedFrom().equals(Optional.of(other.session))) {
            return true;
        }
        if (other.claim.movedFrom().equals(Optional.of(session))) {
            return false;
        }
        int newer = claim.since().compareTo(other.claim.since());
        return newer > 0 || (newer == 0 && session.server() > other.session.server());
    }

    Registration with(Claim newer) {
        return new Registration(endpoint, session, client, since, newer);
    }
}
