package dev.plinth.rpc.grpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.google.protobuf.ByteString;
import com.google.protobuf.BytesValue;
import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.protobuf.ProtoUtils;
import io.grpc.stub.ClientCalls;
import java.net.SocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Calls of gRPC's own client, as it comes. */
class GrpcServerTest {
    private static final long SECONDS_MAX = 30;
    private final EchoService service = new EchoService();
    private GrpcServer server;
    private ManagedChannel channel;

    @BeforeEach
    void open() throws Exception {
        server = service.open(EchoService.BOUNDS);
        channel = channel(server.address());
    }

    private static ManagedChannel channel(SocketAddress address) {
        return NettyChannelBuilder.forAddress(address)
                .usePlaintext()
                .maxInboundMessageSize(EchoService.MESSAGE_BYTES_MAX * 2)
                .build();
    }

    @AfterEach
    void close() {
        channel.shutdownNow();
        server.close();
    }

    private static MethodDescriptor<BytesValue, BytesValue> method(String name, MethodDescriptor.MethodType type) {
        var marshaller = ProtoUtils.marshaller(BytesValue.getDefaultInstance());
        return MethodDescriptor.<BytesValue, BytesValue>newBuilder()
                .setFullMethodName(name)
                .setType(type)
                .setRequestMarshaller(marshaller)
                .setResponseMarshaller(marshaller)
                .build();
    }

    private ClientCall<BytesValue, BytesValue> call(String name, MethodDescriptor.MethodType type) {
        return channel.newCall(
                method(name, type), CallOptions.DEFAULT.withDeadlineAfter(SECONDS_MAX, TimeUnit.SECONDS));
    }

    private BytesValue ask(String name, BytesValue request) {
        return ClientCalls.blockingUnaryCall(call(name, MethodDescriptor.MethodType.UNARY), request);
    }

    private static BytesValue text(String text) {
        return BytesValue.of(ByteString.copyFromUtf8(text));
    }

    @Test
    void manyCallsAtATimeAreEachAnsweredForThemselves() throws Exception {
        List<CompletableFuture<BytesValue>> answers = new ArrayList<>();
        for (int i = 0; i < 2_000; i++) {
            var answer = new CompletableFuture<BytesValue>();
            answers.add(answer);
            ClientCalls.asyncUnaryCall(
                    call(EchoService.ECHO, MethodDescriptor.MethodType.UNARY), text("call " + i), new Answer(answer));
        }
        for (int i = 0; i < answers.size(); i++) {
            assertThat(answers.get(i).get(SECONDS_MAX, TimeUnit.SECONDS)).isEqualTo(text("call " + i));
        }
    }

    private record Answer(CompletableFuture<BytesValue> answer) implements io.grpc.stub.StreamObserver<BytesValue> {
        @Override
        public void onNext(BytesValue value) {
            answer.complete(value);
        }

        @Override
        public void onError(Throwable failure) {
            answer.completeExceptionally(failure);
        }

        @Override
        public void onCompleted() {
            answer.completeExceptionally(new IllegalStateException("no answer"));
        }
    }

    @Test
    void aMessageOfManyFramesGoesBothWays() {
        byte[] bytes = new byte[5 << 20];
        new Random(1).nextBytes(bytes);
        var request = BytesValue.of(ByteString.copyFrom(bytes));

        assertThat(ask(EchoService.ECHO, request)).isEqualTo(request);
        assertThat(ask(EchoService.ECHO, request)).isEqualTo(request);
    }

    @Test
    void anEmptyMessageGoesBothWays() {
        assertThat(ask(EchoService.ECHO, BytesValue.getDefaultInstance())).isEqualTo(BytesValue.getDefaultInstance());
    }

    @Test
    void aMessageThatIsTooLongEndsItsCallAlone() {
        var request = BytesValue.of(ByteString.copyFrom(new byte[EchoService.MESSAGE_BYTES_MAX + 1]));

        assertFails(EchoService.ECHO, request, Status.Code.RESOURCE_EXHAUSTED, "expected at most 6291456");
        assertThat(ask(EchoService.ECHO, text("after"))).isEqualTo(text("after"));
    }

    private void assertFails(String method, BytesValue request, Status.Code code, String words) {
        assertThatThrownBy(() -> ask(method, request))
                .isInstanceOfSatisfying(
                        StatusRuntimeException.class,
                        failure -> assertThat(failure.getStatus().getCode()).isEqualTo(code))
                .hasMessageContaining(words);
    }

    @Test
    void anUnknownMethodIsNotServed() {
        assertFails("test.Echo/None", text("x"), Status.Code.UNIMPLEMENTED, "no method /test.Echo/None");
    }

    @Test
    void whatAServiceDoesWrongTouchesNoOtherCall() {
        assertFails(EchoService.BROKEN, text("x"), Status.Code.INTERNAL, "the service failed");
        assertThat(ask(EchoService.ECHO, text("after"))).isEqualTo(text("after"));
    }

    @Test
    void whyACallWasEndedIsSaidInAnyLetters() {
        assertFails(EchoService.REFUSED, text("x"), Status.Code.ABORTED, "größer als 100 %");
    }

    @Test
    void compressedMessagesAreRefused() {
        var compressed = channel.newCall(
                method(EchoService.ECHO, MethodDescriptor.MethodType.UNARY),
                CallOptions.DEFAULT.withCompression("gzip"));

        assertThatThrownBy(() -> ClientCalls.blockingUnaryCall(compressed, text("x")))
                .hasMessageContaining("UNIMPLEMENTED")
                .hasMessageContaining("grpc-encoding is \"gzip\": expected identity");
    }

    @Test
    void aCallThatIsGivenUpIsToldSo() throws Exception {
        var heard = new Heard();
        var call = call(EchoService.ECHO, MethodDescriptor.MethodType.BIDI_STREAMING);
        call.start(heard, new Metadata());
        call.request(1);
        call.sendMessage(text("first"));
        assertThat(heard.messages.poll(SECONDS_MAX, TimeUnit.SECONDS)).isEqualTo(text("first"));

        call.cancel("on purpose", null);

        assertThat(service.told.poll(SECONDS_MAX, TimeUnit.SECONDS)).isEqualTo("cancelled " + EchoService.ECHO);
    }

    @Test
    void aConnectionThatBreaksGivesItsCallsUpAndIsOver() throws Exception {
        var call = call(EchoService.ECHO, MethodDescriptor.MethodType.BIDI_STREAMING);
        var heard = new Heard();
        call.start(heard, new Metadata());
        call.request(1);
        call.sendMessage(text("first"));
        assertThat(heard.messages.poll(SECONDS_MAX, TimeUnit.SECONDS)).isEqualTo(text("first"));

        channel.shutdownNow();

        assertThat(service.told.poll(SECONDS_MAX, TimeUnit.SECONDS)).isEqualTo("cancelled " + EchoService.ECHO);
        assertThat(service.told.poll(SECONDS_MAX, TimeUnit.SECONDS)).isEqualTo("closed");
    }

    private static final class Heard extends ClientCall.Listener<BytesValue> {
        final BlockingQueue<BytesValue> messages = new LinkedBlockingQueue<>();
        final CompletableFuture<Status> ended = new CompletableFuture<>();

        @Override
        public void onMessage(BytesValue message) {
            messages.add(message);
        }

        @Override
        public void onClose(Status status, Metadata trailers) {
            ended.complete(status);
        }
    }

    @Test
    void whatAClientDoesNotTakeIsBoundedAndComesWhenItDoes() throws Exception {
        var heard = new Heard();
        var call = call(EchoService.POUR, MethodDescriptor.MethodType.BIDI_STREAMING);
        call.start(heard, new Metadata());
        var pour = service.pours.poll(SECONDS_MAX, TimeUnit.SECONDS);
        var drop = BytesValue.of(ByteString.copyFrom(new byte[10_000]));
        int said = 0;
        while (pour.isReady()) {
            pour.say(drop);
            said++;
        }
        // The client's windows, the two sockets, and what may wait here.
        assertThat(said).isBetween(4, 5_000);

        call.request(Integer.MAX_VALUE);

        assertThat(service.told.poll(SECONDS_MAX, TimeUnit.SECONDS)).isEqualTo("ready " + EchoService.POUR);
        pour.end(GrpcCode.OK, "");
        assertThat(heard.ended.get(SECONDS_MAX, TimeUnit.SECONDS).isOk()).isTrue();
        assertThat(heard.messages).hasSize(said);
    }

    @Test
    void severalThreadsMaySpeakOnOneCall() throws Exception {
        var heard = new Heard();
        var call = call(EchoService.POUR, MethodDescriptor.MethodType.BIDI_STREAMING);
        call.start(heard, new Metadata());
        call.request(Integer.MAX_VALUE);
        var pour = service.pours.poll(SECONDS_MAX, TimeUnit.SECONDS);
        List<Thread> threads = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            int number = i;
            threads.add(Thread.startVirtualThread(() -> {
                for (int j = 0; j < 500; j++) {
                    pour.say(text(number + " " + j));
                }
            }));
        }
        for (var thread : threads) {
            thread.join();
        }
        pour.end(GrpcCode.OK, "");

        assertThat(heard.ended.get(SECONDS_MAX, TimeUnit.SECONDS).isOk()).isTrue();
        int[] next = new int[4];
        for (var message : heard.messages) {
            var words = message.getValue().toStringUtf8().split(" ");
            assertThat(Integer.parseInt(words[1])).isEqualTo(next[Integer.parseInt(words[0])]++);
        }
        assertThat(next).containsOnly(500);
    }

    @Test
    void whatWasSaidOnAnotherThreadBeforeGoesFirst() throws Exception {
        var heard = new Heard();
        var call = call(EchoService.ANNOUNCED, MethodDescriptor.MethodType.BIDI_STREAMING);
        call.start(heard, new Metadata());
        call.request(Integer.MAX_VALUE);
        for (int i = 0; i < 10; i++) {
            call.sendMessage(text("echo " + i));
        }
        call.halfClose();

        assertThat(heard.ended.get(SECONDS_MAX, TimeUnit.SECONDS).isOk()).isTrue();
        List<BytesValue> expected = new ArrayList<>();
        for (int i = 0; i < 10; i++) {
            expected.add(text("next:"));
            expected.add(text("echo " + i));
        }
        assertThat(heard.messages).containsExactlyElementsOf(expected);
    }

    @Test
    void aServiceThatHasEnoughIsToldNoMoreThanTheClientHadRoomFor() throws Exception {
        var heard = new Heard();
        var call = call(EchoService.POUR, MethodDescriptor.MethodType.BIDI_STREAMING);
        call.start(heard, new Metadata());
        call.request(Integer.MAX_VALUE);
        var pour = service.pours.poll(SECONDS_MAX, TimeUnit.SECONDS);
        pour.hear(false);
        // Its turn comes after that of what was said here.
        assertThat(ask(EchoService.ECHO, text("x"))).isEqualTo(text("x"));
        var drop = BytesValue.of(ByteString.copyFrom(new byte[64 << 10]));
        int drops = 64;
        for (int i = 0; i < drops; i++) {
            call.sendMessage(drop);
        }
        call.halfClose();

        int most = Http2Connection.WINDOW / (64 << 10);
        await().until(() -> heard.messages.size() >= most - 1);
        // A call that was begun after all this is answered, so nothing more is under way.
        assertThat(ask(EchoService.ECHO, text("y"))).isEqualTo(text("y"));
        assertThat(heard.messages.size()).isBetween(most - 1, most);

        pour.hear(true);
        await().until(() -> heard.messages.size() == drops);
        pour.end(GrpcCode.OK, "");
        assertThat(heard.ended.get(SECONDS_MAX, TimeUnit.SECONDS).isOk()).isTrue();
    }

    @Test
    void aServerThatStopsTellsItsClients() throws Exception {
        var heard = new Heard();
        var call = call(EchoService.POUR, MethodDescriptor.MethodType.BIDI_STREAMING);
        call.start(heard, new Metadata());
        assertThat(service.pours.poll(SECONDS_MAX, TimeUnit.SECONDS)).isNotNull();

        server.close();

        assertThat(heard.ended.get(SECONDS_MAX, TimeUnit.SECONDS).getCode()).isEqualTo(Status.Code.UNAVAILABLE);
        await().until(() -> service.told.contains("closed"));
    }
}
