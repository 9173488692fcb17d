package dev.plinth.bench.registry;

import com.google.protobuf.Any;
import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import dev.plinth.bench.registry.lean.LeanConnection;
import dev.plinth.bench.registry.lean.LeanThread;
import dev.plinth.wire.nacos.Metadata;
import dev.plinth.wire.nacos.Payload;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** Clients of Nacos's wire, each with a connection of its own, as lean as can be. */
final class NacosWire implements AutoCloseable {
    /*
     * One thread for all, callbacks, and JSON that is searched and not parsed: so that the load's processor is not what is
     * measured. What follows runs on that thread, but for what says otherwise.
     */
    private static final String REQUEST = "/Request/request";
    private static final String STREAM = "/BiRequestStream/requestBiStream";
    /** What our server lets one session have; a round ends when all have it. */
    static final int SESSION_ENDPOINTS_MAX = 1_000;

    private static final long ANSWER_MAX_SECONDS = 60;
    private static final long HEALTH_SECONDS = 4;
    private static final byte[] SUCCESS = "\"resultCode\":200".getBytes(StandardCharsets.US_ASCII);
    private static final String METADATA =
            "{\"zone\":\"east-1\",\"version\":\"2.3.1\",\"preserved.register.source\":\"SPRING_CLOUD\"}";

    private final LeanThread thread;
    private final List<Client> clients = new ArrayList<>();
    private final String name;

    private final CompletableFuture<Void> failed = new CompletableFuture<>();
    private long registrations;
    /** @param name tells services of this load from those of others */
    NacosWire(String name, int port, int connections) throws IOException {
        this.name = name;
        this.thread = new LeanThread();
        try {
            for (int i = 0; i < connections; i++) {
                clients.add(new Client(i, port));
            }
            for (var client : clients) {
                await(client.ready);
            }
        } catch (IOException e) {
            close();
            throw e;
        }
        thread.execute(this::health);
    }

    private void health() {
        clients.forEach(Client::health);
        thread.schedule(this::health, HEALTH_SECONDS, TimeUnit.SECONDS);
    }

    /** What one round did. */
    record Registered(long count, double seconds) {
        double rate() {
            return count / seconds;
        }
    }

    private static final class Round {
        final CompletableFuture<Void> done = new CompletableFuture<>();
        final long endNanos;
        final long count;
        long begun;
        long answered;

        Round(long endNanos, long count) {
            this.endNanos = endNanos;
            this.count = count;
        }

        boolean goesOn() {
            return begun < count && System.nanoTime() < endNanos;
        }
    }

    /** Registers instances for a while, each of a service of its own, so many at a time for each connection; on any thread. */
    Registered register(long millis, int atATime) throws IOException {
        return run(millis, Long.MAX_VALUE, atATime, (client, answered) -> {
            boolean more = client.registered < SESSION_ENDPOINTS_MAX;
            if (more) {
                client.registerNew(answered);
            }
            return more;
        });
    }

    /** Registers one instance of each of so many services for each connection; on any thread. */
    Registered fill(int services) throws IOException {
        return run(TimeUnit.MINUTES.toMillis(5), (long) services * clients.size(), 16, (client, answered) -> {
            boolean more = client.service < services;
            if (more) {
                client.registerNext(answered);
            }
            return more;
        });
    }

    private interface Step {
        /** Returns false if this client has nothing more to do. */
        boolean go(Client client, Runnable answered);
    }

    private Registered run(long millis, long count, int atATime, Step step) throws IOException {
        long start = System.nanoTime();
        var begun = new Round(start + TimeUnit.MILLISECONDS.toNanos(millis), count);
        thread.execute(() -> {
            for (int i = 0; i < atATime; i++) {
                clients.forEach(client -> next(begun, client, step));
            }
        });
        await(begun.done);
        return new Registered(begun.answered, (System.nanoTime() - start) / 1e9);
    }

    private static void next(Round round, Client client, Step step) {
        if (round.goesOn()) {
            boolean goes = step.go(client, () -> {
                round.answered++;
                next(round, client, step);
            });
            if (goes) {
                round.begun++;
                return;
            }
        }
        if (round.answered == round.begun) {
            round.done.complete(null);
        }
    }

    /** All connections subscribe to one service; on any thread. */
    void subscribe(String service) throws IOException {
        var all = new CountDownLatch(clients.size());
        thread.execute(() -> clients.forEach(client -> client.ask(
                "SubscribeServiceRequest",
                "{\"namespace\":\"public\",\"serviceName\":\"" + service
                        + "\",\"groupName\":\"DEFAULT_GROUP\",\"subscribe\":true,\"clusters\":\"\"}",
                all::countDown)));
        await(all);
    }

    /** Expects that all connections are told of an instance; call before it is registered, on any thread. */
    Expected expect(String ip) {
        var expected = new Expected(ip, clients.size());
        thread.execute(() -> clients.forEach(client -> client.expected = Optional.of(expected)));
        return expected;
    }

    /** Waits until all were told. */
    static final class Expected {
        private final byte[] text;
        private final CountDownLatch told;
        private volatile long lastNanos;

        private Expected(String ip, int clients) {
            text = ("\"" + ip + "\"").getBytes(StandardCharsets.US_ASCII);
            told = new CountDownLatch(clients);
        }

        /** When the last one was told; on any thread. */
        long await() throws IOException {
            NacosWire.await(told);
            return lastNanos;
        }
    }

    /** One instance of a service, by the first connection; on any thread, and returns when it is answered. */
    void registerOne(String service, String ip) throws IOException {
        var done = new CountDownLatch(1);
        thread.execute(() -> clients.getFirst().instance(service, ip, 8080, done::countDown));
        await(done);
    }

    private void await(CompletableFuture<?> future) throws IOException {
        try {
            CompletableFuture.anyOf(future, failed).get(ANSWER_MAX_SECONDS * 5, TimeUnit.SECONDS);
        } catch (ExecutionException | InterruptedException | TimeoutException e) {
            throw new IOException("the load over Nacos's wire failed: " + e, e);
        }
    }

    private static void await(CountDownLatch latch) throws IOException {
        try {
            if (!latch.await(ANSWER_MAX_SECONDS, TimeUnit.SECONDS)) {
                throw new IOException(latch.getCount() + " clients still wait for what they should be told");
            }
        } catch (InterruptedException e) {
            throw new IOException("interrupted", e);
        }
    }

    /** One client: a connection with a stream. */
    private final class Client {
        private final int number;
        private final LeanConnection connection;
        private final CompletableFuture<Void> ready = new CompletableFuture<>();
        private Optional<Expected> expected = Optional.empty();
        private int stream;
        private int service;
        private int registered;
        private boolean closing;

        Client(int number, int port) throws IOException {
            this.number = number;
            connection = new LeanConnection(thread, port, this::broken);
            thread.execute(() -> ask("ServerCheckRequest", "{}", () -> {
                stream = connection.open(STREAM, new LeanConnection.Listener() {
                    @Override
                    public void heard(ByteString message) {
                        Client.this.heard(message);
                    }

                    @Override
                    public void ended() {
                        broken(new IOException("the server ended a stream"));
                    }
                });
                connection.say(
                        stream,
                        payload(
                                "ConnectionSetupRequest",
                                "{\"clientVersion\":\"Nacos-Java-Client:v3.2.1\",\"tenant\":\"\",\"labels\":"
                                        + "{\"source\":\"sdk\",\"module\":\"naming\",\"AppName\":\"bench\"},"
                                        + "\"abilityTable\":{\"supportPersistentInstanceByGrpc\":true}}"));
            }));
        }

        private void broken(IOException failure) {
            if (!closing) {
                ready.completeExceptionally(failure);
                failed.completeExceptionally(failure);
            }
        }

        private void heard(ByteString message) {
            Payload payload;
            try {
                payload = Payload.parseFrom(message);
            } catch (InvalidProtocolBufferException e) {
                broken(e);
                return;
            }
            switch (payload.getMetadata().getType()) {
                case "SetupAckRequest" -> {
                    acknowledge("SetupAckResponse", payload);
                    ready.complete(null);
                }
                case "NotifySubscriberRequest" -> {
                    acknowledge("NotifySubscriberResponse", payload);
                    if (expected.isPresent() && contains(payload.getBody().getValue(), expected.get().text)) {
                        expected.get().lastNanos = System.nanoTime();
                        expected.get().told.countDown();
                        expected = Optional.empty();
                    }
                }
                case "ClientDetectionRequest" -> acknowledge("ClientDetectionResponse", payload);
                default -> {
                    // Nothing that this load has to do with.
                }
            }
        }

        private void acknowledge(String type, Payload asked) {
            var text = asked.getBody().getValue().toStringUtf8();
            int at = text.lastIndexOf("\"requestId\":\"");
            var id = at < 0 ? "" : text.substring(at + 13, text.indexOf('"', at + 13));
            connection.say(stream, payload(type, "{\"resultCode\":200,\"errorCode\":0,\"requestId\":\"" + id + "\"}"));
        }

        void health() {
            ask("HealthCheckRequest", "{}", () -> {});
        }

        void registerNew(Runnable answered) {
            registered++;
            long one = registrations++;
            instance(name + ".new." + one, address(one), 8080, answered);
        }

        void registerNext(Runnable answered) {
            int next = service++;
            instance(name + ".service." + next, address(number), 1_024 + next % 60_000, answered);
        }

        private static String address(long number) {
            return "10." + ((number >> 16) & 0x7f) + "." + ((number >> 8) & 0xff) + "." + (number & 0xff);
        }

        void instance(String service, String ip, int port, Runnable answered) {
            ask(
                    "InstanceRequest",
                    "{\"namespace\":\"public\",\"serviceName\":\"" + service
                            + "\",\"groupName\":\"DEFAULT_GROUP\",\"type\":\"registerInstance\",\"instance\":{\"ip\":\""
                            + ip + "\",\"port\":" + port
                            + ",\"weight\":1.0,\"healthy\":true,\"enabled\":true,\"ephemeral\":true,"
                            + "\"clusterName\":\"DEFAULT\",\"serviceName\":\"" + service + "\",\"metadata\":"
                            + METADATA + "}}",
                    answered);
        }

        void ask(String type, String body, Runnable answered) {
            connection.call(REQUEST, payload(type, body), new LeanConnection.Listener() {
                private boolean success;

                @Override
                public void heard(ByteString answer) {
                    success = contains(answer, SUCCESS);
                    if (!success) {
                        broken(new IOException("a " + type + " was answered with " + answer.toStringUtf8()));
                    }
                }

                @Override
                public void ended() {
                    if (success) {
                        answered.run();
                    } else {
                        broken(new IOException("a " + type + " was not answered"));
                    }
                }
            });
        }
    }

    private static boolean contains(ByteString body, byte[] text) {
        int last = body.size() - text.length;
        for (int at = 0; at <= last; at++) {
            int same = 0;
            while (same < text.length && body.byteAt(at + same) == text[same]) {
                same++;
            }
            if (same == text.length) {
                return true;
            }
        }
        return false;
    }

    private static ByteString payload(String type, String body) {
        return Payload.newBuilder()
                .setMetadata(Metadata.newBuilder().setType(type).setClientIp("127.0.0.1"))
                .setBody(Any.newBuilder().setValue(ByteString.copyFromUtf8(body)))
                .build()
                .toByteString();
    }

    /** The clients say good-bye: what they registered goes with them. */
    @Override
    public void close() {
        var closed = new CountDownLatch(1);
        thread.execute(() -> {
            clients.forEach(client -> {
                client.closing = true;
                client.connection.end(client.stream);
            });
            closed.countDown();
        });
        try {
            closed.await(5, TimeUnit.SECONDS);
            Thread.sleep(500);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        thread.close();
    }
}
