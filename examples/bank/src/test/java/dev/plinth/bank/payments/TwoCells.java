package dev.plinth.bank.payments;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import dev.plinth.bank.Accounts;
import dev.plinth.bank.Answer;
import dev.plinth.bank.Outcome;
import dev.plinth.bank.Reservation;
import dev.plinth.bank.TestDatabases;
import dev.plinth.bank.TransferKind;
import dev.plinth.bank.accounts.AccountsProvider;
import dev.plinth.sdk.transactions.TccFence;
import dev.plinth.sdk.transactions.Transactions;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The accounts of both cells on their own databases, reached by the customer's shard, without a network between. */
public final class TwoCells implements Accounts, AutoCloseable {
    private final Map<String, String> databases = new LinkedHashMap<>();
    private final Map<String, Accounts> cells = new LinkedHashMap<>();
    private final List<HikariDataSource> pools = new ArrayList<>();

    public TwoCells(Transactions transactions) throws SQLException {
        for (String cell : TestDatabases.CELLS.keySet()) {
            String url = TestDatabases.fresh(cell);
            HikariConfig config = new HikariConfig();
            config.setJdbcUrl(url);
            config.setAutoCommit(false);
            config.setMaximumPoolSize(8);
            HikariDataSource pool = new HikariDataSource(config);
            TccFence fence = TccFence.over(pool);
            fence.createTable();
            pools.add(pool);
            databases.put(cell, url);
            cells.put(cell, new AccountsProvider(pool, transactions, fence, cell));
        }
    }

    /** The JDBC URL of each cell's database. */
    public Map<String, String> databases() {
        return databases;
    }

    private Accounts of(long customer) {
        return TestDatabases.CELLS.entrySet().stream()
                .filter(entry -> entry.getValue().contains(customer))
                .map(entry -> cells.get(entry.getKey()))
                .findFirst()
                .orElseThrow();
    }

    @Override
    public Answer balance(long customer) {
        return of(customer).balance(customer);
    }

    @Override
    public Outcome depositChecking(String operationId, long customer, long cents) {
        return of(customer).depositChecking(operationId, customer, cents);
    }

    @Override
    public Outcome transactSavings(String operationId, long customer, long cents) {
        return of(customer).transactSavings(operationId, customer, cents);
    }

    @Override
    public Outcome writeCheck(String operationId, long customer, long cents) {
        return of(customer).writeCheck(operationId, customer, cents);
    }

    @Override
    public Reservation hold(String transferId, TransferKind kind, long payer, long payee, long cents) {
        return of(payer).hold(transferId, kind, payer, payee, cents);
    }

    @Override
    public Outcome prepareCredit(String transferId, long payee, long payer, long cents) {
        return of(payee).prepareCredit(transferId, payee, payer, cents);
    }

    @Override
    public void close() {
        pools.forEach(HikariDataSource::close);
    }
}
