package dev.plinth.rpc.grpc;

import com.google.protobuf.ByteString;
import com.google.protobuf.BytesValue;
import com.google.protobuf.InvalidProtocolBufferException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;

/** A service of the tests: what it hears, it says. */
final class EchoService implements GrpcService {
    static final String ECHO = "test.Echo/Echo";
    static final String BROKEN = "test.Echo/Broken";
    static final String POUR = "test.Echo/Pour";
    static final String REFUSED = "test.Echo/Refused";

    /** Before each echo another thread says that it comes. */
    static final String ANNOUNCED = "test.Echo/Announced";

    static final int MESSAGE_BYTES_MAX = 6 << 20;
    static final int CALLS_MAX = 16;
    static final GrpcBounds BOUNDS = new GrpcBounds(
            MESSAGE_BYTES_MAX, CALLS_MAX, Duration.ofMinutes(1), Duration.ofMinutes(1), Duration.ofMinutes(1));

    /** The calls that were given up, and the connections that are over, of all connections. */
    final BlockingQueue<String> told;

    /** The calls of {@link #POUR}. */
    final BlockingQueue<GrpcCall> pours;

    EchoService(BlockingQueue<String> told, BlockingQueue<GrpcCall> pours) {
        this.told = told;
        this.pours = pours;
    }

    EchoService() {
        this(new LinkedBlockingQueue<>(), new LinkedBlockingQueue<>());
    }

    GrpcServer open(GrpcBounds bounds) throws Exception {
        return GrpcServer.open(
                "test-grpc",
                new InetSocketAddress(InetAddress.getLoopbackAddress(), 0),
                address -> true,
                bounds,
                from -> new EchoService(told, pours));
    }

    @Override
    public Optional<Listener> begin(String path, GrpcCall call) {
        return switch (path.substring(1)) {
            case ECHO, BROKEN, ANNOUNCED -> Optional.of(new Echo(path.substring(1), call));
            case POUR -> {
                pours.add(call);
                yield Optional.of(new Echo(POUR, call));
            }
            case REFUSED -> {
                call.end(GrpcCode.ABORTED, "größer als 100 %");
                yield Optional.of(new Echo(REFUSED, call));
            }
            default -> Optional.empty();
        };
    }

    @Override
    public void closed() {
        told.add("closed");
    }

    private final class Echo implements Listener {
        private final String method;
        private final GrpcCall call;

        Echo(String method, GrpcCall call) {
            this.method = method;
            this.call = call;
        }

        @Override
        public void heard(ByteString message) {
            if (method.equals(BROKEN)) {
                throw new IllegalStateException("on purpose");
            }
            if (method.equals(ANNOUNCED)) {
                CompletableFuture.runAsync(() -> call.say(BytesValue.of(ByteString.copyFromUtf8("next:"))))
                        .join();
            }
            try {
                call.say(BytesValue.parseFrom(message));
            } catch (InvalidProtocolBufferException e) {
                call.end(GrpcCode.INVALID_ARGUMENT, "no BytesValue");
            }
        }

        @Override
        public void halfClosed() {
            if (!method.equals(POUR)) {
                call.end(GrpcCode.OK, "");
            }
        }

        @Override
        public void cancelled() {
            told.add("cancelled " + method);
        }

        @Override
        public void ready() {
            told.add("ready " + method);
        }
    }
}
