package dev.plinth.trust.secrets.door.kbs;

import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/** Who is in the middle of a handshake, and who has got through. Lives as long as the process: a client whose session is gone begins anew. */
final class KbsSessions {
    /*
     * All live equally long, so the oldest end first, and a map in the order of coming is all that is needed. A full table refuses
     * newcomers instead of forgetting somebody: else who floods it could keep everybody else from ever getting through.
     */
    static final int SESSIONS_MAX = 100_000;
    static final String COOKIE = "kbs-session-id";
    private static final DateTimeFormatter COOKIE_TIME = DateTimeFormatter.ofPattern(
                    "EEE, dd MMM yyyy HH:mm:ss 'GMT'", Locale.ROOT)
            .withZone(ZoneOffset.UTC);

    private final Duration life;

    /** Guarded by this. */
    private final Map<String, Session> sessions = new LinkedHashMap<>();

    /**
     * One client.
     *
     * @param attested empty until its evidence was let in
     */
    record Session(String id, String tee, String nonce, Instant ends, Optional<Attested> attested) {
        String cookie() {
            return COOKIE + "=" + id + "; Expires=" + COOKIE_TIME.format(ends);
        }
    }

    KbsSessions(Duration life) {
        this.life = life;
    }

    synchronized Session begin(String id, String tee, String nonce, Instant now) {
        forgetEnded(now);
        if (sessions.size() >= SESSIONS_MAX) {
            throw new KbsProblem(
                    KbsProblem.Kind.UNAVAILABLE,
                    "OVERLOADED: " + SESSIONS_MAX + " sessions are there; try again in " + life.toSeconds() + " s");
        }
        var session = new Session(id, tee, nonce, now.plus(life), Optional.empty());
        sessions.put(id, session);
        return session;
    }

    private void forgetEnded(Instant now) {
        var oldest = sessions.values().iterator();
        while (oldest.hasNext() && !now.isBefore(oldest.next().ends())) {
            oldest.remove();
        }
    }

    synchronized Optional<Session> find(String id, Instant now) {
        return Optional.ofNullable(sessions.get(id)).filter(session -> now.isBefore(session.ends()));
    }

    /** The first evidence that is let in counts; the session that comes back has it. */
    synchronized Session attest(Session session, Attested attested) {
        var there = sessions.get(session.id());
        if (there == null || there.attested().isPresent()) {
            return there == null ? session : there;
        }
        var after = new Session(session.id(), session.tee(), session.nonce(), session.ends(), Optional.of(attested));
        sessions.put(session.id(), after);
        return after;
    }
}
