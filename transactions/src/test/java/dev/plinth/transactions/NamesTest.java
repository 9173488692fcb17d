package dev.plinth.transactions;

import static org.assertj.core.api.Assertions.assertThat;

import dev.plinth.wire.seata.BranchType;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

class NamesTest {
    private static final Instant NOW = Instant.parse("2026-11-26T12:00:00Z");

    private final Names names = new Names();

    @Test
    void two_transactions_that_begin_alike_share_how_they_began() {
        assertThat(names.shared(begin())).isSameAs(names.shared(begin()));
    }

    @Test
    void two_branches_share_their_names_and_what_they_say_of_themselves() {
        var one = names.shared(register(1), new TransactionId(1));
        var other = names.shared(register(2), new TransactionId(2));
        assertThat(one.resourceId()).isSameAs(other.resourceId());
        assertThat(one.applicationData()).isSameAs(other.applicationData());
        assertThat(one.lockKeys().getFirst().table())
                .isSameAs(other.lockKeys().getFirst().table());
    }

    @Test
    void what_a_snapshot_held_is_shared_as_what_is_new_and_is_otherwise_the_same() {
        var id = new TransactionId(3);
        var restored = Transaction.begun(id, begin(), NOW).with(Branch.registered(4, register(3), true));
        var shared = names.shared(restored);
        assertThat(shared).isEqualTo(restored);
        assertThat(shared.asked()).isSameAs(names.shared(begin()));
        var branch = shared.branches().getFirst();
        assertThat(branch.asked().transaction()).isSameAs(id);
        assertThat(branch.asked().resourceId())
                .isSameAs(names.shared(register(5), id).resourceId());
        assertThat(branch.applicationData()).isSameAs(branch.asked().applicationData());
    }

    /** Each text is an object of its own, as it comes from a wire or a disk. */
    private static Command.Begin begin() {
        return new Command.Begin(own("transfer"), Duration.ofMinutes(1), own("bank"), own("group"));
    }

    private static Command.RegisterBranch register(long transaction) {
        return new Command.RegisterBranch(
                new TransactionId(transaction),
                BranchType.AT,
                own("jdbc:postgresql://db/bank"),
                own("bank:10.0.0.1:4711"),
                own("{\"autoCommit\":true}"),
                List.of(new LockKey(own("account"), own("7"))),
                own("10.0.0.2:8091"),
                true);
    }

    private static String own(String text) {
        return String.valueOf(text.toCharArray());
    }
}
