package dev.plinth.registry;

import dev.plinth.kernel.Context;
import dev.plinth.kernel.Engine;
import dev.plinth.kernel.Snapshot;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.TreeSet;
import java.util.stream.Stream;

/** Decides who serves what: sessions with leases, the endpoints that they vouch for, and who is subscribed. */
final class RegistryEngine implements Engine<RegistryCommand, RegistryOutcome, Void, Registration> {
    /*
     * An endpoint is there as long as its session; a session is there as long as its lease; any word of its stream renews the
     * lease. A broken stream alone ends nothing: networks hiccup and servers are replaced, and neither should make endpoints blink.
     *
     * One endpoint, two sessions: an address has one process at a time, so when a second session registers it, either the first
     * one's process is gone and its lease not over yet, or somebody's configuration is wrong. Whether the first session's stream is
     * open tells the two apart. If it is, the second is refused, by name of the first: letting the newest win would have two
     * misconfigured processes take the endpoint from one another for ever. If it is not, the newer takes over at once: making a
     * restarted process wait out its own old lease would be an outage of our making. A session that stands in for others (a copy
     * from another registry) gives way to any that does not.
     *
     * Between servers the newest claim holds, and nobody is refused. A server cannot tell whether a session that another one calls
     * connected still is, and a client that moves must not wait for that; nor do two misconfigured processes take an endpoint from
     * one another for ever, for a claim is new only when its client connects.
     *
     * Where many endpoints of a service vanish at once, some are kept beyond their lease: see Vanishing.
     *
     * What people say of endpoints (Rules) is looked up when an endpoint is shown; all else here is about what clients say.
     *
     * Watchers see single endpoints under their keys, so a change is one item to all who watch, whatever the service's size.
     */
    private final long server;
    private final Settling settling;
    private final Claims claims;
    private final Sessions sessions = new Sessions();
    private final Vanishing vanishing = new Vanishing();
    private final Sharing sharing = new Sharing();
    private final Departures departures = new Departures();
    private Rules rules = Rules.NONE;
    private final Sights sights;
    private int subscriptions;

    /** Endpoints of this server's sessions that are kept beyond their lease. */
    private int kept;

    /**
     * @param server this incarnation
     * @param started when it began, by the journal's time
     */
    RegistryEngine(long server, Instant started) {
        this.server = server;
        this.claims = new Claims(server);
        this.settling = new Settling(started);
        this.sights = new Sights(server, sessions, claims, departures);
    }

    Directory directory() {
        return claims.directory();
    }

    Totals totals() {
        int copies = claims.copies().size();
        int lost = (int) copies().filter(Held::isLost).count();
        return new Totals(
                sessions.size(),
                directory().services(),
                directory().endpoints(),
                subscriptions,
                directory().metadataBytes(),
                copies - lost,
                lost,
                kept + copies().mapToInt(Held::kept).sum());
    }

    private Stream<Held> copies() {
        return claims.copies().stream().flatMap(copy -> claims.copy(copy).stream());
    }

    @Override
    public RegistryOutcome apply(RegistryCommand command, Context<Void> context) {
        return switch (command) {
            case RegistryCommand.Open open -> open(open, context);
            case RegistryCommand.Detach detach -> detach(detach, context);
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
                sessions.renew(session, context.now());
                yield within(within, session, context);
            }
            case RegistryCommand.OfPeer told -> ofPeer(told, context);
            case RegistryCommand.Obey obey -> obey(obey, context);
        };
    }

    private RegistryOutcome obey(RegistryCommand.Obey obey, Context<Void> context) {
        var before = rules;
        rules = Rules.of(obey.rules());
        before.differing(rules)
                .ifPresentOrElse(
                        services ->
                                services.forEach(service -> showAnew(EndpointName.prefix(service), before, context)),
                        () -> showAnew("", before, context));
        return RegistryOutcome.DONE;
    }

    /** Watchers are told of what is shown otherwise than before. */
    private void showAnew(String prefix, Rules before, Context<Void> context) {
        directory().visit(prefix, "", one -> {
            if (!before.served(one).equals(rules.served(one))) {
                context.changed(one.endpoint().name().key());
            }
            return true;
        });
    }

    /** What this server's or another one's sessions vouched for, they do no more. */
    private void remove(long of, EndpointName name, Departure.Cause cause, Context<Void> context) {
        claims.remove(of, name, context)
                .ifPresent(gone -> departures.add(name, new Departure(context.now(), cause, gone.client())));
    }

    private void removeAll(long of, List<EndpointName> names, Departure.Cause cause, Context<Void> context) {
        names.forEach(name -> remove(of, name, cause, context));
    }

    private void put(Registration registration, Context<Void> context) {
        claims.put(registration, context);
        departures.forget(registration.endpoint().name());
    }

    private RegistryOutcome within(RegistryCommand.OfSession command, Session session, Context<Void> context) {
        return switch (command) {
            case RegistryCommand.Batch batch -> {
                List<RegistryOutcome> outcomes =
                        new ArrayList<>(batch.commands().size());
                for (var one : batch.commands()) {
                    outcomes.add(within(one, session, context));
                }
                yield new RegistryOutcome.Batch(outcomes);
            }
            case RegistryCommand.KeepAlive _ -> RegistryOutcome.DONE;
            case RegistryCommand.Register register -> register(session, register.endpoint(), context);
            case RegistryCommand.Deregister deregister -> {
                if (session.endpoints.remove(deregister.name())) {
                    remove(server, deregister.name(), Departure.Cause.DEREGISTERED, context);
                }
                yield RegistryOutcome.DONE;
            }
            case RegistryCommand.Subscribe subscribe -> subscribe(session, subscribe.service());
            case RegistryCommand.Unsubscribe unsubscribe -> {
                if (session.subscriptions.remove(unsubscribe.service())) {
                    subscriptions--;
                }
                yield RegistryOutcome.DONE;
            }
            case RegistryCommand.Close _ -> {
                end(session, Departure.Cause.SESSION_CLOSED, context);
                yield RegistryOutcome.DONE;
            }
        };
    }

    private RegistryOutcome open(RegistryCommand.Open open, Context<Void> context) {
        var known = open.resume().filter(id -> id.server() == server).map(id -> sessions.get(id.number()));
        if (known.isEmpty() && sessions.size() >= RegistryLimits.SESSIONS_MAX) {
            return overloaded(RegistryLimits.SESSIONS_MAX + " sessions are open", RegistryLimits.LEASE_DEFAULT);
        }
        long index = context.revision().index();
        var session = known.orElseGet(() -> {
            var opened = new Session(new SessionId(server, index), open.client(), open.lease(), context.now());
            opened.movedFrom = open.resume();
            sessions.add(opened);
            return opened;
        });
        if (session.kept) {
            session.kept = false;
            kept -= session.endpoints.size();
        }
        session.client = open.client();
        session.lease = open.lease();
        session.standIn = open.standIn();
        session.stream = index;
        session.heldSince = context.now().truncatedTo(ChronoUnit.MILLIS);
        unsubscribeAll(session);
        sessions.renew(session, context.now());
        restate(session, context);
        if (known.isEmpty() && open.resume().isPresent()) {
            settling.cameBack(context.now());
        }
        return new RegistryOutcome.Opened(
                new Hold(session.id, index), session.lease, known.isPresent(), settling(context.now()));
    }

    /** For how long yet endpoints may be missing because the registry has restarted; zero if they may not. */
    Duration settling(Instant now) {
        return settling.left(now);
    }

    private RegistryOutcome detach(RegistryCommand.Detach detach, Context<Void> context) {
        var session = sessions.get(detach.hold().session().number());
        if (session != null && session.stream == detach.hold().stream()) {
            session.stream = Session.DETACHED;
            unsubscribeAll(session);
            restate(session, context);
            session.endpoints.list().forEach(name -> yieldTo(directory().find(name), name, context));
        }
        return RegistryOutcome.DONE;
    }

    /** For the other servers: the session's stream has come or gone. */
    private void restate(Session session, Context<Void> context) {
        for (var name : session.endpoints.list()) {
            var own = ownRegistration(name);
            claims.put(
                    own.with(
                            context.revision().index(),
                            claim(session, own.claim().since())),
                    context);
        }
    }

    /** One object for all registrations of which the same is said. */
    private static Claim claim(Session session, Instant since) {
        var claim = new Claim(since, session.attached(), session.lease, session.movedFrom);
        var last = session.claim;
        if (last != null && claim.equals(last)) {
            return last;
        }
        session.claim = claim;
        return claim;
    }

    private Registration ownRegistration(EndpointName name) {
        return claims.own()
                .find(name)
                .orElseThrow(() -> new IllegalStateException("no registration of a session's endpoint " + name));
    }

    private RegistryOutcome register(Session session, Endpoint endpoint, Context<Void> context) {
        var name = endpoint.name();
        var holding = directory().find(name);
        var own = claims.own().find(name, holding);
        boolean mine = own.isPresent() && session.endpoints.contains(name);
        boolean claimed = mine && own.isPresent() && !own.get().claim().since().isBefore(session.heldSince);
        if (claimed && own.get().endpoint().equals(endpoint)) {
            return RegistryOutcome.DONE;
        }
        if (own.isPresent() && !mine && isHeldAgainst(session, sessions.holder(own.get()))) {
            return duplicate(own.get());
        }
        var full = full(session, endpoint, mine, holding);
        if (full.isPresent()) {
            return full.get();
        }
        if (own.isPresent() && !mine) {
            forget(sessions.holder(own.get()), name);
        }
        var shared = endpoint.shared(
                sharing,
                own.or(() -> holding).map(known -> known.endpoint().name()),
                directory().nameOf(name.service()));
        session.endpoints.add(shared.name());
        boolean goesOn = mine || holding.map(Registration::session).equals(session.movedFrom);
        long since = goesOn && holding.isPresent()
                ? holding.get().sinceMillis()
                : context.now().toEpochMilli();
        var claimedSince = claimed ? own.get().claim().since() : claimedSince(session, holding);
        put(
                new Registration(
                        shared,
                        session.id,
                        session.client,
                        since,
                        context.revision().index(),
                        claim(session, claimedSince)),
                context);
        if (holding.isEmpty() && session.movedFrom.isPresent()) {
            settling.cameBack(context.now());
        }
        return RegistryOutcome.DONE;
    }

    private static boolean isHeldAgainst(Session newer, Session holder) {
        return holder.attached() && (newer.standIn || !holder.standIn);
    }

    /** Later than whatever is known, for clocks differ from server to server. */
    private static Instant claimedSince(Session session, Optional<Registration> holding) {
        return holding.filter(other -> !other.session().equals(session.id))
                .map(other -> other.claim().since().plusMillis(1))
                .filter(later -> later.isAfter(session.heldSince))
                .orElse(session.heldSince);
    }

    private static RegistryOutcome duplicate(Registration rival) {
        return new RegistryOutcome.Denied(
                RegistryOutcome.Reason.DUPLICATE,
                "the endpoint " + rival.endpoint().name().key() + " is registered by \""
                        + rival.client() + "\" (session "
                        + rival.session().number() + "), which is connected",
                Optional.of(rival.claim().lease()));
    }

    /** The limit that would be passed, if one would. */
    private Optional<RegistryOutcome> full(
            Session session, Endpoint endpoint, boolean mine, Optional<Registration> before) {
        if (!mine && session.endpoints.size() >= RegistryLimits.SESSION_ENDPOINTS_MAX) {
            return Optional.of(overloaded(
                    "this session has " + RegistryLimits.SESSION_ENDPOINTS_MAX + " endpoints, as many as one may have",
                    Duration.ZERO));
        }
        if (before.isEmpty() && directory().endpoints() >= RegistryLimits.ENDPOINTS_MAX) {
            return Optional.of(overloaded(
                    RegistryLimits.ENDPOINTS_MAX + " endpoints are registered", RegistryLimits.LEASE_DEFAULT));
        }
        long freed = before.isPresent() ? before.get().endpoint().metadataBytes() : 0;
        if (directory().metadataBytes() - freed + endpoint.metadataBytes() > RegistryLimits.METADATA_TOTAL_BYTES_MAX) {
            return Optional.of(overloaded(
                    "the metadata of all endpoints would pass " + RegistryLimits.METADATA_TOTAL_BYTES_MAX + " bytes",
                    RegistryLimits.LEASE_DEFAULT));
        }
        return Optional.empty();
    }

    Page<Listing> listings(Optional<String> service, Optional<String> cell, String after, int limit) {
        return sights.listings(service, cell, after, limit, rules);
    }

    Found search(Search search, String after, int limit) {
        return sights.search(search, after, limit, rules);
    }

    Whereabouts whereabouts(String service, String address) {
        return sights.whereabouts(service, address, rules);
    }

    List<Subscriber> subscribers(String service, int limit) {
        return sights.subscribers(service, limit);
    }

    private RegistryOutcome ofPeer(RegistryCommand.OfPeer command, Context<Void> context) {
        if (command.server() == server) {
            // Nobody else knows what this server's sessions say.
            return RegistryOutcome.DONE;
        }
        var copy = claims.copy(command.server());
        switch (command) {
            case RegistryCommand.PeerBegins begins -> {
                if (copy.isEmpty() && claims.copies().size() >= RegistryLimits.PEERS_MAX) {
                    return overloaded(
                            RegistryLimits.PEERS_MAX + " lives of other servers are known",
                            RegistryLimits.LEASE_DEFAULT);
                }
                copy.orElseGet(() ->
                                claims.newCopy(begins.server(), context.now().minus(begins.ago())))
                        .followed(begins.direct(), begins.buckets());
            }
            case RegistryCommand.PeerTells tells ->
                copy.filter(held -> !held.isLost()).ifPresent(held -> told(tells, held, context));
            case RegistryCommand.PeerHeard heard ->
                copy.filter(held -> !held.isLost())
                        .ifPresent(held -> held.heard(context.now().minus(heard.ago())));
            case RegistryCommand.PeerLost _ -> {
                copy.ifPresent(Held::lost);
                claims.forgetEmpty();
            }
        }
        return RegistryOutcome.DONE;
    }

    private void told(RegistryCommand.PeerTells tells, Held held, Context<Void> context) {
        for (var registration : tells.held()) {
            var name = registration.endpoint().name();
            held.confirm(name);
            var known = held.find(name);
            if (known.isEmpty() || known.get().version() < registration.version()) {
                var shared = registration.shared(
                        sharing,
                        known.map(before -> before.endpoint().name()),
                        directory().nameOf(name.service()));
                put(shared, context);
                yieldTo(Optional.of(shared), name, context);
            }
        }
        removeAll(tells.server(), tells.gone(), Departure.Cause.GONE_ELSEWHERE, context);
        if (tells.complete()) {
            removeAll(tells.server(), held.complete(), Departure.Cause.GONE_ELSEWHERE, context);
        }
    }

    /**
     * A session here that claims the endpoint too gives it up if its client is gone from here: were it kept, the endpoint would be
     * back for the rest of the lease when its client, now elsewhere, deregisters it.
     */
    private void yieldTo(Optional<Registration> other, EndpointName name, Context<Void> context) {
        var own = claims.own().find(name);
        if (own.isEmpty() || other.isEmpty() || !other.get().beats(own.get())) {
            return;
        }
        var session = sessions.holder(own.get());
        if (!session.attached() || other.get().claim().movedFrom().equals(Optional.of(session.id))) {
            forget(session, name);
            remove(server, name, Departure.Cause.GIVEN_UP, context);
        }
    }

    private void forget(Session session, EndpointName name) {
        if (session.endpoints.remove(name) && session.kept) {
            kept--;
        }
    }

    Optional<HeldState> held(long of, Instant now) {
        if (of == server) {
            var hears = claims.copies().stream()
                    .filter(peer -> claims.copy(peer).map(Held::isDirect).orElse(false))
                    .toList();
            return Optional.of(new HeldState(claims.own().digests(), false, true, Duration.ZERO, hears));
        }
        return claims.copy(of)
                .map(held -> new HeldState(
                        held.digests(),
                        held.isLost(),
                        held.isDirect(),
                        Duration.between(held.heardAt(), now),
                        List.of()));
    }

    private RegistryOutcome subscribe(Session session, String service) {
        if (session.subscriptions.contains(service)) {
            return RegistryOutcome.DONE;
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
        return RegistryOutcome.DONE;
    }

    private void unsubscribeAll(Session session) {
        subscriptions -= session.subscriptions.size();
        session.subscriptions.clear();
    }

    /** The lease is over: the endpoints go, but for those whose service would lose too many at once. */
    private void leaseOver(Session session, Context<Void> context) {
        if (!session.kept) {
            // In order: of those of a service that may not all go, the same ones go wherever the same is decided.
            for (var name : new TreeSet<>(session.endpoints.list())) {
                var service = name.service();
                if (vanishing.mayGo(service, directory().endpoints(service), session.id, context.now())) {
                    session.endpoints.remove(name);
                    remove(server, name, Departure.Cause.LEASE_OVER, context);
                }
            }
            if (!session.endpoints.isEmpty()) {
                keep(session, context);
                return;
            }
        }
        end(session, Departure.Cause.LEASE_OVER, context);
    }

    private void keep(Session session, Context<Void> context) {
        session.kept = true;
        session.stream = Session.DETACHED;
        unsubscribeAll(session);
        session.deadline = context.now().plus(RegistryLimits.KEPT);
        sessions.file(session);
        kept += session.endpoints.size();
        restate(session, context);
    }

    private void end(Session session, Departure.Cause cause, Context<Void> context) {
        if (session.kept) {
            kept -= session.endpoints.size();
        }
        unsubscribeAll(session);
        removeAll(server, session.endpoints.list(), cause, context);
        sessions.remove(session);
    }

    /** @param retryAfter zero if trying again does not help */
    private static RegistryOutcome overloaded(String what, Duration retryAfter) {
        return new RegistryOutcome.Denied(
                RegistryOutcome.Reason.OVERLOADED,
                what,
                retryAfter.isZero() ? Optional.empty() : Optional.of(retryAfter));
    }

    /** Ends the sessions whose lease is over, and what lost servers' sessions vouched for. */
    @Override
    public void tick(Context<Void> context) {
        for (var due = sessions.first();
                due.isPresent() && !due.get().deadline.isAfter(context.now());
                due = sessions.first()) {
            leaseOver(due.get(), context);
        }
        vanishing.forget(context.now());
        for (long peer : claims.copies()) {
            claims.copy(peer).ifPresent(held -> leasesOver(peer, held, context));
        }
        claims.forgetEmpty();
    }

    /** What a lost server's sessions vouched for goes with its lease, but where its service would lose too many at once. */
    private void leasesOver(long lost, Held held, Context<Void> context) {
        for (var name : held.ended(context.now())) {
            if (held.keeps(name) || !claims.holds(lost, name) || mayGo(held, name, context)) {
                remove(lost, name, Departure.Cause.SERVER_LOST, context);
            } else {
                held.keep(name, context.now().plus(RegistryLimits.KEPT));
            }
        }
    }

    private boolean mayGo(Held held, EndpointName name, Context<Void> context) {
        var service = name.service();
        return held.find(name)
                .filter(registration ->
                        vanishing.mayGo(service, directory().endpoints(service), registration.session(), context.now()))
                .isPresent();
    }

    @Override
    public Optional<Instant> nextDeadline() {
        var soonest = sessions.first().map(session -> session.deadline);
        // Asked after every command, so it makes nothing that is not needed.
        for (long peer : claims.copies()) {
            var end = claims.copy(peer).flatMap(Held::nextEnd);
            if (end.isPresent() && (soonest.isEmpty() || end.get().isBefore(soonest.get()))) {
                soonest = end;
            }
        }
        return soonest;
    }

    @Override
    public Optional<Registration> view(String key) {
        return HeldKey.isOne(key)
                ? claims.of(HeldKey.server(key)).flatMap(held -> held.find(HeldKey.endpoint(key)))
                : directory().find(key).flatMap(rules::served);
    }

    @Override
    public List<String> keys(String prefix, String after, int limit) {
        if (!HeldKey.isOne(prefix)) {
            return rules.isEmpty() ? directory().keys(prefix, after, limit) : shownKeys(prefix, after, limit);
        }
        long of = HeldKey.server(prefix);
        var afterEndpoint = after.isEmpty() ? "" : HeldKey.endpoint(after);
        return claims
                .of(of)
                .map(held -> held.keys(HeldKey.endpoint(prefix), afterEndpoint, limit))
                .orElse(List.of())
                .stream()
                .map(key -> HeldKey.of(of, key))
                .toList();
    }

    /** It is of what clients say: so there is none where people may have said otherwise. */
    @Override
    public OptionalLong digest(String prefix) {
        if (HeldKey.isOne(prefix) || !EndpointName.isAllOfOne(prefix)) {
            return OptionalLong.empty();
        }
        var service = EndpointName.serviceOf(prefix);
        return rules.mayConcern(service)
                ? OptionalLong.empty()
                : OptionalLong.of(directory().digest(service));
    }

    private List<String> shownKeys(String prefix, String after, int limit) {
        List<String> shown = new ArrayList<>();
        directory().visit(prefix, after, one -> {
            if (rules.served(one).isPresent()) {
                shown.add(one.endpoint().name().key());
            }
            return shown.size() < limit;
        });
        return shown;
    }

    /** The state as text, one line for each thing in it: nobody restores it, but tests and people compare it. */
    @Override
    public Snapshot snapshot() {
        var text = new StringBuilder();
        sessions.all().forEach(session -> {
            text.append("session ").append(session.id.number());
            text.append(" stream ").append(session.stream);
            text.append(" until ").append(session.deadline);
            text.append(" subscribed ").append(session.subscriptions).append('\n');
            new TreeSet<>(session.endpoints.list())
                    .forEach(name ->
                            text.append("  ").append(ownRegistration(name)).append('\n'));
        });
        for (long peer : claims.copies()) {
            claims.copy(peer).ifPresent(held -> {
                text.append("server ").append(Long.toHexString(peer)).append(held.isLost() ? " lost\n" : "\n");
                held.keys("", "", Integer.MAX_VALUE)
                        .forEach(key -> text.append("  ").append(held.find(key)).append('\n'));
            });
        }
        text.append(totals()).append('\n');
        var bytes = text.toString().getBytes(StandardCharsets.UTF_8);
        return out -> out.write(bytes);
    }

    @Override
    public void restore(InputStream state) {
        throw new UnsupportedOperationException("the registry's state is not stored: its clients bring it back");
    }
}
