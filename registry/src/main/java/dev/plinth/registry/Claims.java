package dev.plinth.registry;

import dev.plinth.kernel.Context;
import java.time.Instant;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/** What this server's sessions vouch for and what it knows that other servers' do; and which registration of each endpoint holds. */
final class Claims {
    /*
     * Servers agree on nothing before they answer: each keeps what its own sessions say, and a copy of what each other server's
     * do. An endpoint that several vouch for (its client moved; two processes claim one address; a cut line hid one from the
     * other) is whose claim is the newest, by a rule that needs nothing but the claims. So two servers that know the same claims
     * show the same endpoints, whatever the order in which they learned them.
     */
    private final long ownServer;
    private final Directory directory = new Directory();
    private final Held own;

    /** What each server's sessions vouch for: this one's, and copies of the others'. */
    private final TreeMap<Long, Held> servers = new TreeMap<>();

    Claims(long ownServer) {
        this.ownServer = ownServer;
        this.own = new Held(ownServer, directory, Instant.MAX);
        servers.put(ownServer, own);
    }

    /** What holds. */
    Directory directory() {
        return directory;
    }

    Held own() {
        return own;
    }

    /** The copy of what a server's sessions vouch for, if this server keeps one. */
    Optional<Held> copy(long server) {
        return server == ownServer ? Optional.empty() : of(server);
    }

    /**
     * Starts a copy, which is empty.
     *
     * @param heardAt when the other server was heard
     */
    Held newCopy(long server, Instant heardAt) {
        var copy = new Held(server, directory, heardAt);
        servers.put(server, copy);
        return copy;
    }

    /** Whether nobody else's sessions are known: then what holds is what this server's own say. */
    private boolean isAlone() {
        return servers.size() == 1;
    }

    /** The servers of which there are copies. */
    Set<Long> copies() {
        if (isAlone()) {
            return Set.of();
        }
        var copies = new TreeSet<>(servers.keySet());
        copies.remove(ownServer);
        return copies;
    }

    Optional<Held> of(long server) {
        return Optional.ofNullable(servers.get(server));
    }

    void put(Registration registration, Context<Void> context) {
        long server = registration.session().server();
        var name = registration.endpoint().name();
        // A key is a text of some length, and is put together once for all who ask for it.
        var key = name.key();
        if (isAlone() && server == ownServer) {
            own.said(key, hold(registration, key, context), registration);
            context.changed(HeldKey.of(server, key));
            return;
        }
        var held = of(server).orElseThrow(() -> new IllegalStateException("server " + server + " is not followed"));
        var holding = directory.find(name);
        held.said(key, held.find(name, holding), registration);
        context.changed(HeldKey.of(server, key));
        settle(name, key, holding, server, Optional.of(registration), context);
        letGo(name, context);
    }

    /** What was kept of a lost server goes when a newer claim is there: it would be back when that one is given up. */
    private void letGo(EndpointName name, Context<Void> context) {
        for (var entry : servers.entrySet()) {
            if (entry.getValue().keeps(name) && !holds(entry.getKey(), name)) {
                remove(entry.getKey(), name, context);
            }
        }
    }

    /** Whether it is this server's claim that holds. */
    boolean holds(long server, EndpointName name) {
        return directory
                .find(name)
                .filter(registration -> registration.session().server() == server)
                .isPresent();
    }

    /** Returns the registration that held, if none does any more. */
    Optional<Registration> remove(long server, EndpointName name, Context<Void> context) {
        if (isAlone() && server == ownServer) {
            var gone = directory.remove(name);
            if (gone.isPresent()) {
                var key = name.key();
                own.unsaid(key, gone.get());
                context.changed(HeldKey.of(server, key));
                context.changed(key);
            }
            return gone;
        }
        var held = servers.get(server);
        var holding = directory.find(name);
        var before = held == null ? Optional.<Registration>empty() : held.find(name, holding);
        if (held == null || before.isEmpty()) {
            return Optional.empty();
        }
        var key = name.key();
        held.unsaid(key, before.get());
        context.changed(HeldKey.of(server, key));
        return settle(name, key, holding, server, Optional.empty(), context);
    }

    /** A lost server of which nothing is left is forgotten. */
    void forgetEmpty() {
        servers.values().removeIf(held -> held.isLost() && held.isEmpty());
    }

    /**
     * Decides anew which registration of an endpoint holds.
     *
     * @param holding the one that held so far
     * @param server whose sessions say now
     * @param said this of it
     * @return the registration that held, if none does any more
     */
    private Optional<Registration> settle(
            EndpointName name,
            String key,
            Optional<Registration> holding,
            long server,
            Optional<Registration> said,
            Context<Void> context) {
        Map<Held, Registration> claims = new LinkedHashMap<>();
        servers.forEach((of, held) -> {
            var theirs = of == server ? said : held.find(name, holding);
            theirs.ifPresent(registration -> claims.put(held, registration));
        });
        var strongest = strongest(claims.values());
        servers.values().forEach(held -> {
            var theirs = claims.get(held);
            if (theirs == null
                    || theirs.session().equals(strongest.orElseThrow().session())) {
                held.unbeaten(name);
            } else {
                held.beaten(theirs);
            }
        });
        if (strongest.isPresent()) {
            hold(strongest.get(), key, context);
            return Optional.empty();
        }
        directory.remove(name);
        if (holding.isPresent()) {
            context.changed(key);
        }
        return holding;
    }

    /** Returns what held before. */
    private Optional<Registration> hold(Registration strongest, String key, Context<Void> context) {
        var before = directory.put(strongest);
        if (before.map(Registration::endpoint)
                .filter(strongest.endpoint()::equals)
                .isEmpty()) {
            context.changed(key);
        }
        return before;
    }

    /** Asked in the order of the servers, this one among them, so that all come to the same answer. */
    private static Optional<Registration> strongest(Collection<Registration> claims) {
        Optional<Registration> strongest = Optional.empty();
        for (var claim : claims) {
            if (strongest.isEmpty() || claim.beats(strongest.get())) {
                strongest = Optional.of(claim);
            }
        }
        return strongest;
    }
}
