package dev.plinth.registry;

import java.time.Instant;
import java.util.Optional;

/**
 * An endpoint, and who vouches for it.
 *
 * @param client what the session's client calls itself
 * @param sinceMillis when the client registered it, in milliseconds since 1970-01-01T00:00Z
 * @param version grows with each change that the session's server makes to its registrations
 * @param claim how well founded it is; one object for all endpoints of a session, as a rule
 */
public record Registration(
        Endpoint endpoint, SessionId session, String client, long sinceMillis, long version, Claim claim) {

    /** When the client registered it. */
    public Instant since() {
        return Instant.ofEpochMilli(sinceMillis);
    }

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

    Registration with(long newerVersion, Claim newer) {
        return new Registration(endpoint, session, client, sinceMillis, newerVersion, newer);
    }

    /** The same, with what it says as others say it held once. */
    Registration shared(Sharing sharing, Optional<EndpointName> known, Optional<String> knownService) {
        return new Registration(
                endpoint.shared(sharing, known, knownService),
                sharing.one(session),
                sharing.text(client),
                sinceMillis,
                version,
                sharing.one(claim));
    }

    Registration with(Endpoint shown) {
        return new Registration(shown, session, client, sinceMillis, version, claim);
    }
}
