package dev.plinth.bench.registry;

import com.google.protobuf.ByteString;
import com.google.protobuf.CodedOutputStream;
import com.google.protobuf.InvalidProtocolBufferException;
import dev.plinth.bench.registry.lean.LeanConnection;
import dev.plinth.bench.registry.lean.LeanThread;
import dev.plinth.wire.registry.v1.Answer;
import dev.plinth.wire.registry.v1.ClientMessage;
import dev.plinth.wire.registry.v1.Close;
import dev.plinth.wire.registry.v1.Endpoint;
import dev.plinth.wire.registry.v1.Open;
import dev.plinth.wire.registry.v1.Register;
import dev.plinth.wire.registry.v1.ServerMessage;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** Clients of our own wire, each with a connection of its own, on one thread; the counterpart of {@link NacosWire}. */
final class OurWire implements AutoCloseable {
    static final String STREAM = "/plinth.registry.v1.Registry/Connect";
    private static final long WAIT_SECONDS = 60;
    private static final Map<String, String> METADATA =
            Map.of("zone", "east-1", "version", "2.3.1", "preserved.register.source", "SPRING_CLOUD");

    /** What all endpoints say alike, as protobuf has it: fields may come in any order. */
    private static final ByteString ALIKE = Endpoint.newBuilder()
            .setProtocol("tcp")
            .putAllMetadata(METADATA)
            .build()
            .toByteString();

    private static final int ENDPOINT_BYTES = 192;

    private final LeanThread thread = new LeanThread();
    private final List<Client> clients = new ArrayList<>();
    private final CompletableFuture<Void> opened = new CompletableFuture<>();
    private final CompletableFuture<Void> done = new CompletableFuture<>();
    private final CompletableFuture<Void> allEnded = new CompletableFuture<>();

    // That thread only.
    private long numbers;
    private long answered;
    private int open;
    private int ended;
    private int busy;
    private long endNanos;
    private int atOnce;

    OurWire(int port, int connections) throws IOException {
        for (int i = 0; i < connections; i++) {
            clients.add(new Client(port));
        }
        thread.execute(() -> {
            open = connections;
            clients.forEach(Client::open);
        });
        await(opened);
    }

    private static void await(CompletableFuture<Void> future) throws IOException {
        try {
            future.get(WAIT_SECONDS, TimeUnit.SECONDS);
        } catch (ExecutionException | InterruptedException | TimeoutException e) {
            throw new IOException("the load over our wire failed: " + e, e);
        }
    }

    /**
     * Registers for a while endpoints of services of their own; once.
     *
     * @param each endpoints in one message
     * @param atATime messages of one endpoint that each connection has under way; of several, the protocol takes one at a time
     */
    NacosWire.Registered register(long millis, int each, int atATime) throws IOException {
        long start = System.nanoTime();
        var ended = done.thenApply(_ -> System.nanoTime());
        thread.execute(() -> {
            atOnce = each;
            endNanos = start + TimeUnit.MILLISECONDS.toNanos(millis);
            int messages = each == 1 ? atATime : 1;
            busy = messages * clients.size();
            for (int i = 0; i < messages; i++) {
                clients.forEach(Client::next);
            }
        });
        await(done);
        return new NacosWire.Registered(answered, (ended.join() - start) / 1e9);
    }

    private final class Client implements LeanConnection.Listener {
        private final LeanConnection connection;
        private int stream;
        private long asked;
        private int registered;
        private boolean closing;

        Client(int port) throws IOException {
            connection = new LeanConnection(thread, port, this::fail);
        }

        void open() {
            stream = connection.open(STREAM, this);
            say(ClientMessage.newBuilder()
                    .setOpen(Open.newBuilder().setClient("bench").setLeaseMillis(30_000)));
        }

        private void say(ClientMessage.Builder message) {
            connection.say(stream, message.build().toByteString());
        }

        void next() {
            if (System.nanoTime() >= endNanos || registered + atOnce > NacosWire.SESSION_ENDPOINTS_MAX) {
                if (--busy == 0) {
                    done.complete(null);
                }
                return;
            }
            registered += atOnce;
            try {
                connection.say(stream, registration(++asked));
            } catch (IOException e) {
                fail(e);
            }
        }

        /** A {@link ClientMessage}, put together by hand: the load shares the machine with the server. */
        private ByteString registration(long request) throws IOException {
            var endpoints = ByteString.newOutput(ENDPOINT_BYTES * atOnce);
            var out = CodedOutputStream.newInstance(endpoints);
            // Of one endpoint, Register.endpoint; of several, RegisterAll.endpoints: both are field 1.
            for (int i = 0; i < atOnce; i++) {
                out.writeBytes(Register.ENDPOINT_FIELD_NUMBER, endpoint());
            }
            out.flush();
            var message = ByteString.newOutput(ENDPOINT_BYTES * atOnce);
            out = CodedOutputStream.newInstance(message);
            out.writeUInt64(ClientMessage.REQUEST_ID_FIELD_NUMBER, request);
            out.writeBytes(
                    atOnce == 1 ? ClientMessage.REGISTER_FIELD_NUMBER : ClientMessage.REGISTER_ALL_FIELD_NUMBER,
                    endpoints.toByteString());
            out.flush();
            return message.toByteString();
        }

        private ByteString endpoint() throws IOException {
            long one = numbers++;
            var endpoint = ByteString.newOutput(ENDPOINT_BYTES);
            var out = CodedOutputStream.newInstance(endpoint);
            out.writeString(Endpoint.SERVICE_FIELD_NUMBER, "rate.new." + one);
            out.writeString(
                    Endpoint.ADDRESS_FIELD_NUMBER,
                    "10." + ((one >> 16) & 0x7f) + "." + ((one >> 8) & 0xff) + "." + (one & 0xff) + ":8080");
            out.writeRawBytes(ALIKE);
            out.flush();
            return endpoint.toByteString();
        }

        @Override
        public void heard(ByteString bytes) {
            ServerMessage message;
            try {
                message = ServerMessage.parseFrom(bytes);
            } catch (InvalidProtocolBufferException e) {
                fail(e);
                return;
            }
            if (message.hasOpened()) {
                if (--open == 0) {
                    opened.complete(null);
                }
                return;
            }
            Answer answer = message.getAnswer();
            if (answer.hasRefusal() || answer.getRefusedCount() > 0) {
                fail(new IOException("a registration was refused: " + answer));
                return;
            }
            if (!closing) {
                answered += atOnce;
                next();
            }
        }

        private void fail(IOException failure) {
            if (!closing) {
                opened.completeExceptionally(failure);
                done.completeExceptionally(failure);
                allEnded.completeExceptionally(failure);
            }
        }

        @Override
        public void ended() {
            if (closing) {
                ended++;
                if (ended == clients.size()) {
                    allEnded.complete(null);
                }
            } else {
                fail(new IOException("the server ended a stream"));
            }
        }
    }

    /** The sessions end, and what they registered goes with them before this returns. */
    @Override
    public void close() throws IOException {
        thread.execute(() -> clients.forEach(client -> {
            client.closing = true;
            client.say(ClientMessage.newBuilder().setRequestId(++client.asked).setClose(Close.getDefaultInstance()));
        }));
        try {
            await(allEnded);
        } finally {
            thread.close();
        }
    }
}
