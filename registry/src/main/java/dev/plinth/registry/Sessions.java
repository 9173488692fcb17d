package dev.plinth.registry;

import java.time.Instant;
import java.util.Collection;
import java.util.Comparator;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** This server's sessions, by number and by which ends first. */
final class Sessions {
    private final TreeMap<Long, Session> byNumber = new TreeMap<>();

    /**
     * By what ends first, as far as is known: every word moves a session's deadline on, and only one that has come to the front is filed
     * anew. So a word costs nothing here, but one that shortens the lease.
     */
    private final TreeSet<Session> byDeadline =
            new TreeSet<>(Comparator.<Session, Instant>comparing(session -> session.filed)
                    .thenComparingLong(session -> session.id.number()));

    int size() {
        return byNumber.size();
    }

    /** By number. */
    Collection<Session> all() {
        return byNumber.values();
    }

    @Nullable
    Session get(long number) {
        return byNumber.get(number);
    }

    /** The session, of this server, that vouches for an endpoint. */
    Session holder(Registration registration) {
        var holder = byNumber.get(registration.session().number());
        if (holder == null) {
            throw new IllegalStateException(registration.endpoint().name() + " outlived its session");
        }
        return holder;
    }

    void add(Session session) {
        byNumber.put(session.id.number(), session);
        byDeadline.add(session);
    }

    void remove(Session session) {
        byDeadline.remove(session);
        byNumber.remove(session.id.number());
    }

    /** It lives for its lease from now on. */
    void renew(Session session, Instant now) {
        session.deadline = now.plus(session.lease);
        if (session.deadline.isBefore(session.filed)) {
            file(session);
        }
    }

    /** Its deadline is another one. */
    void file(Session session) {
        byDeadline.remove(session);
        session.filed = session.deadline;
        byDeadline.add(session);
    }

    /** The one that ends first. */
    Optional<Session> first() {
        while (!byDeadline.isEmpty()) {
            var first = byDeadline.first();
            if (first.filed.equals(first.deadline)) {
                return Optional.of(first);
            }
            file(first);
        }
        return Optional.empty();
    }
}
