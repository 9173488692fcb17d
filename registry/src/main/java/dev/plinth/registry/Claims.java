package dev.plinth.registry;

import dev.plinth.kernel.Context;
import java.time.Instant;
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
    private final Held own = new Held(Instant.MAX);

    /** What each server's sessions vouch for: this one's, and copies of the others'. */
    private final TreeMap<Long, Held> servers = new TreeMap<>();

    private final Directory directory = new Directory();

    Claims(long ownServer) {
        this.ownServer = ownServer;
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
        var copy = new Held(heardAt);
        servers.put(server, copy);
        return copy;
    }

    /** The servers of which there are copies. */
    Set<Long> copies() {
        if (servers.size() == 1) {
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
        of(server)
                .orElseThrow(() -> new IllegalStateException("server " + server + " is not followed"))
                .put(key, registration);
        context.changed(HeldKey.of(server, key));
        settle(name, key, context);
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
        var held = servers.get(server);
        var key = name.key();
        if (held == null || !held.remove(name, key)) {
            return Optional.empty();
        }
        context.changed(HeldKey.of(server, key));
        return settle(name, key, context);
    }

    /** A lost server of which nothing is left is forgotten. */
    void forgetEmpty() {
        servers.values().removeIf(held -> held.isLost() && held.isEmpty());
    }

    /** Returns the registration that held, if none does any more. */
    private Optional<Registration> settle(EndpointName name, String key, Context<Void> context) {
        var strongest = strongest(name);
        if (strongest.isEmpty()) {
            var gone = directory.remove(name);
            if (gone.isPresent()) {
                context.changed(key);
            }
            return gone;
        }
        var after = strongest.get();
        var before = directory.put(after);
        if (before.map(Registration::endpoint).filter(after.endpoint()::equals).isEmpty()) {
            context.changed(key);
        }
        return Optional.empty();
    }

    /** Asked in the order of the servers, this one among them, so that all come to the same answer. */
    private Optional<Registration> strongest(EndpointName name) {
        Optional<Registration> strongest = Optional.empty();
        for (var server : servers.values()) {
            var theirs = server.find(name);
            if (theirs.isPresent() && (strongest.isEmpty() || theirs.get().beats(strongest.get()))) {
                strongest = theirs;
            }
        }
        return strongest;
    }
}
