package dev.plinth.sdk;

import dev.plinth.rpc.BoltClient;
import dev.plinth.rpc.BoltServer;
import dev.plinth.rpc.Call;
import dev.plinth.rpc.CallFilter;
import dev.plinth.rpc.CellGuard;
import dev.plinth.rpc.ClientOptions;
import dev.plinth.rpc.Reply;
import dev.plinth.rpc.RpcReference;
import dev.plinth.rpc.ServerOptions;
import dev.plinth.sdk.PlinthException.Code;
import dev.plinth.sdk.transactions.TransactionOptions;
import dev.plinth.sdk.transactions.Transactions;
import dev.plinth.wire.registry.v1.Endpoint;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/** Puts the parts together: the registry's client as RPC's directory, the cell map, transactions in RPC's filters. */
final class ConnectedPlinth implements Plinth {
    /*
     * What an application does not use costs it nothing: the RPC server starts with the first publication, the connections to
     * the coordinator with the first use of transactions.
     */
    private static final Logger LOG = System.getLogger(ConnectedPlinth.class.getName());
    private static final String PROTOCOL = "bolt";
    private static final String APPLICATION = "plinth.application";
    private static final Duration REGISTERED_PATIENCE = Duration.ofSeconds(3);

    private final PlinthOptions options;
    private final Turns turns = new Turns("plinth-sdk");
    private final ServerChannels servers;
    private final RegistryClient registry;
    private final CellMapClient cellMaps;
    private final BoltClient client;
    private final ReentrantLock lock = new ReentrantLock();
    // All under the lock; the transactions are read without it, on every call.
    private final List<Publication> publications = new ArrayList<>();
    private @Nullable BoltServer server;
    private volatile @Nullable Transactions transactions;
    private boolean closed;

    ConnectedPlinth(PlinthOptions options) {
        this.options = options;
        this.servers = new ServerChannels(options.servers(), options.registries());
        this.registry = new RegistryClient(
                options.application() + "@" + ProcessHandle.current().pid(), servers, turns);
        this.cellMaps = new CellMapClient(servers, turns);
        ClientOptions rpc = ClientOptions.DEFAULT
                .withCallTimeout(options.callTimeout())
                .with(cellMaps)
                .with(this::awaitEndpoints)
                .with(TransactionFilters.calling(this::currentXid));
        this.client = BoltClient.create(options.zone().map(rpc::inZone).orElse(rpc));
    }

    @Override
    public <T> T reference(Class<T> service, ReferenceOptions how) {
        dev.plinth.rpc.ReferenceOptions rpc = dev.plinth.rpc.ReferenceOptions.DEFAULT
                .withVersion(how.version())
                .withIdempotent(how.idempotent())
                .withUserId(UserId.class);
        RpcReference<T> reference = client.reference(
                service, registry, how.timeout().map(rpc::withTimeout).orElse(rpc));
        registry.endpoints(reference.service());
        return Failures.translated(service, reference.proxy());
    }

    /** The first calls of a service come before the registry has said where it is: they wait for that. */
    private CompletableFuture<Reply> awaitEndpoints(Call call, CallFilter.Caller next) {
        Duration left = registry.awaitListed(call.service(), call.timeout());
        if (left.isZero() || left.isNegative()) {
            throw new PlinthException(
                    Code.UNAVAILABLE, "no server has said so far where " + call.service() + " is served");
        }
        return next.call(left.equals(call.timeout()) ? call : call.within(left));
    }

    private Optional<String> currentXid() {
        Transactions current = transactions;
        return current == null ? Optional.empty() : current.currentXid();
    }

    @Override
    public <T> Publication publish(Class<T> service, T provider, String version) {
        BoltServer serving = server();
        HostPort address = advertised(serving.address());
        String name = serving.publish(service, version, provider);
        RegistryClient.Registered registered = registry.register(endpoint(name, address));
        Publication publication = new Published(name, address, registered, serving);
        boolean done;
        try {
            done = registered.await(REGISTERED_PATIENCE);
        } catch (IllegalArgumentException e) {
            publication.close();
            throw e;
        }
        if (!done) {
            LOG.log(
                    Level.WARNING,
                    "{0} is served at {1} and not registered yet; that goes on in the background",
                    name,
                    address);
        }
        lock.lock();
        try {
            publications.add(publication);
        } finally {
            lock.unlock();
        }
        return publication;
    }

    private record Published(String service, HostPort address, RegistryClient.Registered registered, BoltServer serving)
            implements Publication {
        @Override
        public void close() {
            registered.withdraw();
            serving.withdraw(service);
        }
    }

    private Endpoint endpoint(String service, HostPort address) {
        Endpoint.Builder endpoint = Endpoint.newBuilder()
                .setService(service)
                .setProtocol(PROTOCOL)
                .setAddress(address.toString())
                .putMetadata(APPLICATION, options.application());
        options.cell().ifPresent(cell -> endpoint.putMetadata(dev.plinth.rpc.Endpoint.CELL, cell));
        options.zone().ifPresent(zone -> endpoint.putMetadata(dev.plinth.rpc.Endpoint.ZONE, zone));
        return endpoint.build();
    }

    private HostPort advertised(InetSocketAddress listening) {
        if (options.advertise().isPresent()) {
            return new HostPort(options.advertise().get(), listening.getPort());
        }
        if (listening.getAddress().isAnyLocalAddress()) {
            throw new IllegalArgumentException("advertise: needed, for 'listen' is " + options.listen()
                    + ", and that is no address under which others could reach this process");
        }
        return new HostPort(options.listen().host(), listening.getPort());
    }

    private BoltServer server() {
        lock.lock();
        try {
            checkOpen();
            BoltServer started = server;
            if (started == null) {
                started = BoltServer.start(serverOptions());
                server = started;
            }
            return started;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } finally {
            lock.unlock();
        }
    }

    private ServerOptions serverOptions() {
        ServerOptions serving = ServerOptions.DEFAULT
                .withListen(new InetSocketAddress(
                        options.listen().host(), options.listen().port()))
                .withUserId(UserId.class)
                .with(TransactionFilters.serving(this::transactions));
        return options.cell()
                .map(cell -> serving.with(new CellGuard(cell, cellMaps)))
                .orElse(serving);
    }

    @Override
    public Transactions transactions() {
        Transactions current = transactions;
        if (current != null) {
            return current;
        }
        lock.lock();
        try {
            checkOpen();
            current = transactions;
            if (current == null) {
                current = Transactions.connect(TransactionOptions.of(
                        options.application(), options.coordinators().toArray(HostPort[]::new)));
                transactions = current;
            }
            return current;
        } finally {
            lock.unlock();
        }
    }

    private void checkOpen() {
        if (closed) {
            throw new PlinthException(Code.CLOSED, "this Plinth was closed");
        }
    }

    /*
     * From the outside to the inside: first nobody is sent here any more, then what is running ends, for which it may still
     * need to call others and the coordinator.
     */
    @Override
    public void close() {
        BoltServer serving;
        Transactions current;
        lock.lock();
        try {
            if (closed) {
                return;
            }
            closed = true;
            serving = server;
            current = transactions;
            publications.forEach(Publication::close);
        } finally {
            lock.unlock();
        }
        registry.close();
        if (serving != null) {
            serving.close();
        }
        if (current != null) {
            current.close();
        }
        client.close();
        turns.close();
        servers.close();
    }
}
