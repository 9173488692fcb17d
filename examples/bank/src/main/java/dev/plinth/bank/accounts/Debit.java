package dev.plinth.bank.accounts;

import dev.plinth.bank.Outcome;
import dev.plinth.bank.Reservation;
import dev.plinth.bank.TransferKind;
import dev.plinth.sdk.transactions.FencedTccAction;
import dev.plinth.sdk.transactions.TccBranch;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;

/** The payer's side of a transfer: holds the amount, then pays it out, or releases it. */
final class Debit implements FencedTccAction<Debit.Arguments, Long> {
    /*
     * Everybody locks in the order checking, savings, transfer. That is why a repeated id is noticed late, when the amount is
     * held already: the refusal undoes the hold. Claiming the id first would need the opposite order here and in the second
     * phase, and two attempts of one transfer could wait for each other.
     *
     * SmallBank's Amalgamate sets both accounts to zero. Here a hold is never negative: if checking is overdrawn, what is held
     * is as much of savings as makes the two together zero.
     */

    /** @param cents of a SEND_PAYMENT; 0 for AMALGAMATE, which takes what there is */
    record Arguments(String transferId, TransferKind kind, long payer, long payee, long cents) {}

    private record Parts(long checking, long savings) {
        long sum() {
            return checking + savings;
        }
    }

    @Override
    public Long tryIt(TccBranch branch, Arguments transfer, Connection connection) throws SQLException {
        Parts parts = switch (transfer.kind()) {
            case SEND_PAYMENT -> holdAmount(transfer, connection);
            case AMALGAMATE -> holdEverything(transfer, connection);
        };
        try (PreparedStatement insert = connection.prepareStatement(
                "insert into transfer as t (id, xid, kind, payer, payee, from_checking, from_savings, state)"
                        + " values (?, ?, ?, ?, ?, ?, ?, 'HELD') on conflict (id) do update set xid = excluded.xid,"
                        + " from_checking = excluded.from_checking, from_savings = excluded.from_savings,"
                        + " state = 'HELD', changed = now(), txid = pg_current_xact_id()"
                        + " where t.state = 'RELEASED' and t.kind = excluded.kind and t.payer = excluded.payer"
                        + " and t.payee = excluded.payee")) {
            insert.setString(1, transfer.transferId());
            insert.setString(2, branch.xid());
            insert.setString(3, transfer.kind().name());
            insert.setLong(4, transfer.payer());
            insert.setLong(5, transfer.payee());
            insert.setLong(6, parts.checking());
            insert.setLong(7, parts.savings());
            if (insert.executeUpdate() == 0) {
                throw refusal(transfer, connection, Outcome.CONFLICTING_ID);
            }
        }
        return parts.sum();
    }

    private static Parts holdAmount(Arguments transfer, Connection connection) throws SQLException {
        try (PreparedStatement hold = connection.prepareStatement(
                "update checking set held = held + ? where customer = ? and balance - held >= ?")) {
            hold.setLong(1, transfer.cents());
            hold.setLong(2, transfer.payer());
            hold.setLong(3, transfer.cents());
            if (hold.executeUpdate() == 0) {
                throw refusal(transfer, connection, Outcome.INSUFFICIENT_FUNDS);
            }
        }
        return new Parts(transfer.cents(), 0);
    }

    private static Parts holdEverything(Arguments transfer, Connection connection) throws SQLException {
        Balances balances = Balances.lock(connection, transfer.payer())
                .orElseThrow(() -> new Refusal(Reservation.refused(Outcome.NO_SUCH_CUSTOMER)));
        long all = balances.available();
        if (all <= 0) {
            throw refusal(transfer, connection, Outcome.INSUFFICIENT_FUNDS);
        }
        long fromChecking = Math.max(balances.checkingAvailable(), 0);
        Parts parts = new Parts(fromChecking, all - fromChecking);
        try (PreparedStatement checking =
                        connection.prepareStatement("update checking set held = held + ? where customer = ?");
                PreparedStatement savings =
                        connection.prepareStatement("update savings set held = held + ? where customer = ?")) {
            checking.setLong(1, parts.checking());
            checking.setLong(2, transfer.payer());
            checking.executeUpdate();
            savings.setLong(1, parts.savings());
            savings.setLong(2, transfer.payer());
            savings.executeUpdate();
        }
        return parts;
    }

    /** Why it is refused: what became of this id before goes before what the accounts say now. */
    private static Refusal refusal(Arguments transfer, Connection connection, Outcome otherwise) throws SQLException {
        try (PreparedStatement select =
                connection.prepareStatement("select kind, payer, payee, from_checking + from_savings, state"
                        + " from transfer where id = ? and state <> 'RELEASED'")) {
            select.setString(1, transfer.transferId());
            try (ResultSet row = select.executeQuery()) {
                if (row.next()) {
                    boolean same = row.getString(1).equals(transfer.kind().name())
                            && row.getLong(2) == transfer.payer()
                            && row.getLong(3) == transfer.payee()
                            && (transfer.kind() == TransferKind.AMALGAMATE || row.getLong(4) == transfer.cents());
                    if (!same) {
                        return new Refusal(Reservation.refused(Outcome.CONFLICTING_ID));
                    }
                    return new Refusal(
                            row.getString(5).equals("PAID")
                                    ? Reservation.paidBefore(row.getLong(4))
                                    : Reservation.refused(Outcome.IN_PROGRESS));
                }
            }
        }
        boolean unknown = otherwise == Outcome.INSUFFICIENT_FUNDS
                && Balances.read(connection, transfer.payer()).isEmpty();
        return new Refusal(Reservation.refused(unknown ? Outcome.NO_SUCH_CUSTOMER : otherwise));
    }

    @Override
    public void confirm(TccBranch branch, Arguments transfer, Connection connection) throws SQLException {
        settle(branch, transfer, connection, "balance = a.balance - t.%1$s, held = a.held - t.%1$s", "PAID");
    }

    @Override
    public void cancel(TccBranch branch, Arguments transfer, Connection connection) throws SQLException {
        settle(branch, transfer, connection, "held = a.held - t.%1$s", "RELEASED");
    }

    private static void settle(TccBranch branch, Arguments transfer, Connection connection, String change, String state)
            throws SQLException {
        changeAccount(branch, transfer, connection, "checking", change);
        if (transfer.kind() == TransferKind.AMALGAMATE) {
            changeAccount(branch, transfer, connection, "savings", change);
        }
        try (PreparedStatement update = connection.prepareStatement(
                "update transfer set state = ?, changed = now(), txid = pg_current_xact_id()"
                        + " where id = ? and xid = ? and state = 'HELD'")) {
            update.setString(1, state);
            update.setString(2, transfer.transferId());
            update.setString(3, branch.xid());
            if (update.executeUpdate() != 1) {
                throw new IllegalStateException("transfer " + transfer.transferId() + " is not held by " + branch.xid()
                        + ": not made " + state);
            }
        }
    }

    private static void changeAccount(
            TccBranch branch, Arguments transfer, Connection connection, String account, String change)
            throws SQLException {
        try (PreparedStatement update = connection.prepareStatement("update " + account + " a set "
                + change.formatted("from_" + account)
                + " from transfer t where t.id = ? and t.xid = ? and t.state = 'HELD' and a.customer = t.payer")) {
            update.setString(1, transfer.transferId());
            update.setString(2, branch.xid());
            update.executeUpdate();
        }
    }
}
