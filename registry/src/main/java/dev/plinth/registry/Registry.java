package dev.plinth.registry;

import dev.plinth.kernel.Clock;
import dev.plinth.kernel.Inbox;
import dev.plinth.kernel.Partition;
import dev.plinth.kernel.Performer;
import dev.plinth.kernel.Watcher;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.function.Supplier;

/**
 * The registry of this server.
 *
 * <p>Callable from any thread; nothing waits. Futures fail with {@link dev.plinth.kernel.Refused} alone, and are complete at once or
 * completed on the engine's thread.
 */
public final class Registry implements AutoCloseable {
    private final Partition<RegistryEngine, RegistryCommand, RegistryOutcome, Void, Registration> partition;
    private final long incarnation;

    /** The time by which the engine goes. */
    private final Supplier<Instant> now;

    private Registry(
            Partition<RegistryEngine, RegistryCommand, RegistryOutcome, Void, Registration> partition,
            long incarnation,
            Supplier<Instant> now) {
        this.now = now;
        this.partition = partition;
        this.incarnation = incarnation;
    }

    /**
     * Starts an empty registry.
     *
     * @param incarnation another one with every start, of this server or any other: random
     * @param thread the engine's: runs one task after the other; see {@link Inbox}
     */
    public static Registry open(long incarnation, Executor thread, Clock clock) {
        var inbox = new Inbox<RegistryCommand>(incarnation, thread, clock);
        return new Registry(
                Partition.soft(new RegistryEngine(incarnation, inbox.now()), inbox, Performer.none(), clock),
                incarnation,
                inbox::now);
    }

    public long incarnation() {
        return incarnation;
    }

    public CompletableFuture<RegistryOutcome> submit(RegistryCommand command) {
        return partition.submit(command);
    }

    /**
     * Watches a service's endpoints, each under {@link EndpointName#key}: first a snapshot in pages, then what changes. See {@link
     * Partition#watch}.
     */
    public Watcher.Subscription watch(String service, Watcher<Registration> watcher) {
        return watch(service, OptionalLong.empty(), watcher);
    }

    /**
     * As above, for a watcher that knows the service from before.
     *
     * @param known the digest of what it knows, as {@link dev.plinth.wire.registry.EndpointDigest} says; see {@link Partition#watch}
     */
    public Watcher.Subscription watch(String service, OptionalLong known, Watcher<Registration> watcher) {
        return partition.watch(EndpointName.prefix(Form.service(service)), known, watcher);
    }

    /**
     * The services that have endpoints, by name.
     *
     * @param after the last service of the page before, or the empty string
     * @param limit at most so many; never more than {@link dev.plinth.kernel.Limits#READ_ITEMS_MAX}
     */
    public CompletableFuture<Page<ServiceSummary>> services(String after, int limit) {
        return partition.read(engine -> engine.directory().services(after, limit));
    }

    /**
     * The endpoints of a service, of a cell, of both or of all that callers are shown, by key; throws IllegalArgumentException if {@code service} is no
     * service's name.
     *
     * @param after the {@link EndpointName#key} of the last one of the page before, or the empty string
     * @param limit at most so many; never more than {@link dev.plinth.kernel.Limits#READ_ITEMS_MAX}
     */
    public CompletableFuture<Page<Listing>> endpoints(
            Optional<String> service, Optional<String> cell, String after, int limit) {
        service.ifPresent(Form::service);
        return partition.read(engine -> engine.listings(service, cell, after, limit));
    }

    /**
     * A part of the endpoints that fit, by key, also of those that callers are not shown.
     *
     * @param after where the part before ended, as {@link Found#next} says, or the empty string
     * @param limit at most so many; never more than {@link dev.plinth.kernel.Limits#READ_ITEMS_MAX}
     */
    public CompletableFuture<Found> search(Search search, String after, int limit) {
        return partition.read(engine -> engine.search(search, after, limit));
    }

    /** Where a service's endpoint at an address is; throws IllegalArgumentException if they are none. */
    public CompletableFuture<Whereabouts> whereabouts(String service, String address) {
        Form.service(service);
        Form.address(address);
        return partition.read(engine -> engine.whereabouts(service, address));
    }

    /** This server's sessions that are subscribed to a service; throws IllegalArgumentException if it is no service's name. */
    public CompletableFuture<List<Subscriber>> subscribers(String service, int limit) {
        Form.service(service);
        return partition.read(engine -> engine.subscribers(service, limit));
    }

    /** Watches what one server's sessions vouch for, each under {@link #endpointKey}. */
    public Watcher.Subscription watchHeld(long server, Watcher<Registration> watcher) {
        return partition.watch(HeldKey.prefix(server), watcher);
    }

    /** The endpoint's key in a key of {@link #watchHeld}. */
    public static String endpointKey(String heldKey) {
        return HeldKey.endpoint(heldKey);
    }

    /** How this registry stands to what a server's sessions vouch for; empty if it never heard of that server. */
    public CompletableFuture<Optional<HeldState>> held(long server) {
        return partition.read(engine -> engine.held(server, now.get()));
    }

    /** For how long yet endpoints may be missing because the registry has restarted and their clients are not back; zero if none. */
    public CompletableFuture<Duration> settling() {
        return partition.read(engine -> engine.settling(now.get()));
    }

    public CompletableFuture<Totals> totals() {
        return partition.read(RegistryEngine::totals);
    }

    @Override
    public void close() {
        partition.close();
    }
}
