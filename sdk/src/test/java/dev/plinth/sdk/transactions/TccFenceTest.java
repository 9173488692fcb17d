package dev.plinth.sdk.transactions;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.zaxxer.hikari.HikariDataSource;
import dev.plinth.sdk.PlinthException;
import dev.plinth.sdk.PlinthException.Code;
import java.sql.Connection;
import java.sql.DatabaseMetaData;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import net.jqwik.api.lifecycle.BeforeContainer;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The fence, on a real database. */
final class TccFenceTest {

    record Reserve(long account) {}

    /** Thrown by an action after it has written, so that its writing has to be undone. */
    private static final class Broken extends RuntimeException {}

    /** Counts in the database, on the fence's own connection, what took effect. */
    private static final class Counter implements FencedTccAction<Reserve, String> {
        private boolean broken;

        @Override
        public String tryIt(TccBranch branch, Reserve arguments, Connection connection) throws SQLException {
            count(branch, "tried", connection);
            return "tried";
        }

        @Override
        public void confirm(TccBranch branch, Reserve arguments, Connection connection) throws SQLException {
            count(branch, "confirmed", connection);
        }

        @Override
        public void cancel(TccBranch branch, Reserve arguments, Connection connection) throws SQLException {
            count(branch, "cancelled", connection);
        }

        private void count(TccBranch branch, String what, Connection connection) throws SQLException {
            try (PreparedStatement statement =
                    connection.prepareStatement("insert into effects (branch_id, effect) values (?, ?)")) {
                statement.setLong(1, branch.branchId());
                statement.setString(2, what);
                statement.executeUpdate();
            }
            if (broken) {
                throw new Broken();
            }
        }
    }

    private record Effects(int tried, int confirmed, int cancelled) {}

    enum Step {
        TRY,
        BROKEN_TRY,
        CONFIRM,
        BROKEN_CONFIRM,
        CANCEL,
        BROKEN_CANCEL
    }

    private static final Reserve ARGUMENTS = new Reserve(1);
    private static final HikariDataSource DATABASE = TestPostgres.database();
    private static final AtomicLong BRANCH_IDS = new AtomicLong();

    private final TccFence fence = TccFence.over(DATABASE);
    private final Counter counter = new Counter();
    private final TccAction<Reserve, String> action = fence.guard(counter);

    @BeforeAll
    @BeforeContainer
    static void tables() throws SQLException {
        TccFence.over(DATABASE).createTable();
        TccFence.over(DATABASE).createTable();
        try (Connection connection = DATABASE.getConnection();
                Statement statement = connection.createStatement()) {
            statement.execute("create table if not exists effects (branch_id bigint not null, effect text not null)");
        }
    }

    private static TccBranch branch() {
        return new TccBranch("127.0.0.1:8091:1", BRANCH_IDS.incrementAndGet(), "accounts.reserve");
    }

    private static Effects effects(TccBranch branch) throws SQLException {
        try (Connection connection = DATABASE.getConnection();
                PreparedStatement statement = connection.prepareStatement(
                        "select count(*) filter (where effect = 'tried'), count(*) filter (where effect = 'confirmed'),"
                                + " count(*) filter (where effect = 'cancelled') from effects where branch_id = ?")) {
            statement.setLong(1, branch.branchId());
            try (ResultSet rows = statement.executeQuery()) {
                rows.next();
                return new Effects(rows.getInt(1), rows.getInt(2), rows.getInt(3));
            }
        }
    }

    @Test
    void a_try_that_comes_after_its_cancel_is_refused_and_writes_nothing() throws Exception {
        TccBranch branch = branch();
        action.cancel(branch, ARGUMENTS);

        assertThatThrownBy(() -> action.tryIt(branch, ARGUMENTS)).isInstanceOfSatisfying(PlinthException.class, e -> {
            assertThat(e.code()).isEqualTo(Code.ROLLED_BACK);
            assertThat(e.xid()).contains(branch.xid());
        });
        assertThat(effects(branch)).isEqualTo(new Effects(0, 0, 0));
    }

    @Test
    void a_cancel_without_a_try_does_nothing_and_succeeds() throws Exception {
        TccBranch branch = branch();
        action.cancel(branch, ARGUMENTS);
        action.cancel(branch, ARGUMENTS);
        assertThat(effects(branch)).isEqualTo(new Effects(0, 0, 0));
    }

    @Test
    void a_second_try_of_the_same_branch_is_refused() throws Exception {
        TccBranch branch = branch();
        action.tryIt(branch, ARGUMENTS);
        assertThatThrownBy(() -> action.tryIt(branch, ARGUMENTS))
                .isInstanceOfSatisfying(
                        PlinthException.class, e -> assertThat(e.code()).isEqualTo(Code.REFUSED));
        assertThat(effects(branch)).isEqualTo(new Effects(1, 0, 0));
    }

    @Test
    void a_confirm_without_a_try_fails_and_says_why() {
        TccBranch branch = branch();
        assertThatThrownBy(() -> action.confirm(branch, ARGUMENTS))
                .isInstanceOf(SQLException.class)
                .hasMessageContaining("its record in tcc_fence_log is missing");
    }

    @Test
    void a_violated_constraint_of_the_participants_own_is_not_taken_for_a_repeated_try() throws Exception {
        TccAction<Reserve, String> unlucky = fence.guard(new FencedTccAction<>() {
            @Override
            public String tryIt(TccBranch branch, Reserve arguments, Connection connection) throws SQLException {
                try (Statement statement = connection.createStatement()) {
                    statement.execute("insert into effects (branch_id) values (1)");
                }
                return "never";
            }

            @Override
            public void confirm(TccBranch branch, Reserve arguments, Connection connection) {}

            @Override
            public void cancel(TccBranch branch, Reserve arguments, Connection connection) {}
        });
        TccBranch branch = branch();
        assertThatThrownBy(() -> unlucky.tryIt(branch, ARGUMENTS))
                .isInstanceOf(SQLException.class)
                .hasMessageContaining("null value in column \"effect\"");
        unlucky.cancel(branch, ARGUMENTS);
    }

    @Test
    void a_cancel_waits_for_the_try_that_is_running_and_then_undoes_it() throws Exception {
        TccBranch branch = branch();
        CountDownLatch trying = new CountDownLatch(1);
        CountDownLatch mayEnd = new CountDownLatch(1);
        TccAction<Reserve, String> slow = fence.guard(new FencedTccAction<>() {
            @Override
            public String tryIt(TccBranch branch, Reserve arguments, Connection connection) throws SQLException {
                trying.countDown();
                try {
                    mayEnd.await();
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                }
                return counter.tryIt(branch, arguments, connection);
            }

            @Override
            public void confirm(TccBranch branch, Reserve arguments, Connection connection) {}

            @Override
            public void cancel(TccBranch branch, Reserve arguments, Connection connection) {}
        });
        try (ExecutorService threads = Executors.newCachedThreadPool()) {
            Future<String> tried = threads.submit(() -> slow.tryIt(branch, ARGUMENTS));
            trying.await();
            Future<Boolean> cancelled = threads.submit(() -> {
                action.cancel(branch, ARGUMENTS);
                return true;
            });
            mayEnd.countDown();
            assertThat(tried.get()).isEqualTo("tried");
            assertThat(cancelled.get()).isTrue();
        }
        assertThat(effects(branch)).isEqualTo(new Effects(1, 0, 1));
    }

    /** The one row that there is for a branch; the fence must follow it whatever comes in whatever order. */
    @Property(tries = 150)
    void whatever_is_called_in_whatever_order_each_step_takes_effect_as_the_branchs_one_row_allows(
            @ForAll @Size(max = 12) List<Step> steps) throws SQLException {
        TccBranch branch = branch();
        String row = "none";
        Effects expected = new Effects(0, 0, 0);
        for (Step step : steps) {
            counter.broken = step.name().startsWith("BROKEN");
            boolean done = succeeds(step, branch);
            switch (step) {
                case TRY -> {
                    assertThat(done).isEqualTo(row.equals("none"));
                    if (done) {
                        row = "tried";
                        expected = new Effects(1, 0, 0);
                    }
                }
                case CONFIRM -> {
                    assertThat(done).isEqualTo(row.equals("tried") || row.equals("committed"));
                    if (row.equals("tried")) {
                        row = "committed";
                        expected = new Effects(1, 1, 0);
                    }
                }
                case CANCEL -> {
                    assertThat(done).isEqualTo(!row.equals("committed"));
                    if (row.equals("tried")) {
                        row = "cancelled";
                        expected = new Effects(1, 0, 1);
                    } else if (row.equals("none")) {
                        row = "suspended";
                    }
                }
                case BROKEN_TRY -> assertThat(done).isFalse();
                case BROKEN_CONFIRM -> assertThat(done).isEqualTo(row.equals("committed"));
                case BROKEN_CANCEL -> {
                    assertThat(done).isEqualTo(!row.equals("tried") && !row.equals("committed"));
                    if (row.equals("none")) {
                        row = "suspended";
                    }
                }
            }
            assertThat(effects(branch)).as("after %s of %s", step, steps).isEqualTo(expected);
        }
    }

    private boolean succeeds(Step step, TccBranch branch) {
        try {
            switch (step) {
                case TRY, BROKEN_TRY -> action.tryIt(branch, ARGUMENTS);
                case CONFIRM, BROKEN_CONFIRM -> action.confirm(branch, ARGUMENTS);
                case CANCEL, BROKEN_CANCEL -> action.cancel(branch, ARGUMENTS);
            }
            return true;
        } catch (Exception e) {
            return false;
        }
    }

    @Property(tries = 200)
    void tries_and_cancels_at_once_leave_nothing_reserved(
            @ForAll @IntRange(min = 1, max = 3) int tries,
            @ForAll @IntRange(min = 1, max = 4) int cancels,
            @ForAll @IntRange(min = 1, max = 1_000_000) int round)
            throws Exception {
        TccBranch branch = branch();
        CountDownLatch go = new CountDownLatch(1);
        List<Callable<Boolean>> calls = new ArrayList<>();
        for (int i = 0; i < tries; i++) {
            calls.add(() -> succeeds(Step.TRY, branch));
        }
        for (int i = 0; i < cancels; i++) {
            calls.add(() -> succeeds(Step.CANCEL, branch));
        }
        List<Future<Boolean>> ends = new ArrayList<>();
        try (ExecutorService threads = Executors.newCachedThreadPool()) {
            for (Callable<Boolean> call : calls) {
                ends.add(threads.submit(() -> {
                    go.await();
                    return call.call();
                }));
            }
            go.countDown();
        }
        int tried = 0;
        for (int i = 0; i < ends.size(); i++) {
            boolean done = ends.get(i).get();
            if (i < tries) {
                tried += done ? 1 : 0;
            } else {
                assertThat(done).as("a cancel succeeds").isTrue();
            }
        }
        assertThat(tried).isBetween(0, 1);
        assertThat(effects(branch)).isEqualTo(new Effects(tried, 0, tried));
    }

    @Property(tries = 40)
    void many_confirms_at_once_take_effect_once(@ForAll @IntRange(min = 2, max = 6) int confirms) throws Exception {
        TccBranch branch = branch();
        action.tryIt(branch, ARGUMENTS);
        List<Future<Boolean>> ends = new ArrayList<>();
        try (ExecutorService threads = Executors.newCachedThreadPool()) {
            for (int i = 0; i < confirms; i++) {
                ends.add(threads.submit(() -> succeeds(Step.CONFIRM, branch)));
            }
        }
        for (Future<Boolean> end : ends) {
            assertThat(end.get()).isTrue();
        }
        assertThat(effects(branch)).isEqualTo(new Effects(1, 1, 0));
    }

    @Test
    void only_the_records_of_branches_that_ended_long_ago_are_deleted() throws Exception {
        AtomicReference<Instant> now = new AtomicReference<>(Instant.parse("2026-01-01T00:00:00Z"));
        TccFence timed = TccFence.over(DATABASE, now::get);
        TccAction<Reserve, String> old = timed.guard(counter);
        List<TccBranch> ended = new ArrayList<>();
        for (int i = 0; i < TccFence.DELETE_ROWS_MAX + 5; i++) {
            TccBranch branch = branch();
            ended.add(branch);
            old.cancel(branch, ARGUMENTS);
        }
        TccBranch unfinished = branch();
        old.tryIt(unfinished, ARGUMENTS);
        now.set(now.get().plus(Duration.ofHours(25)));
        TccBranch recent = branch();
        old.cancel(recent, ARGUMENTS);

        assertThat(timed.deleteEnded(Duration.ofDays(1))).isEqualTo(ended.size());

        assertThat(timed.deleteEnded(Duration.ofDays(1))).isZero();
        old.confirm(unfinished, ARGUMENTS);
        assertThatThrownBy(() -> old.tryIt(recent, ARGUMENTS)).isInstanceOf(PlinthException.class);
    }

    @Test
    void the_table_has_the_columns_of_seatas_own_fence() throws SQLException {
        List<String> columns = new ArrayList<>();
        try (Connection connection = DATABASE.getConnection()) {
            DatabaseMetaData metadata = connection.getMetaData();
            try (ResultSet rows = metadata.getColumns(null, null, "tcc_fence_log", null)) {
                while (rows.next()) {
                    columns.add(rows.getString("COLUMN_NAME") + " " + rows.getString("TYPE_NAME"));
                }
            }
        }
        assertThat(columns)
                .containsExactly(
                        "xid varchar",
                        "branch_id int8",
                        "action_name varchar",
                        "status int2",
                        "gmt_create timestamp",
                        "gmt_modified timestamp");
    }

    @Test
    void a_connection_goes_back_as_it_came() throws Exception {
        action.tryIt(branch(), ARGUMENTS);
        try (Connection connection = DATABASE.getConnection()) {
            assertThat(connection.getAutoCommit()).isTrue();
        }
        assertThat(DATABASE.getHikariPoolMXBean().getActiveConnections()).isZero();
    }

    @Test
    void a_tables_name_that_is_none_is_refused() {
        assertThatThrownBy(() -> TccFence.over(DATABASE, "fence; drop table accounts"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("drop table");
    }
}
