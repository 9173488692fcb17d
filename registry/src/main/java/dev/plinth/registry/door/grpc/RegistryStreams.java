package dev.plinth.registry.door.grpc;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.MessageLite;
import com.google.protobuf.Parser;
import dev.plinth.rpc.grpc.GrpcBounds;
import dev.plinth.rpc.grpc.GrpcCall;
import dev.plinth.rpc.grpc.GrpcCode;
import dev.plinth.rpc.grpc.GrpcServer;
import dev.plinth.rpc.grpc.GrpcService;
import dev.plinth.wire.registry.v1.ListEndpointsRequest;
import dev.plinth.wire.registry.v1.ListServicesRequest;
import dev.plinth.wire.registry.v1.RegistryGrpc;
import io.grpc.Status;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.Optional;
import java.util.function.BiConsumer;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * The registry over gRPC ({@code plinth.registry.v1.Registry}) on a port of its own, for a fleet: a connection and a request take less
 * than on the port that all doors share.
 *
 * <p>The same protocol as there, in clear, and without what only the shared port does for all: compressed messages, and hints in
 * trailers when to try again.
 */
public final class RegistryStreams implements AutoCloseable {
    /** As gRPC's servers have it, where nobody says otherwise. */
    private static final int MESSAGE_BYTES_MAX = 4 << 20;

    /** A client needs one stream, and lists now and then. */
    private static final int CALLS_MAX = 128;

    private static final GrpcBounds BOUNDS = new GrpcBounds(
            MESSAGE_BYTES_MAX, CALLS_MAX, Duration.ofSeconds(10), Duration.ofSeconds(5), Duration.ofSeconds(60));

    private static final String CONNECT = "/" + RegistryGrpc.getConnectMethod().getFullMethodName();
    private static final String LIST_SERVICES =
            "/" + RegistryGrpc.getListServicesMethod().getFullMethodName();
    private static final String LIST_ENDPOINTS =
            "/" + RegistryGrpc.getListEndpointsMethod().getFullMethodName();

    private final GrpcServer server;

    private RegistryStreams(GrpcServer server) {
        this.server = server;
    }

    /**
     * Opens it.
     *
     * @param admitted from where clients may come; others' connections are closed before anything of theirs is read
     * @throws IOException if the port is taken
     */
    public static RegistryStreams open(RegistryDoor door, InetSocketAddress address, Predicate<InetAddress> admitted)
            throws IOException {
        var served = new Served(door);
        return new RegistryStreams(GrpcServer.open("plinth-registry-io", address, admitted, BOUNDS, _ -> served));
    }

    /** Where it listens. */
    public InetSocketAddress address() {
        return server.address();
    }

    @Override
    public void close() {
        server.close();
    }

    /** What every connection is served by: a session belongs to its stream, and not to its connection. */
    private record Served(RegistryDoor door) implements GrpcService {
        @Override
        public Optional<Listener> begin(String path, GrpcCall call) {
            if (path.equals(CONNECT)) {
                var line = new StreamLine(call, door::connection);
                line.start();
                return Optional.of(line);
            }
            if (path.equals(LIST_SERVICES)) {
                return Optional.of(new Question<>(call, ListServicesRequest.parser(), door::listServices));
            }
            return path.equals(LIST_ENDPOINTS)
                    ? Optional.of(new Question<>(call, ListEndpointsRequest.parser(), door::listEndpoints))
                    : Optional.empty();
        }

        @Override
        public void closed() {}
    }

    /** A call of one request and one answer. */
    private static final class Question<Q, A extends MessageLite> implements GrpcService.Listener, StreamObserver<A> {
        private final GrpcCall call;
        private final Parser<Q> parser;
        private final BiConsumer<Q, StreamObserver<A>> door;
        private @Nullable ByteString request;

        Question(GrpcCall call, Parser<Q> parser, BiConsumer<Q, StreamObserver<A>> door) {
            this.call = call;
            this.parser = parser;
            this.door = door;
        }

        @Override
        public void heard(ByteString message) {
            if (request != null) {
                call.end(GrpcCode.INVALID_ARGUMENT, "two requests in a call: expected one");
                return;
            }
            request = message;
        }

        @Override
        public void halfClosed() {
            if (request == null) {
                call.end(GrpcCode.INVALID_ARGUMENT, "no request in a call: expected one");
                return;
            }
            try {
                door.accept(parser.parseFrom(request), this);
            } catch (InvalidProtocolBufferException e) {
                call.end(GrpcCode.INVALID_ARGUMENT, "the request cannot be read: " + e.getMessage());
            }
        }

        @Override
        public void onNext(A answer) {
            call.say(answer);
        }

        @Override
        public void onError(Throwable failure) {
            var why = Status.fromThrowable(failure);
            call.end(GrpcCode.of(why.getCode().value()), why.getDescription() == null ? "" : why.getDescription());
        }

        @Override
        public void onCompleted() {
            call.end(GrpcCode.OK, "");
        }
    }
}
