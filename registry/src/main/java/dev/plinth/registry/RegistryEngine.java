package dev.plinth.registry;

import dev.plinth.kernel.Context;
import dev.plinth.kernel.Engine;
import dev.plinth.kernel.Snapshot;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;

/** Decides who serves what: sessions with leases, the endpoints that they vouch for, and who is subscribed. */
final class RegistryEngine implements Engine<RegistryCommand, RegistryOutcome, Void, Endpoint> {
    /*
     * An endpoint is there as long as its session; a session is there as long as its lease; any word of its stream renews the
     * lease. A broken stream alone ends nothing: networks hiccup and servers are replaced, and neither should make endpoints blink.
     *
     * One endpoint, two sessions: an address has one process at a time, so when a second session registers it, either the first
     * one's process is gone and its lease not over yet, or somebody's configuration is wrong. Whether the first session's stream is
     * open tells the two apart. If it is, the second is refused, by name of the first: letting the newest win would have two
     * misconfigured processes take the endpoint from one another for ever. If it is not, the newer takes over at once: making a
     * restarted process wait out its own old lease would be an outage of our making.
     *
     * Watchers see single endpoints under their keys, so a change is one item to all who watch, whatever the service's size.
     */
    private final Instant settled;
    private final Directory directory = new Directory();
    private final TreeMap<Long, Session> sessions = new TreeMap<>();

    /** The sessions by what ends first. A session's deadline changes only while it is not in here. */
    private final TreeSet<Session> byDeadline =
            new TreeSet<>(Comparator.<Session, Instant>comparing(session -> session.deadline)
                    .thenComparingLong(session -> session.id.number()));

    private int subscriptions;

    /** @param started when this incarnation began, by the journal's time */
    RegistryEngine(Instant started) {
        settled = started.plus(RegistryLimits.SETTLING);
    }

    Directory directory() {
        return directory;
    }

    Totals totals() {
        return new Totals(
                sessions.size(), directory.services(), directory.endpoints(), subscriptions, directory.metadataBytes());
    }

    @Override
    public RegistryOutcome apply(RegistryCommand command, Context<Void> context) {
        return switch (command) {
            case RegistryCommand.Open open -> open(open, context);
            case RegistryCommand.Detach detach -> detach(detach);
            case RegistryCommand.OfSession within -> {
                var session = sessions.get(within.hold().session().number());
                if (session == null) {
                    yield new RegistryOutcome.Denied(
                            RegistryOutcome.Reason.SESSION_EXPIRED,
                            "the session is over; open a new one",
                            Optional.empty());
                }
                if (session.stream != within.hold().stream()) {
                    yield new RegistryOutcome.Denied(
                            RegistryOutcome.Reason.SESSION_SUPERSEDED,
                            "the session goes on in another stream",
                            Optional.empty());
                }
                renew(session, context.now());
                yield within(within, session, context);
            }
        };
    }

    private RegistryOutcome within(RegistryCommand.OfSession command, Session session, Context<Void> context) {
        return switch (command) {
            case RegistryCommand.KeepAlive _ -> new RegistryOutcome.Done();
            case RegistryCommand.Register register -> register(session, register.endpoint(), context);
            case RegistryCommand.Deregister deregister -> {
                var key = deregister.name().key();
                if (session.endpointKeys.remove(key)) {
                    directory.remove(key);
                    context.changed(key);
                }
                yield new RegistryOutcome.Done();
            }
            case RegistryCommand.Subscribe subscribe -> subscribe(session, subscribe.service());
            case RegistryCommand.Unsubscribe unsubscribe -> {
                if (session.subscriptions.remove(unsubscribe.service())) {
                    subscriptions--;
                }
                yield new RegistryOutcome.Done();
            }
            case RegistryCommand.Close _ -> {
                end(session, context);
                yield new RegistryOutcome.Done();
            }
        };
    }

    private RegistryOutcome open(RegistryCommand.Open open, Context<Void> context) {
        var known = open.resume().map(id -> sessions.get(id.number()));
        if (known.isEmpty() && sessions.size() >= RegistryLimits.SESSIONS_MAX) {
            return overloaded(RegistryLimits.SESSIONS_MAX + " sessions are open", RegistryLimits.LEASE_DEFAULT);
        }
        long index = context.revision().index();
        var session = known.orElseGet(() -> {
            var opened = new Session(new SessionId(index), open.client(), open.lease(), context.now());
            sessions.put(index, opened);
            byDeadline.add(opened);
            return opened;
        });
        session.client = open.client();
        session.lease = open.lease();
        session.stream = index;
        unsubscribeAll(session);
        renew(session, context.now());
        var settling = Duration.between(context.now(), settled);
        return new RegistryOutcome.Opened(
                new Hold(session.id, index),
                session.lease,
                known.isPresent(),
                settling.isNegative() ? Duration.ZERO : settling);
    }

    private RegistryOutcome detach(RegistryCommand.Detach detach) {
        var session = sessions.get(detach.hold().session().number());
        if (session != null && session.stream == detach.hold().stream()) {
            session.stream = Session.DETACHED;
            unsubscribeAll(session);
        }
        return new RegistryOutcome.Done();
    }

    private RegistryOutcome register(Session session, Endpoint endpoint, Context<Void> context) {
        var key = endpoint.name().key();
        var before = directory.find(key);
        boolean mine = session.endpointKeys.contains(key);
        if (mine && before.isPresent() && before.get().endpoint().equals(endpoint)) {
            return new RegistryOutcome.Done();
        }
        if (before.isPresent() && !mine && holder(before.get()).attached()) {
            return new RegistryOutcome.Denied(
                    RegistryOutcome.Reason.DUPLICATE,
                    "the endpoint " + key + " is registered by \""
                            + before.get().client() + "\" (session "
                            + before.get().session().number() + "), which is connected",
                    Optional.of(holder(before.get()).lease));
        }
        var full = full(session, endpoint, mine, before);
        if (full.isPresent()) {
            return full.get();
        }
        if (before.isPresent() && !mine) {
            holder(before.get()).endpointKeys.remove(key);
        }
        session.endpointKeys.add(key);
        var since = mine && before.isPresent() ? before.get().since() : context.now();
        directory.put(key, new Registration(endpoint, session.id, session.client, since));
        if (before.isEmpty() || !before.get().endpoint().equals(endpoint)) {
            context.changed(key);
        }
        return new RegistryOutcome.Done();
    }

    /** The limit that would be passed, if one would. */
    private Optional<RegistryOutcome> full(
            Session session, Endpoint endpoint, boolean mine, Optional<Registration> before) {
        if (!mine && session.endpointKeys.size() >= RegistryLimits.SESSION_ENDPOINTS_MAX) {
            return Optional.of(overloaded(
                    "this session has " + RegistryLimits.SESSION_ENDPOINTS_MAX + " endpoints, as many as one may have",
                    Duration.ZERO));
        }
        if (before.isEmpty() && directory.endpoints() >= RegistryLimits.ENDPOINTS_MAX) {
            return Optional.of(overloaded(
                    RegistryLimits.ENDPOINTS_MAX + " endpoints are registered", RegistryLimits.LEASE_DEFAULT));
        }
        long freed = before.map(registration -> registration.endpoint().metadataBytes())
                .orElse(0);
        if (directory.metadataBytes() - freed + endpoint.metadataBytes() > RegistryLimits.METADATA_TOTAL_BYTES_MAX) {
            return Optional.of(overloaded(
                    "the metadata of all endpoints would pass " + RegistryLimits.METADATA_TOTAL_BYTES_MAX + " bytes",
                    RegistryLimits.LEASE_DEFAULT));
        }
        return Optional.empty();
    }

    /** As {@link Directory#registrations}, with how each session stands. */
    Page<Listing> listings(Optional<String> service, Optional<String> cell, String after, int limit) {
        var page = directory.registrations(service, cell, after, limit);
        return new Page<>(
                page.items().stream()
                        .map(registration ->
                                new Listing(registration, holder(registration).attached()))
                        .toList(),
                page.more());
    }

    private Session holder(Registration registration) {
        var holder = sessions.get(registration.session().number());
        if (holder == null) {
            throw new IllegalStateException(registration.endpoint().name() + " outlived its session");
        }
        return holder;
    }

    private RegistryOutcome subscribe(Session session, String service) {
        if (session.subscriptions.contains(service)) {
            return new RegistryOutcome.Done();
        }
        if (session.subscriptions.size() >= RegistryLimits.SESSION_SUBSCRIPTIONS_MAX) {
            return overloaded(
                    "this session is subscribed to " + RegistryLimits.SESSION_SUBSCRIPTIONS_MAX
                            + " services, as many as one may be",
                    Duration.ZERO);
        }
        if (subscriptions >= RegistryLimits.SUBSCRIPTIONS_MAX) {
            return overloaded(
                    RegistryLimits.SUBSCRIPTIONS_MAX + " subscriptions are open", RegistryLimits.LEASE_DEFAULT);
        }
        session.subscriptions.add(service);
        subscriptions++;
        return new RegistryOutcome.Done();
    }

    private void unsubscribeAll(Session session) {
        subscriptions -= session.subscriptions.size();
        session.subscriptions.clear();
    }

    private void renew(Session session, Instant now) {
        byDeadline.remove(session);
        session.deadline = now.plus(session.lease);
        byDeadline.add(session);
    }

    private void end(Session session, Context<Void> context) {
        byDeadline.remove(session);
        sessions.remove(session.id.number());
        unsubscribeAll(session);
        for (var key : session.endpointKeys) {
            directory.remove(key);
            context.changed(key);
        }
    }

    /** @param retryAfter zero if trying again does not help */
    private static RegistryOutcome overloaded(String what, Duration retryAfter) {
        return new RegistryOutcome.Denied(
                RegistryOutcome.Reason.OVERLOADED,
                what,
                retryAfter.isZero() ? Optional.empty() : Optional.of(retryAfter));
    }

    /** Ends the sessions whose lease is over. */
    @Override
    public void tick(Context<Void> context) {
        while (!byDeadline.isEmpty() && !byDeadline.first().deadline.isAfter(context.now())) {
            end(byDeadline.first(), context);
        }
    }

    @Override
    public Optional<Instant> nextDeadline() {
        return byDeadline.isEmpty() ? Optional.empty() : Optional.of(byDeadline.first().deadline);
    }

    @Override
    public Optional<Endpoint> view(String key) {
        return directory.find(key).map(Registration::endpoint);
    }

    @Override
    public List<String> keys(String prefix, String after, int limit) {
        return directory.keys(prefix, after, limit);
    }

    /** The state as text, one line for each thing in it: nobody restores it, but tests and people compare it. */
    @Override
    public Snapshot snapshot() {
        var text = new StringBuilder();
        sessions.values().forEach(session -> {
            text.append("session ").append(session.id.number());
            text.append(" stream ").append(session.stream);
            text.append(" until ").append(session.deadline);
            text.append(" subscribed ").append(session.subscriptions).append('\n');
            session.endpointKeys.forEach(
                    key -> text.append("  ").append(directory.find(key)).append('\n'));
        });
        text.append(totals()).append('\n');
        var bytes = text.toString().getBytes(StandardCharsets.UTF_8);
        return out -> out.write(bytes);
    }

    @Override
    public void restore(InputStream state) {
        throw new UnsupportedOperationException("the registry's state is not stored: its clients bring it back");
    }
}
