package dev.plinth.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import org.junit.jupiter.api.Test;

class SessionsTest {
    private static final Instant START = Instant.parse("2026-01-01T00:00:00Z");

    private static final Codec<String> TEXT = new Codec<>() {
        @Override
        public byte[] encode(String value) {
            return value.getBytes(StandardCharsets.UTF_8);
        }

        @Override
        public String decode(ByteBuffer bytes) {
            return StandardCharsets.UTF_8.decode(bytes).toString();
        }
    };

    private final Sessions<String> sessions = new Sessions<>();
    private final ClientId client = (ClientId) sessions.open(7, START);

    private CommandId command(long sequence) {
        return new CommandId(client, sequence);
    }

    private Refused.Code refusal(CommandId id) {
        return ((Sessions.Seen.Not<String>) sessions.lookUp(id, START)).reason().code();
    }

    @Test
    void a_repeated_command_gets_its_first_outcome() {
        assertThat(sessions.lookUp(command(1), START)).isEqualTo(new Sessions.Seen.First<>());
        sessions.record(command(1), "paid");

        assertThat(sessions.lookUp(command(1), START)).isEqualTo(new Sessions.Seen.Before<>("paid"));
    }

    @Test
    void commands_of_one_client_may_overtake_one_another_inside_the_window() {
        sessions.record(command(Limits.SESSION_WINDOW), "last");

        for (long sequence = 1; sequence < Limits.SESSION_WINDOW; sequence++) {
            assertThat(sessions.lookUp(command(sequence), START)).isEqualTo(new Sessions.Seen.First<>());
        }
    }

    @Test
    void a_sequence_before_the_window_is_refused_and_never_taken_for_a_new_one() {
        sessions.record(command(1), "paid");
        sessions.record(command(1 + Limits.SESSION_WINDOW), "paid again");

        assertThat(refusal(command(1))).isEqualTo(Refused.Code.SEQUENCE_TOO_OLD);
    }

    @Test
    void a_session_that_expired_is_refused_and_its_name_never_comes_back() {
        sessions.record(command(1), "paid");
        sessions.expire(START.plus(Limits.SESSION_IDLE_MAX));

        assertThat(refusal(command(1))).isEqualTo(Refused.Code.SESSION_EXPIRED);
        assertThat(sessions.open(8, START)).isNotEqualTo(client);
    }

    @Test
    void a_command_keeps_its_session_alive_and_the_idle_ones_go() {
        var idle = (ClientId) sessions.open(8, START);
        var later = START.plus(Limits.SESSION_IDLE_MAX.dividedBy(2));
        sessions.lookUp(command(1), later);

        sessions.expire(START.plus(Limits.SESSION_IDLE_MAX));

        assertThat(sessions.lookUp(command(1), later)).isInstanceOf(Sessions.Seen.First.class);
        assertThat(refusal(new CommandId(idle, 1))).isEqualTo(Refused.Code.SESSION_EXPIRED);
    }

    @Test
    void there_are_no_more_sessions_than_the_limit() {
        for (long index = 8; index < 7 + Limits.SESSIONS_MAX; index++) {
            assertThat(sessions.open(index, START)).isInstanceOf(ClientId.class);
        }

        assertThat(sessions.open(1_000_000, START))
                .isInstanceOfSatisfying(
                        Refused.class, refused -> assertThat(refused.code()).isEqualTo(Refused.Code.OVERLOADED));
    }

    @Test
    void a_snapshot_brings_back_every_outcome_and_the_order_of_last_use() throws IOException {
        var second = (ClientId) sessions.open(8, START);
        sessions.record(command(1), "paid");
        sessions.record(command(66), "");
        sessions.lookUp(command(66), START.plusSeconds(1));

        var restored = new Sessions<String>();
        restored.restore(new DataInputStream(new ByteArrayInputStream(bytes(sessions))), TEXT);

        assertThat(restored.lookUp(command(66), START)).isEqualTo(new Sessions.Seen.Before<>(""));
        assertThat(restored.lookUp(new CommandId(second, 1), START)).isEqualTo(new Sessions.Seen.First<>());
        sessions.lookUp(command(66), START);
        sessions.lookUp(new CommandId(second, 1), START);
        assertThat(bytes(restored)).isEqualTo(bytes(sessions));
    }

    private static byte[] bytes(Sessions<String> sessions) throws IOException {
        var out = new ByteArrayOutputStream();
        sessions.snapshot(TEXT).encode(out);
        return out.toByteArray();
    }
}
