package dev.plinth.cli.migrate;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import com.google.protobuf.Any;
import com.google.protobuf.ByteString;
import dev.plinth.wire.nacos.BiRequestStreamGrpc;
import dev.plinth.wire.nacos.Metadata;
import dev.plinth.wire.nacos.Payload;
import dev.plinth.wire.nacos.RequestGrpc;
import io.grpc.ManagedChannel;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** One connection to a registry that speaks Nacos's protocol of 2.0 and later. Requests block, and are one caller's. */
final class NacosLink implements AutoCloseable {
    private static final Duration ANSWER_MAX = Duration.ofSeconds(5);
    private static final int MESSAGE_BYTES_MAX = 64 << 20;
    private static final int PAGE = 1_000;

    /** A server that is asked before it has taken a connection in answers with this. */
    private static final int NOT_REGISTERED = 301;

    private static final Duration TAKEN_IN_MAX = Duration.ofSeconds(10);
    private static final Duration ASKED_AGAIN_AFTER = Duration.ofMillis(100);

    /** Told of what comes unasked, on a thread of the connection's. */
    interface Listener {
        void shows(Service service, List<Instance> all);

        void over(String why);
    }

    private final ManagedChannel channel;
    private final String namespace;
    private final Listener listener;
    private final StreamObserver<Payload> stream;

    /** Set by who closes it, read by the connection's thread: then its end is no news. */
    private volatile boolean closing;

    /** Set by the connection's thread when its stream has ended, read by who closes it. */
    private volatile boolean ended;

    private NacosLink(ManagedChannel channel, String namespace, Listener listener) {
        this.channel = channel;
        this.namespace = namespace;
        this.listener = listener;
        this.stream = BiRequestStreamGrpc.newStub(channel).requestBiStream(new Pushes());
    }

    /** @throws IOException if nobody answers there, or not as a Nacos server does */
    static NacosLink connect(NacosAddress address, String namespace, Listener listener)
            throws IOException, InterruptedException {
        var channel = NettyChannelBuilder.forAddress(address.host(), address.grpcPort())
                .usePlaintext()
                .maxInboundMessageSize(MESSAGE_BYTES_MAX)
                .build();
        try {
            var _ = ask(channel, "ServerCheckRequest", new JsonObject());
        } catch (IOException | RuntimeException e) {
            channel.shutdownNow();
            throw e;
        }
        var link = new NacosLink(channel, namespace, listener);
        try {
            link.setUp();
            return link;
        } catch (IOException | RuntimeException e) {
            link.close();
            throw e;
        }
    }

    private void setUp() throws IOException, InterruptedException {
        var labels = new JsonObject();
        labels.addProperty("source", "sdk");
        labels.addProperty("module", "naming");
        labels.addProperty("AppName", "plinth-migrate");
        labels.addProperty("plinth.stand-in", "true");
        var setup = new JsonObject();
        setup.addProperty("clientVersion", "Nacos-Java-Client:v3.2.1");
        setup.addProperty("tenant", "");
        setup.add("labels", labels);
        setup.add("abilityTable", new JsonObject());
        stream.onNext(payload("ConnectionSetupRequest", setup));
        long deadline = System.nanoTime() + TAKEN_IN_MAX.toNanos();
        while (true) {
            var answer = answer(channel, "HealthCheckRequest", new JsonObject());
            if (!answer.has("errorCode") || answer.get("errorCode").getAsInt() != NOT_REGISTERED) {
                return;
            }
            if (System.nanoTime() - deadline > 0) {
                throw new IOException("the server did not take the connection in");
            }
            new CountDownLatch(1).await(ASKED_AGAIN_AFTER.toMillis(), TimeUnit.MILLISECONDS);
        }
    }

    /** Keeps the connection. */
    void beat() throws IOException {
        var _ = ask(channel, "HealthCheckRequest", new JsonObject());
    }

    /** The services of a group. */
    List<Service> services(String group) throws IOException {
        List<Service> services = new ArrayList<>();
        for (int page = 1; ; page++) {
            var request = new JsonObject();
            request.addProperty("namespace", namespace);
            request.addProperty("groupName", group);
            request.addProperty("pageNo", page);
            request.addProperty("pageSize", PAGE);
            request.addProperty("selector", "");
            var names = array(ask(channel, "ServiceListRequest", request).get("serviceNames"));
            names.forEach(name -> services.add(service(group, name.getAsString())));
            if (names.size() < PAGE) {
                return services;
            }
        }
    }

    /** Some servers name the group with it. */
    private static Service service(String group, String name) {
        int mark = name.indexOf("@@");
        return new Service(group, mark < 0 ? name : name.substring(mark + 2));
    }

    /** What the service has now; the listener is told of what it has later. */
    List<Instance> subscribe(Service service) throws IOException {
        var request = of(service);
        request.addProperty("subscribe", true);
        request.addProperty("clusters", "");
        return instances(ask(channel, "SubscribeServiceRequest", request)
                .get("serviceInfo")
                .getAsJsonObject());
    }

    /** This connection's instances of a service are these, and no others. */
    void register(Service service, List<Instance> all) throws IOException {
        var request = of(service);
        if (all.isEmpty()) {
            // There is no way to register none; to take back those that there are takes back all that was registered as
            // a batch.
            throw new IllegalArgumentException("no instances of " + service);
        }
        var instances = new JsonArray();
        all.forEach(instance -> instances.add(instance.json(service.name())));
        request.addProperty("type", "batchRegisterInstance");
        request.add("instances", instances);
        var _ = ask(channel, "BatchInstanceRequest", request);
    }

    /** This connection has no instances of a service any more. */
    void deregister(Service service, List<Instance> before) throws IOException {
        for (var instance : before) {
            var request = of(service);
            request.addProperty("type", "deregisterInstance");
            request.add("instance", instance.json(service.name()));
            var _ = ask(channel, "InstanceRequest", request);
        }
    }

    private JsonObject of(Service service) {
        var request = new JsonObject();
        request.addProperty("namespace", namespace);
        request.addProperty("groupName", service.group());
        request.addProperty("serviceName", service.name());
        return request;
    }

    private static List<Instance> instances(JsonObject serviceInfo) {
        List<Instance> instances = new ArrayList<>();
        array(serviceInfo.get("hosts")).forEach(host -> instances.add(Instance.of(host.getAsJsonObject())));
        return instances;
    }

    private static JsonArray array(JsonElement element) {
        return element == null || element.isJsonNull() ? new JsonArray() : element.getAsJsonArray();
    }

    private static JsonObject ask(ManagedChannel channel, String type, JsonObject body) throws IOException {
        var answer = answer(channel, type, body);
        if (answer.has("resultCode") && answer.get("resultCode").getAsInt() != 200) {
            var message = answer.get("message");
            throw new IOException(type + " was refused: "
                    + (message == null || message.isJsonNull() ? "no reason was given" : message.getAsString()));
        }
        return answer;
    }

    private static JsonObject answer(ManagedChannel channel, String type, JsonObject body) throws IOException {
        try {
            return body(RequestGrpc.newBlockingStub(channel)
                    .withDeadlineAfter(ANSWER_MAX.toMillis(), TimeUnit.MILLISECONDS)
                    .request(payload(type, body)));
        } catch (StatusRuntimeException e) {
            throw new IOException("no answer to " + type + ": " + e.getStatus().getCode(), e);
        }
    }

    private static Payload payload(String type, JsonObject body) {
        return Payload.newBuilder()
                .setMetadata(Metadata.newBuilder().setType(type))
                .setBody(Any.newBuilder().setValue(ByteString.copyFromUtf8(body.toString())))
                .build();
    }

    private static JsonObject body(Payload payload) {
        return JsonParser.parseString(payload.getBody().getValue().toStringUtf8())
                .getAsJsonObject();
    }

    private final class Pushes implements StreamObserver<Payload> {
        @Override
        public void onNext(Payload push) {
            switch (push.getMetadata().getType()) {
                case "NotifySubscriberRequest" -> {
                    var body = body(push);
                    acknowledge("NotifySubscriberResponse", body);
                    told(body.getAsJsonObject("serviceInfo"));
                }
                case "SetupAckRequest" -> acknowledge("SetupAckResponse", body(push));
                case "ClientDetectionRequest" -> acknowledge("ClientDetectionResponse", body(push));
                case "ConnectResetRequest" -> listener.over("the server asks for a new connection");
                default -> {
                    // What else a server may push is about texts and abilities, which this connection has none of.
                }
            }
        }

        private void told(JsonObject serviceInfo) {
            var group = serviceInfo.get("groupName").getAsString();
            listener.shows(service(group, serviceInfo.get("name").getAsString()), instances(serviceInfo));
        }

        private void acknowledge(String type, JsonObject request) {
            var response = new JsonObject();
            response.addProperty("resultCode", 200);
            response.add("requestId", request.get("requestId"));
            synchronized (stream) {
                if (!closing) {
                    stream.onNext(payload(type, response));
                }
            }
        }

        @Override
        public void onError(Throwable failure) {
            over(String.valueOf(failure.getMessage()));
        }

        @Override
        public void onCompleted() {
            over("the server ended the connection");
        }

        private void over(String why) {
            ended = true;
            if (!closing) {
                listener.over(why);
            }
        }
    }

    /** Says good-bye: its instances go at once. */
    @Override
    public void close() {
        closing = true;
        if (!ended) {
            synchronized (stream) {
                stream.onCompleted();
            }
        }
        channel.shutdown();
        try {
            if (!channel.awaitTermination(1, TimeUnit.SECONDS)) {
                channel.shutdownNow();
            }
        } catch (InterruptedException e) {
            channel.shutdownNow();
            Thread.currentThread().interrupt();
        }
    }
}
