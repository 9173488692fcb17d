package dev.plinth.bank.accounts;

import dev.plinth.bank.ShardRange;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Statement;

/** The tables of one cell's database, and its customers' opening balances. */
public final class Schema {
    /*
     * Money is held in checking and savings. Whatever changes their sum leaves a row elsewhere, in the same local transaction,
     * so that each database can be checked by itself:
     *
     *   sum(balance) = opening + sum(external) - sum(transfer PAID) + sum(credit CREDITED)
     *
     * A transfer has two sides, perhaps in two databases: its row in "transfer" where the payer is, its row in "credit" where
     * the payee is. They have the same id, chosen by the client, and the same XID. An attempt that was cancelled leaves its
     * rows RELEASED and DROPPED, and a later attempt with the same id takes them over under its own XID. The primary keys
     * make paying twice impossible, whatever the code does.
     *
     * "available" is balance - held. Holding does not touch the balance: the sum of the balances changes only when money moves.
     *
     * txid is the local transaction that wrote the row's last state. It is the order in which an auditor can read what is new
     * without missing what was written by a transaction that began early and committed late (see audit.Snapshots); the partial
     * indexes hold exactly what it asks for.
     */
    private static final String TABLES = """
            create table if not exists opening (
                one boolean primary key default true check (one),
                cell text not null,
                customers bigint not null,
                cents bigint not null);
            create table if not exists checking (
                customer bigint primary key,
                balance bigint not null,
                held bigint not null default 0 check (held >= 0)) with (fillfactor = 70);
            create table if not exists savings (
                customer bigint primary key,
                balance bigint not null,
                held bigint not null default 0 check (held >= 0),
                check (balance - held >= 0)) with (fillfactor = 70);
            create table if not exists external (
                id text primary key,
                operation text not null,
                customer bigint not null,
                cents bigint not null,
                txid xid8 not null default pg_current_xact_id());
            create index if not exists external_txid on external (txid);
            create table if not exists transfer (
                id text primary key,
                xid text not null,
                kind text not null,
                payer bigint not null,
                payee bigint not null,
                from_checking bigint not null check (from_checking >= 0),
                from_savings bigint not null check (from_savings >= 0),
                state text not null check (state in ('HELD', 'PAID', 'RELEASED')),
                changed timestamptz not null default now(),
                txid xid8 not null default pg_current_xact_id()) with (fillfactor = 80);
            create index if not exists transfer_paid on transfer (txid) where state = 'PAID';
            create index if not exists transfer_held on transfer (id) where state = 'HELD';
            create table if not exists credit (
                id text primary key,
                xid text not null,
                payer bigint not null,
                payee bigint not null,
                cents bigint not null check (cents > 0),
                state text not null check (state in ('PREPARED', 'CREDITED', 'DROPPED')),
                changed timestamptz not null default now(),
                txid xid8 not null default pg_current_xact_id()) with (fillfactor = 80);
            create index if not exists credit_credited on credit (txid) where state = 'CREDITED';
            create index if not exists credit_prepared on credit (id) where state = 'PREPARED';
            """;

    /** Any number that no other application of the database takes. */
    private static final long LOCK = 0x506c696e7468L;

    private Schema() {}

    /**
     * Makes the tables if they are not there and opens the accounts of the cell's customers if there are none; in one local
     * transaction, and safe to be called by many at once.
     *
     * @param customers the bank's customers are 1 to this number; those whose shard is in the range are this cell's
     * @param openingCents in each of the two accounts of each customer
     */
    public static void create(Connection connection, String cell, long customers, ShardRange shards, long openingCents)
            throws SQLException {
        connection.setAutoCommit(false);
        try (Statement statement = connection.createStatement()) {
            statement.execute("select pg_advisory_xact_lock(" + LOCK + ")");
            statement.execute(TABLES);
            if (isNew(connection, cell, customers, shards, openingCents)) {
                open(connection, "checking", customers, shards, openingCents);
                open(connection, "savings", customers, shards, openingCents);
                statement.execute("analyze checking, savings");
            }
            connection.commit();
        } finally {
            connection.rollback();
            connection.setAutoCommit(true);
        }
    }

    private static boolean isNew(
            Connection connection, String cell, long customers, ShardRange shards, long openingCents)
            throws SQLException {
        try (PreparedStatement insert = connection.prepareStatement("insert into opening (cell, customers, cents)"
                + " select ?, count(*), 2 * ? * count(*) from generate_series(1, ?) c where c % ? between ? and ?"
                + " on conflict do nothing")) {
            insert.setString(1, cell);
            insert.setLong(2, openingCents);
            insert.setLong(3, customers);
            insert.setInt(4, ShardRange.SHARDS);
            insert.setInt(5, shards.first());
            insert.setInt(6, shards.last());
            return insert.executeUpdate() == 1;
        }
    }

    private static void open(Connection connection, String table, long customers, ShardRange shards, long openingCents)
            throws SQLException {
        try (PreparedStatement insert = connection.prepareStatement("insert into " + table
                + " (customer, balance) select c, ? from generate_series(1, ?) c where c % ? between ? and ?")) {
            insert.setLong(1, openingCents);
            insert.setLong(2, customers);
            insert.setInt(3, ShardRange.SHARDS);
            insert.setInt(4, shards.first());
            insert.setInt(5, shards.last());
            insert.executeUpdate();
        }
    }
}
