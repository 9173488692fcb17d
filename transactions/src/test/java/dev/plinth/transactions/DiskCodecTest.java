package dev.plinth.transactions;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.plinth.kernel.Codec;
import dev.plinth.wire.seata.BranchStatus;
import dev.plinth.wire.seata.BranchType;
import dev.plinth.wire.seata.GlobalStatus;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;

class DiskCodecTest {
    private static final TransactionId ID = new TransactionId(0x0012_3456_789a_bcdeL);

    @Provide
    Arbitrary<Command> commands() {
        return Commands.commands();
    }

    @Provide
    Arbitrary<Outcome> outcomes() {
        return Commands.outcomes();
    }

    @Provide
    Arbitrary<Effect> effects() {
        return Commands.effects();
    }

    @Provide
    Arbitrary<TransactionView> views() {
        return Commands.views();
    }

    @Property(tries = 500)
    void every_command_comes_back_from_its_bytes(@ForAll("commands") Command command) {
        assertThat(again(DiskCodec.COMMANDS, command)).isEqualTo(command);
    }

    @Property(tries = 500)
    void every_outcome_comes_back_from_its_bytes(@ForAll("outcomes") Outcome outcome) {
        assertThat(again(DiskCodec.OUTCOMES, outcome)).isEqualTo(outcome);
    }

    @Property(tries = 200)
    void every_effect_comes_back_from_its_bytes(@ForAll("effects") Effect effect) {
        assertThat(again(DiskCodec.EFFECTS, effect)).isEqualTo(effect);
    }

    @Property(tries = 200)
    void every_ended_transaction_comes_back_from_its_bytes(@ForAll("views") TransactionView view) {
        assertThat(StateCodec.view(StateCodec.encode(view))).isEqualTo(view);
    }

    @Test
    void what_are_no_such_bytes_is_refused_with_a_reason() {
        assertThatThrownBy(() -> DiskCodec.COMMANDS.decode(ByteBuffer.wrap(new byte[] {(byte) 0xff})))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("not a command of the transaction coordinator");
        assertThatThrownBy(() -> DiskCodec.COMMANDS.decode(ByteBuffer.allocate(0)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("a command that this release does not know");
        assertThatThrownBy(() -> DiskCodec.OUTCOMES.decode(ByteBuffer.allocate(0)))
                .isInstanceOf(IllegalArgumentException.class);
    }

    /** One thing that release 0.1.0 wrote; the file's lines are its kind and its bytes in hexadecimal. */
    private record Golden<T>(Codec<T> codec, T value) {
        String line() {
            return value.getClass().getSimpleName() + " " + HexFormat.of().formatHex(codec.encode(value));
        }

        void assertReadFrom(String line) {
            var bytes = HexFormat.of().parseHex(line.substring(line.indexOf(' ') + 1));
            assertThat(codec.decode(ByteBuffer.wrap(bytes))).isEqualTo(value);
        }
    }

    @Test
    void what_release_0_1_0_wrote_is_read() throws IOException {
        var lines = golden();
        var records = records();
        for (int i = 0; i < records.size(); i++) {
            records.get(i).assertReadFrom(lines.get(i));
        }
        byte[] state = HexFormat.of().parseHex(lines.getLast().substring("State ".length()));
        var restored = new TransactionEngine(0);
        restored.restore(new ByteArrayInputStream(state));
        assertThat(restored.counts()).isEqualTo(new TransactionCounts(3, 0, 3, 1));
    }

    @Test
    void this_release_writes_the_same() throws IOException {
        List<String> lines = new ArrayList<>();
        records().forEach(golden -> lines.add(golden.line()));
        lines.add("State " + HexFormat.of().formatHex(state()));

        assertThat(String.join("\n", lines)).isEqualTo(String.join("\n", golden()));
    }

    private static List<String> golden() throws IOException {
        try (var in = DiskCodecTest.class.getResourceAsStream("golden-0.1.0.txt")) {
            assertThat(in).as("golden-0.1.0.txt").isNotNull();
            return new String(in.readAllBytes(), StandardCharsets.UTF_8).lines().toList();
        }
    }

    private static List<Golden<?>> records() {
        var keys = LockKey.parse("account:1,2;ledger:7_8;account:3");
        List<Command> commands = List.of(
                new Command.Begin("pay", Duration.ofSeconds(60), "bank", "default_tx_group"),
                new Command.RegisterBranch(
                        ID,
                        BranchType.AT,
                        "jdbc:postgresql://accounts",
                        "bank:1",
                        "{\"autoCommit\":true}",
                        keys,
                        "10.0.0.1:8091",
                        true),
                new Command.ReportBranch(ID, 77, BranchStatus.PHASE_ONE_DONE, "{}"),
                new Command.Commit(ID),
                new Command.Rollback(ID),
                new Command.ReportGlobal(ID, GlobalStatus.COMMITTED),
                new Command.PhaseTwoResult(ID, 77, BranchStatus.PHASE_TWO_COMMITTED, Optional.empty()),
                new Command.PhaseTwoResult(
                        ID,
                        PhaseTwo.WHOLE_SAGA,
                        BranchStatus.PHASE_TWO_ROLLBACK_FAILED_RETRYABLE,
                        Optional.of("no channel")),
                new Command.Settle(ID, new Command.Audit("", "")),
                new Command.Forget(List.of(ID, new TransactionId(1))));
        List<Outcome> outcomes = List.of(
                new Outcome.Begun(ID),
                new Outcome.Registered(77),
                new Outcome.LockConflict("jdbc:postgresql://accounts", new LockKey("account", "1"), ID, true),
                new Outcome.NotActive(ID, GlobalStatus.ROLLBACKING),
                new Outcome.NotFound(ID),
                new Outcome.BranchNotFound(ID, 78),
                new Outcome.Reported(),
                new Outcome.Decided(GlobalStatus.COMMITTING, true, Instant.parse("2026-11-24T12:00:00.123456789Z")),
                new Outcome.Overloaded("2000000 transactions are live", Duration.ofMillis(100)),
                new Outcome.Noted());
        List<Golden<?>> records = new ArrayList<>();
        commands.forEach(command -> records.add(new Golden<>(DiskCodec.COMMANDS, command)));
        outcomes.forEach(outcome -> records.add(new Golden<>(DiskCodec.OUTCOMES, outcome)));
        records.add(new Golden<>(
                DiskCodec.EFFECTS,
                new PhaseTwo(
                        ID, 77, BranchType.TCC, "debit", "bank:1", "10.0.0.1:8091", "{}", PhaseTwo.Direction.COMMIT)));
        return records;
    }

    /** A state with a little of everything. */
    private static byte[] state() {
        var trial = new Trial();
        var rollingBack = trial.begin();
        long undone = trial.at(rollingBack, "account:1,2;ledger:7");
        trial.tcc(rollingBack, "debit");
        trial.bench.apply(new Command.ReportBranch(rollingBack, undone, BranchStatus.PHASE_ONE_DONE, "{\"n\":1}"));
        trial.rollback(rollingBack);
        trial.bench.advance(Duration.ofSeconds(1));
        trial.rollback(trial.begin("$Saga_transfer", Trial.TIMEOUT));
        trial.commit(trial.begin());
        trial.begin();
        return trial.bench.state();
    }

    private static <T> T again(Codec<T> codec, T value) {
        return codec.decode(ByteBuffer.wrap(codec.encode(value)));
    }
}
