package dev.plinth.sdk.outbox;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.plinth.sdk.at.AtDataSource;
import dev.plinth.sdk.transactions.TestCoordinator;
import dev.plinth.sdk.transactions.TestPostgres;
import dev.plinth.sdk.transactions.TransactionOptions;
import dev.plinth.sdk.transactions.Transactions;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import javax.sql.DataSource;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The outbox on a real database, by itself and within global transactions of the real coordinator. */
final class OutboxTest {

    private static final Duration LONG = Duration.ofSeconds(30);
    private static final AtomicInteger TABLES = new AtomicInteger();

    @TempDir
    Path directory;

    private final String table = "outbox_" + TABLES.incrementAndGet() + "_" + Long.toString(System.nanoTime(), 36);
    private final List<String> published = new ArrayList<>();
    private final Publisher publisher = messages -> {
        for (Message message : messages) {
            published.add(message.topic() + "/" + message.key() + "=" + new String(message.payload(), UTF_8));
        }
    };
    private Outbox outbox;

    @BeforeEach
    void create() throws SQLException {
        outbox = Outbox.over(TestPostgres.database(), table);
        outbox.createTable();
        outbox.createTable();
    }

    private static void add(Outbox outbox, DataSource database, String payload, boolean commit) throws SQLException {
        try (Connection connection = database.getConnection()) {
            connection.setAutoCommit(false);
            outbox.add(connection, "payments", "alice", payload.getBytes(UTF_8));
            if (commit) {
                connection.commit();
            } else {
                connection.rollback();
            }
        }
    }

    @Test
    void a_message_is_published_once_its_transaction_has_committed_and_never_otherwise() throws Exception {
        add(outbox, TestPostgres.database(), "1", true);
        add(outbox, TestPostgres.database(), "2", false);
        try (Connection open = TestPostgres.database().getConnection()) {
            open.setAutoCommit(false);
            outbox.add(open, "payments", "bob", "3".getBytes(UTF_8));
            add(outbox, TestPostgres.database(), "4", true);
            assertThat(outbox.publishDue(publisher)).isEqualTo(2);
            assertThat(published).containsExactly("payments/alice=1", "payments/alice=4");
            open.commit();
        }
        assertThat(outbox.publishDue(publisher)).isEqualTo(1);
        assertThat(outbox.publishDue(publisher)).isZero();
        assertThat(published).endsWith("payments/bob=3");
    }

    @Test
    void what_a_publisher_could_not_publish_is_published_again_under_the_same_id() throws Exception {
        add(outbox, TestPostgres.database(), "1", true);
        List<String> ids = new ArrayList<>();
        assertThatThrownBy(() -> outbox.publishDue(messages -> {
                    ids.add(messages.getFirst().id());
                    throw new IllegalStateException("the broker is away");
                }))
                .hasMessage("the broker is away");
        outbox.publishDue(messages -> ids.add(messages.getFirst().id()));
        assertThat(ids).hasSize(2);
        assertThat(ids.getFirst()).isEqualTo(ids.getLast());
    }

    @Test
    void two_relays_share_the_work_and_publish_nothing_twice() throws Exception {
        for (int i = 0; i < 250; i++) {
            add(outbox, TestPostgres.database(), "" + i, true);
        }
        ConcurrentLinkedQueue<String> all = new ConcurrentLinkedQueue<>();
        Publisher collecting = messages -> messages.forEach(message -> all.add(new String(message.payload(), UTF_8)));
        try (Outbox other = Outbox.over(TestPostgres.database(), table)) {
            outbox.publishEvery(Duration.ofMillis(1), collecting);
            other.publishEvery(Duration.ofMillis(1), collecting);
            await().atMost(LONG).until(() -> all.size() >= 250);
        } finally {
            outbox.close();
        }
        assertThat(all).hasSize(250).doesNotHaveDuplicates();
    }

    @Test
    void within_a_global_transaction_a_message_waits_for_its_decision() throws Exception {
        AtDataSource.createUndoTable(TestPostgres.database());
        try (TestCoordinator coordinator = new TestCoordinator(directory);
                Transactions transactions = Transactions.connect(TransactionOptions.of("bank", coordinator.address()));
                AtDataSource at = AtDataSource.of(transactions, TestPostgres.database());
                Outbox global = Outbox.over(at, table)) {
            assertThatThrownBy(() -> transactions.<Exception>run("pay", LONG, tx -> {
                        add(global, at, "never", true);
                        add(outbox, TestPostgres.database(), "other", true);
                        assertThat(global.publishDue(publisher)).isEqualTo(1);
                        throw new IllegalStateException("no");
                    }))
                    .hasMessage("no");
            transactions.<Exception>run("pay", LONG, tx -> {
                add(global, at, "committed", true);
                assertThat(global.publishDue(publisher)).isZero();
            });
            await().atMost(LONG).until(() -> global.publishDue(publisher) == 1);
            assertThat(published).containsExactly("payments/alice=other", "payments/alice=committed");
        }
    }

    @Test
    void what_is_beyond_its_limit_is_refused() throws Exception {
        try (Connection connection = TestPostgres.database().getConnection()) {
            assertThatThrownBy(() -> outbox.add(connection, " ", "k", new byte[0]))
                    .hasMessageContaining("topic");
            assertThatThrownBy(() -> outbox.add(connection, "t", "k".repeat(201), new byte[0]))
                    .hasMessageContaining("key: 201 characters");
            assertThatThrownBy(() -> outbox.add(connection, "t", "k", new byte[Outbox.PAYLOAD_BYTES_MAX + 1]))
                    .hasMessageContaining("payload");
        }
    }
}
