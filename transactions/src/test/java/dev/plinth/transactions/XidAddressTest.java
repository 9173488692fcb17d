package dev.plinth.transactions;

import static org.assertj.core.api.Assertions.assertThat;

import dev.plinth.transactions.PhaseTwo.Direction;
import dev.plinth.wire.seata.BranchType;
import java.nio.ByteBuffer;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The address in an XID belongs to the transaction's name for good: undo records are kept under it. */
class XidAddressTest {
    private static final TransactionId ID = new TransactionId(7);

    private static Command.RegisterBranch registration() {
        return new Command.RegisterBranch(
                ID, BranchType.AT, "db", "bank:1", "data", List.of(new LockKey("a", "1")), "old.example:8091", true);
    }

    @Test
    void a_registration_keeps_it_on_disk() {
        var bytes = DiskCodec.COMMANDS.encode(registration());

        assertThat(DiskCodec.COMMANDS.decode(ByteBuffer.wrap(bytes))).isEqualTo(registration());
    }

    @Test
    void the_phase_two_of_a_branch_has_it() {
        var phaseTwo = Branch.registered(9, registration(), true).phaseTwo(ID, Direction.ROLLBACK);

        assertThat(phaseTwo.xidAddress()).isEqualTo("old.example:8091");
        var bytes = DiskCodec.ALL.effects().encode(phaseTwo);
        assertThat(DiskCodec.ALL.effects().decode(ByteBuffer.wrap(bytes))).isEqualTo(phaseTwo);
    }
}
