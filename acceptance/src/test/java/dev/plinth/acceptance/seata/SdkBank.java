package dev.plinth.acceptance.seata;

import dev.plinth.sdk.HostPort;
import dev.plinth.sdk.at.AtDataSource;
import dev.plinth.sdk.saga.Saga;
import dev.plinth.sdk.saga.Sagas;
import dev.plinth.sdk.saga.Step;
import dev.plinth.sdk.transactions.FencedTccAction;
import dev.plinth.sdk.transactions.TccBranch;
import dev.plinth.sdk.transactions.TccFence;
import dev.plinth.sdk.transactions.TccParticipant;
import dev.plinth.sdk.transactions.TransactionOptions;
import dev.plinth.sdk.transactions.TransactionStatus;
import dev.plinth.sdk.transactions.Transactions;
import dev.plinth.sdk.xa.XaDataSource;
import dev.plinth.wire.seata.BranchType;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import javax.sql.DataSource;
import javax.sql.XADataSource;
import org.mariadb.jdbc.MariaDbDataSource;
import org.postgresql.ds.PGSimpleDataSource;
import org.postgresql.xa.PGXADataSource;

/** An application on Plinth's SDK, in this process: two schemas in AT and in XA, a TCC participant, and a saga over both. */
final class SdkBank implements AutoCloseable {
    static final Duration TIMEOUT = Duration.ofSeconds(60);

    /** What is to be frozen. */
    record Freeze(int account, int amount) {}

    /** What the saga moves from the first schema to the second. */
    record Transfer(int from, int to, int amount) {}

    /** What a step changed. */
    record Moved(int amount) {}

    private final BankSchema first;
    private final BankSchema second;
    private final Transactions transactions;
    private final AtDataSource firstAt;
    private final AtDataSource secondAt;
    private final XaDataSource firstXa;
    private final XaDataSource secondXa;
    private final TccParticipant<Freeze, Boolean> freeze;
    private final Sagas sagas;
    private final AtomicBoolean stubborn = new AtomicBoolean();
    private final Saga<Transfer> saga = Saga.named("transfer", Transfer.class)
            .then("debit", Moved.class, new Debit())
            .then("credit", Moved.class, new Credit());

    /** @param coordinators host:port of each, separated by ';' */
    SdkBank(String application, String coordinators, BankSchema first, BankSchema second) throws SQLException {
        this.first = first;
        this.second = second;
        transactions = Transactions.connect(TransactionOptions.of(
                application,
                Arrays.stream(coordinators.split(";")).map(HostPort::parse).toArray(HostPort[]::new)));
        firstAt = AtDataSource.of(transactions, plain(first.url()));
        secondAt = AtDataSource.of(transactions, plain(second.url()));
        firstXa = XaDataSource.of(transactions, xa(first.url()), 8);
        secondXa = XaDataSource.of(transactions, xa(second.url()), 8);
        var fence = TccFence.over(plain(first.url()));
        fence.createTable();
        freeze = transactions.participant("freeze@" + application, Freeze.class, fence.guard(new FreezeAction()));
        sagas = Sagas.serve(transactions, plain(first.url()), List.of(saga));
    }

    private static DataSource plain(String url) throws SQLException {
        if (url.startsWith("jdbc:mariadb:")) {
            return new MariaDbDataSource(url);
        }
        var postgres = new PGSimpleDataSource();
        postgres.setUrl(url);
        return postgres;
    }

    private static XADataSource xa(String url) throws SQLException {
        if (url.startsWith("jdbc:mariadb:")) {
            return new MariaDbDataSource(url);
        }
        var postgres = new PGXADataSource();
        postgres.setUrl(url);
        return postgres;
    }

    Transactions transactions() {
        return transactions;
    }

    TransactionStatus status(String xid) {
        return transactions.status(xid);
    }

    // ---- work of the current global transaction

    void addAt(String schema, int account, int amount) throws SQLException {
        add(schema.equals("a") ? firstAt : secondAt, account, amount);
    }

    /** Any statement in AT on the first schema. */
    void runAt(String sql) throws SQLException {
        try (var connection = firstAt.getConnection();
                var statement = connection.createStatement()) {
            statement.executeUpdate(sql);
        }
    }

    void addXa(String schema, int account, int amount) throws SQLException {
        add(schema.equals("a") ? firstXa : secondXa, account, amount);
    }

    void freeze(int account, int amount) {
        freeze.tryIt(new Freeze(account, amount));
    }

    /** A change outside of all global transactions that waits for their rows. */
    void addRespectingLocks(int account, int amount) throws SQLException {
        firstAt.<Boolean, SQLException>respectingGlobalLocks(() -> {
            add(firstAt, account, amount);
            return true;
        });
    }

    /** Reads, outside of all global transactions, what no undecided one has changed. */
    int readRespectingLocks(int account) throws SQLException {
        return firstAt.<Integer, SQLException>respectingGlobalLocks(() -> {
            try (var connection = firstAt.getConnection();
                    var statement =
                            connection.prepareStatement("SELECT balance FROM account WHERE id = ? FOR UPDATE")) {
                statement.setInt(1, account);
                try (var rows = statement.executeQuery()) {
                    rows.next();
                    return rows.getInt(1);
                }
            }
        });
    }

    private static void add(DataSource database, int account, int amount) throws SQLException {
        try (var connection = database.getConnection()) {
            add(connection, account, amount);
        }
    }

    private static void add(Connection connection, int account, int amount) throws SQLException {
        try (var statement = connection.prepareStatement("UPDATE account SET balance = balance + ? WHERE id = ?")) {
            statement.setInt(1, amount);
            statement.setInt(2, account);
            if (statement.executeUpdate() != 1) {
                throw new SQLException("there is no account " + account);
            }
        }
    }

    /** The next compensation of a debit fails. */
    void beStubborn() {
        stubborn.set(true);
    }

    boolean stubborn() {
        return stubborn.get();
    }

    /** Asks for a branch of a resource that nobody has registered. */
    void addToNowhere() {
        var branches = transactions.branches();
        branches.register(branches.currentXid().orElseThrow(), BranchType.AT, "jdbc:unheard-of", "account:1", "");
    }

    /** Runs the saga, and returns its XID. */
    String transfer(int from, int to, int amount) {
        return sagas.run(saga, new Transfer(from, to, amount), TIMEOUT);
    }

    /** Freezes a part of the balance; confirmed, it is gone; cancelled, it is back. */
    private static final class FreezeAction implements FencedTccAction<Freeze, Boolean> {
        @Override
        public Boolean tryIt(TccBranch branch, Freeze asked, Connection connection) throws SQLException {
            change(connection, "balance = balance - ?, frozen = frozen + ?", asked.amount(), asked);
            return true;
        }

        @Override
        public void confirm(TccBranch branch, Freeze asked, Connection connection) throws SQLException {
            change(connection, "balance = balance + ?, frozen = frozen - ?", 0, asked);
        }

        @Override
        public void cancel(TccBranch branch, Freeze asked, Connection connection) throws SQLException {
            change(connection, "balance = balance + ?, frozen = frozen - ?", asked.amount(), asked);
        }

        private static void change(Connection connection, String what, int balance, Freeze asked) throws SQLException {
            try (var statement = connection.prepareStatement("UPDATE account SET " + what + " WHERE id = ?")) {
                statement.setInt(1, balance);
                statement.setInt(2, asked.amount());
                statement.setInt(3, asked.account());
                statement.executeUpdate();
            }
        }
    }

    /** Takes the money; its keys are unique here, so a repetition after a crash is not looked for. */
    private final class Debit implements Step<Transfer, Moved> {
        @Override
        public Moved run(Context context, Transfer transfer) throws SQLException {
            add(plain(first.url()), transfer.from(), -transfer.amount());
            return new Moved(transfer.amount());
        }

        @Override
        public void compensate(Context context, Transfer transfer, Optional<Moved> done) throws SQLException {
            if (stubborn.getAndSet(false)) {
                throw new SQLException("not this time");
            }
            if (done.isPresent()) {
                add(plain(first.url()), transfer.from(), done.get().amount());
            }
        }
    }

    private final class Credit implements Step<Transfer, Moved> {
        @Override
        public Moved run(Context context, Transfer transfer) throws SQLException {
            add(plain(second.url()), transfer.to(), transfer.amount());
            return new Moved(transfer.amount());
        }

        @Override
        public void compensate(Context context, Transfer transfer, Optional<Moved> done) throws SQLException {
            if (done.isPresent()) {
                add(plain(second.url()), transfer.to(), -done.get().amount());
            }
        }
    }

    @Override
    public void close() {
        sagas.close();
        firstXa.close();
        secondXa.close();
        firstAt.close();
        secondAt.close();
        transactions.close();
    }
}
