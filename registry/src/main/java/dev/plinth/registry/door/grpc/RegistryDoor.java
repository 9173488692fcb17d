package dev.plinth.registry.door.grpc;

import dev.plinth.kernel.Clock;
import dev.plinth.kernel.Limits;
import dev.plinth.kernel.Refused;
import dev.plinth.registry.Listing;
import dev.plinth.registry.Page;
import dev.plinth.registry.Registry;
import dev.plinth.wire.grpc.RetryHint;
import dev.plinth.wire.registry.v1.ClientMessage;
import dev.plinth.wire.registry.v1.ListEndpointsRequest;
import dev.plinth.wire.registry.v1.ListEndpointsResponse;
import dev.plinth.wire.registry.v1.ListServicesRequest;
import dev.plinth.wire.registry.v1.ListServicesResponse;
import dev.plinth.wire.registry.v1.RegistryGrpc;
import dev.plinth.wire.registry.v1.ServerMessage;
import io.grpc.BindableService;
import io.grpc.ServerServiceDefinition;
import io.grpc.ServiceDescriptor;
import io.grpc.Status;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.ServerCalls;
import io.grpc.stub.StreamObserver;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Executor;
import java.util.function.Function;

/**
 * The registry over gRPC ({@code plinth.registry.v1.Registry}).
 *
 * <p>Its duplicate rule: every request says what shall hold, so one that comes twice changes nothing the second time.
 *
 * <p>A stream lives as long as its client, so the server that mounts the door sets neither a request time-out nor a limit on a
 * request's length as a whole (Armeria's {@code maxRequestLength} counts all messages of a stream); gRPC limits each message.
 */
public final class RegistryDoor implements BindableService, RegistryGrpc.AsyncService {
    /** Each message may be as large as gRPC lets it, and what it says is in memory as objects while it is taken. */
    private static final int LARGE_MESSAGES_AT_A_TIME = 8;

    private final Registry registry;
    private final Clock clock;
    private final Executor workers;
    private final Gate large = new Gate(LARGE_MESSAGES_AT_A_TIME);

    /** @param workers encode and send, so that the engine's thread need not; they refuse nothing, and threads are enough */
    public RegistryDoor(Registry registry, Clock clock, Executor workers) {
        this.registry = registry;
        this.clock = clock;
        this.workers = workers;
    }

    /** As it is generated, but that what clients say on a stream comes as bytes. */
    @Override
    public ServerServiceDefinition bindService() {
        var connect = RegistryGrpc.getConnectMethod().toBuilder(
                        Said.MARSHALLER, RegistryGrpc.getConnectMethod().getResponseMarshaller())
                .build();
        var generated = RegistryGrpc.bindService(this);
        var others = generated.getMethods().stream()
                .filter(method ->
                        !method.getMethodDescriptor().getFullMethodName().equals(connect.getFullMethodName()))
                .toList();
        var service = ServiceDescriptor.newBuilder(RegistryGrpc.SERVICE_NAME)
                .setSchemaDescriptor(generated.getServiceDescriptor().getSchemaDescriptor())
                .addMethod(connect);
        others.forEach(method -> service.addMethod(method.getMethodDescriptor()));
        var bound = ServerServiceDefinition.builder(service.build())
                .addMethod(connect, ServerCalls.asyncBidiStreamingCall(this::connected));
        others.forEach(bound::addMethod);
        return bound.build();
    }

    /** For who has messages and no transport. */
    @Override
    public StreamObserver<ClientMessage> connect(StreamObserver<ServerMessage> answers) {
        var heard = connected(answers);
        return new StreamObserver<>() {
            @Override
            public void onNext(ClientMessage message) {
                heard.onNext(new Said(message.toByteString()));
            }

            @Override
            public void onError(Throwable failure) {
                heard.onError(failure);
            }

            @Override
            public void onCompleted() {
                heard.onCompleted();
            }
        };
    }

    private StreamObserver<Said> connected(StreamObserver<ServerMessage> answers) {
        var call = (ServerCallStreamObserver<ServerMessage>) answers;
        var connection = connection(new ObservedLine(call));
        call.disableAutoRequest();
        call.setOnReadyHandler(connection::ready);
        call.setOnCancelHandler(connection::broken);
        connection.start();
        return new StreamObserver<>() {
            @Override
            public void onNext(Said said) {
                connection.enqueue(said);
                connection.takeTurns();
            }

            @Override
            public void onError(Throwable failure) {
                connection.broken();
            }

            @Override
            public void onCompleted() {
                connection.completed();
            }
        };
    }

    Connection connection(Line line) {
        return new Connection(registry, clock, workers, large, line);
    }

    @Override
    public void listServices(ListServicesRequest request, StreamObserver<ListServicesResponse> answer) {
        answer(registry.services(request.getAfter(), limit(request.getLimit())), answer, page -> {
            var response = ListServicesResponse.newBuilder().setMore(page.more());
            page.items().forEach(summary -> response.addServices(Messages.message(summary)));
            return response.build();
        });
    }

    @Override
    public void listEndpoints(ListEndpointsRequest request, StreamObserver<ListEndpointsResponse> answer) {
        CompletableFuture<Page<Listing>> page;
        try {
            page = registry.endpoints(
                    given(request.getService()),
                    given(request.getCell()),
                    request.getAfter(),
                    limit(request.getLimit()));
        } catch (IllegalArgumentException e) {
            answer.onError(
                    Status.INVALID_ARGUMENT.withDescription(e.getMessage()).asRuntimeException());
            return;
        }
        answer(page, answer, RegistryDoor::message);
    }

    /** A page is cut where its bytes are enough; what is left comes with the next one. */
    private static ListEndpointsResponse message(Page<Listing> page) {
        var response = ListEndpointsResponse.newBuilder();
        int bytes = 0;
        for (var listing : page.items()) {
            if (bytes >= ServiceStream.MESSAGE_BYTES_MAX) {
                break;
            }
            var message = Messages.message(listing);
            bytes += message.getSerializedSize();
            response.addRegistrations(message);
        }
        int listed = response.getRegistrationsCount();
        if (page.more() || listed < page.items().size()) {
            response.setNext(page.items()
                    .get(listed - 1)
                    .registration()
                    .endpoint()
                    .name()
                    .key());
        }
        return response.build();
    }

    private static Optional<String> given(String text) {
        return text.isEmpty() ? Optional.empty() : Optional.of(text);
    }

    private static int limit(int asked) {
        return asked <= 0 ? Limits.READ_ITEMS_MAX : asked;
    }

    private <T, R> void answer(CompletableFuture<T> future, StreamObserver<R> answer, Function<T, R> encode) {
        // A message that cannot be made is a failure too, and has to be heard.
        var _ = future.thenApplyAsync(encode, workers).whenComplete((message, failure) -> {
            if (failure == null) {
                answer.onNext(message);
                answer.onCompleted();
                return;
            }
            var cause = failure instanceof CompletionException ? failure.getCause() : failure;
            answer.onError(
                    cause instanceof Refused refused
                            ? Messages.status(refused).asRuntimeException(RetryHint.trailers(refused.retryAfter()))
                            : Status.INTERNAL
                                    .withDescription("the registry's door failed")
                                    .withCause(cause)
                                    .asRuntimeException());
        });
    }
}
