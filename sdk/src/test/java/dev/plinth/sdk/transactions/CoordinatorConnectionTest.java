package dev.plinth.sdk.transactions;

import static org.assertj.core.api.Assertions.assertThat;

import dev.plinth.wire.seata.SeataCodec;
import dev.plinth.wire.seata.SeataFrame;
import dev.plinth.wire.seata.SeataMessage;
import io.netty.buffer.ByteBuf;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.timeout.IdleStateEvent;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** One connection to the coordinator, without a network. */
final class CoordinatorConnectionTest {

    private static final class Pipe {
        final EmbeddedChannel channel = new EmbeddedChannel();
        final CoordinatorConnection connection = new CoordinatorConnection(channel, new PhaseTwoCalls(1));

        Pipe() {
            channel.pipeline().addLast(new SeataFrameDecoder(), connection);
        }
    }

    private final Pipe pipe = new Pipe();

    @AfterEach
    void close() {
        pipe.channel.finishAndReleaseAll();
    }

    private void receive(SeataFrame frame) {
        ByteBuf bytes = pipe.channel.alloc().buffer();
        SeataCodec.encode(frame, bytes);
        pipe.channel.writeInbound(bytes);
    }

    private SeataFrame sent() {
        ByteBuf bytes = pipe.channel.readOutbound();
        try {
            return SeataCodec.decode(bytes).orElseThrow();
        } finally {
            bytes.release();
        }
    }

    @Test
    void silence_on_this_side_is_broken_by_a_heartbeat() {
        pipe.channel.pipeline().fireUserEventTriggered(IdleStateEvent.WRITER_IDLE_STATE_EVENT);
        assertThat(sent().kind()).isEqualTo(SeataFrame.Kind.HEARTBEAT_REQUEST);
    }

    @Test
    void silence_of_the_coordinator_ends_the_connection_and_whoever_waits_hears_of_it() {
        CompletableFuture<SeataMessage> answer =
                pipe.connection.send(new SeataMessage.GlobalStatusRequest("x:1:1", ""));
        pipe.channel.pipeline().fireUserEventTriggered(IdleStateEvent.READER_IDLE_STATE_EVENT);
        assertThat(pipe.channel.isOpen()).isFalse();
        assertThat(answer).isCompletedExceptionally();
        assertThat(pipe.connection.send(new SeataMessage.GlobalStatusRequest("x:1:1", "")))
                .as("nothing is sent on a dead connection")
                .isCompletedExceptionally();
    }

    @Test
    void a_heartbeat_of_the_coordinator_is_answered_under_its_id() {
        receive(SeataFrame.ping(77));
        assertThat(sent()).isEqualTo(SeataFrame.pong(77));
    }

    @Test
    void answers_find_their_requests_in_whatever_order_they_come() {
        CompletableFuture<SeataMessage> first = pipe.connection.send(new SeataMessage.GlobalStatusRequest("x:1:1", ""));
        int firstId = sent().requestId();
        CompletableFuture<SeataMessage> second =
                pipe.connection.send(new SeataMessage.GlobalStatusRequest("x:1:2", ""));
        int secondId = sent().requestId();
        SeataMessage.RegisterTMResponse one = new SeataMessage.RegisterTMResponse(true, "1");
        SeataMessage.RegisterTMResponse two = new SeataMessage.RegisterTMResponse(true, "2");
        receive(SeataFrame.response(secondId, two));
        receive(SeataFrame.response(firstId, one));
        receive(SeataFrame.response(12_345, one));
        assertThat(first).isCompletedWithValue(one);
        assertThat(second).isCompletedWithValue(two);
    }

    @Test
    void a_message_of_an_unknown_type_costs_that_message_only() {
        ByteBuf bytes = pipe.channel.alloc().buffer();
        SeataCodec.encode(SeataFrame.request(1, new SeataMessage.GlobalStatusRequest("x:1:1", "")), bytes);
        bytes.setShort(16, 9_999);
        pipe.channel.writeInbound(bytes);
        assertThat(pipe.channel.isOpen()).isTrue();
        receive(SeataFrame.ping(5));
        assertThat(sent()).isEqualTo(SeataFrame.pong(5));
    }

    @Test
    void a_wrong_magic_ends_the_connection() {
        pipe.channel.writeInbound(pipe.channel.alloc().buffer().writeBytes(new byte[] {'H', 'T', 'T', 'P'}));
        assertThat(pipe.channel.isOpen()).isFalse();
    }
}
