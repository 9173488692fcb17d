package dev.plinth.registry.door.grpc;

import static org.assertj.core.api.Assertions.assertThat;

import dev.plinth.wire.registry.v1.Answer;
import dev.plinth.wire.registry.v1.ClientMessage;
import dev.plinth.wire.registry.v1.Close;
import dev.plinth.wire.registry.v1.Deregister;
import dev.plinth.wire.registry.v1.Endpoint;
import dev.plinth.wire.registry.v1.KeepAlive;
import dev.plinth.wire.registry.v1.Open;
import dev.plinth.wire.registry.v1.Opened;
import dev.plinth.wire.registry.v1.Register;
import dev.plinth.wire.registry.v1.RegisterAll;
import dev.plinth.wire.registry.v1.RegistryGrpc;
import dev.plinth.wire.registry.v1.ServerMessage;
import dev.plinth.wire.registry.v1.ServiceUpdate;
import dev.plinth.wire.registry.v1.Subscribe;
import dev.plinth.wire.registry.v1.SubscribeAll;
import dev.plinth.wire.registry.v1.Unsubscribe;
import io.grpc.Channel;
import io.grpc.Status;
import io.grpc.stub.ClientCallStreamObserver;
import io.grpc.stub.ClientResponseObserver;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/** A client's stream as a test drives it: what came, in order, and how it ended. */
final class DoorClient implements ClientResponseObserver<ClientMessage, ServerMessage> {
    private final BlockingQueue<ServerMessage> received = new LinkedBlockingQueue<>();
    private final int initialRequest;
    final CompletableFuture<Status> end = new CompletableFuture<>();
    private ClientCallStreamObserver<ClientMessage> call;
    private long lastRequest;

    private DoorClient(int initialRequest) {
        this.initialRequest = initialRequest;
    }

    static DoorClient connect(Channel channel) {
        return connect(channel, Integer.MAX_VALUE);
    }

    /** A client that reads so many messages, and no more until it asks for them. */
    static DoorClient connect(Channel channel, int initialRequest) {
        var client = new DoorClient(initialRequest);
        RegistryGrpc.newStub(channel).connect(client);
        return client;
    }

    @Override
    public void beforeStart(ClientCallStreamObserver<ClientMessage> stream) {
        call = stream;
        stream.disableAutoRequestWithInitial(initialRequest);
    }

    void request(int count) {
        call.request(count);
    }

    Opened open(String client) throws InterruptedException {
        return open(Open.newBuilder().setClient(client));
    }

    Opened open(Open.Builder open) throws InterruptedException {
        call.onNext(ClientMessage.newBuilder().setOpen(open).build());
        var first = take();
        assertThat(first.hasOpened()).as("%s", first).isTrue();
        return first.getOpened();
    }

    /** Sends a request without waiting for its answer. */
    long send(ClientMessage.Builder message) {
        lastRequest++;
        call.onNext(message.setRequestId(lastRequest).build());
        return lastRequest;
    }

    void sendAsIs(ClientMessage message) {
        call.onNext(message);
    }

    /** Waits for the answer to the last request, which comes before any update. */
    private Answer answer(ClientMessage.Builder message) throws InterruptedException {
        long id = send(message);
        var next = take();
        assertThat(next.hasAnswer()).as("%s", next).isTrue();
        assertThat(next.getAnswer().getRequestId()).isEqualTo(id);
        return next.getAnswer();
    }

    Answer register(Endpoint.Builder endpoint) throws InterruptedException {
        return answer(registration(endpoint));
    }

    static ClientMessage.Builder registration(Endpoint.Builder endpoint) {
        return ClientMessage.newBuilder().setRegister(Register.newBuilder().setEndpoint(endpoint));
    }

    Answer deregister(String service, String protocol, String address) throws InterruptedException {
        return answer(ClientMessage.newBuilder()
                .setDeregister(Deregister.newBuilder()
                        .setService(service)
                        .setProtocol(protocol)
                        .setAddress(address)));
    }

    Answer subscribe(String service) throws InterruptedException {
        return answer(
                ClientMessage.newBuilder().setSubscribe(Subscribe.newBuilder().setService(service)));
    }

    static ClientMessage.Builder registrations(List<Endpoint.Builder> endpoints) {
        var all = RegisterAll.newBuilder();
        endpoints.forEach(all::addEndpoints);
        return ClientMessage.newBuilder().setRegisterAll(all);
    }

    Answer registerAll(List<Endpoint.Builder> endpoints) throws InterruptedException {
        return answer(registrations(endpoints));
    }

    Answer subscribeAll(List<Subscribe.Builder> subscriptions) throws InterruptedException {
        var all = SubscribeAll.newBuilder();
        subscriptions.forEach(all::addSubscriptions);
        return answer(ClientMessage.newBuilder().setSubscribeAll(all));
    }

    Answer unsubscribe(String service) throws InterruptedException {
        return answer(ClientMessage.newBuilder()
                .setUnsubscribe(Unsubscribe.newBuilder().setService(service)));
    }

    Answer keepAlive() throws InterruptedException {
        return answer(ClientMessage.newBuilder().setKeepAlive(KeepAlive.getDefaultInstance()));
    }

    Answer close() throws InterruptedException {
        return answer(ClientMessage.newBuilder().setClose(Close.getDefaultInstance()));
    }

    /** As if the network broke. */
    void cut() {
        call.cancel("cut", null);
    }

    void halfClose() {
        call.onCompleted();
    }

    ServerMessage take() throws InterruptedException {
        var message = received.poll(10, TimeUnit.SECONDS);
        assertThat(message)
                .as("a message in time; the stream's end: %s", end.getNow(null))
                .isNotNull();
        return message;
    }

    ServiceUpdate update() throws InterruptedException {
        var next = take();
        assertThat(next.hasUpdate()).as("%s", next).isTrue();
        return next.getUpdate();
    }

    /** Reads updates until the service's endpoints, by address, are what is expected. */
    void awaitEndpoints(Map<String, Endpoint> known, int count) throws InterruptedException {
        var update = apply(known, update());
        while (!update.getComplete() || known.size() != count) {
            update = apply(known, update());
        }
    }

    /** Does with an update what a client does. */
    static ServiceUpdate apply(Map<String, Endpoint> known, ServiceUpdate update) {
        if (update.getReset()) {
            known.clear();
        }
        update.getRemovedList().forEach(name -> known.remove(name.getAddress()));
        update.getEndpointsList().forEach(endpoint -> known.put(endpoint.getAddress(), endpoint));
        return update;
    }

    boolean isQuiet() {
        return received.isEmpty();
    }

    static Map<String, Endpoint> nothingKnown() {
        return new TreeMap<>();
    }

    Status end() {
        return end.orTimeout(10, TimeUnit.SECONDS).join();
    }

    @Override
    public void onNext(ServerMessage message) {
        received.add(message);
    }

    @Override
    public void onError(Throwable failure) {
        end.complete(Status.fromThrowable(failure));
    }

    @Override
    public void onCompleted() {
        end.complete(Status.OK);
    }
}
