package dev.plinth.registry;

import java.time.Duration;
import java.time.Instant;
import java.util.TreeMap;

/** Notices that many of a service's endpoints vanish at once. */
final class Vanishing {
    /*
     * Processes die one by one; when most of a service falls silent within seconds, it is the network between it and the registry
     * that has gone, far more often than the service. To tell its callers that nobody serves it would make an outage of that.
     *
     * So of each service the leases that ended lately are counted. As long as they are no more than half of what there was before,
     * the endpoints go. From then on the registry keeps those that are left, and says of them that it has lost sight of them. A
     * service of one or two endpoints is not protected: there is no telling its death from its line's. Nor is what one session
     * alone takes with it, for that is one process.
     *
     * It is the same when a server is lost and its clients' leases end elsewhere: their processes may well live where that server is,
     * on the other side of a cut line.
     */
    static final int SERVICE_ENDPOINTS_MIN = 3;
    static final Duration WINDOW = Duration.ofSeconds(20);

    private record Window(Instant until, int before, int ended, SessionId first) {}

    private final TreeMap<String, Window> windows = new TreeMap<>();

    /**
     * Whether an endpoint whose lease is over may go.
     *
     * @param endpoints of its service, it among them, kept ones too
     * @param session that vouched for it
     */
    boolean mayGo(String service, int endpoints, SessionId session, Instant now) {
        var window = windows.get(service);
        if (window == null || !window.until().isAfter(now)) {
            window = new Window(now.plus(WINDOW), endpoints, 0, session);
        }
        boolean mayGo = window.before() < SERVICE_ENDPOINTS_MIN
                || window.first().equals(session)
                || 2 * (window.ended() + 1) <= window.before();
        int ended = window.ended() + (mayGo ? 1 : 0);
        windows.put(service, new Window(window.until(), window.before(), ended, window.first()));
        return mayGo;
    }

    /** What lies back is forgotten. */
    void forget(Instant now) {
        windows.values().removeIf(window -> !window.until().isAfter(now));
    }
}
