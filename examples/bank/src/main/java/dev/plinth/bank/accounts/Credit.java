package dev.plinth.bank.accounts;

import dev.plinth.bank.Outcome;
import dev.plinth.bank.Reservation;
import dev.plinth.sdk.transactions.FencedTccAction;
import dev.plinth.sdk.transactions.TccBranch;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;

/** The payee's side of a transfer: prepares the credit, then pays it in to checking, or drops it. */
final class Credit implements FencedTccAction<Credit.Arguments, Outcome> {
    /*
     * Trying leaves the payee's account alone, so that the money cannot be spent before it is certain, and a popular payee is
     * locked for one update and not for the length of a global transaction. Accounts are never closed: that is what makes
     * the promise that it can be paid in later.
     */

    record Arguments(String transferId, long payer, long payee, long cents) {}

    @Override
    public Outcome tryIt(TccBranch branch, Arguments transfer, Connection connection) throws SQLException {
        if (!exists(connection, transfer.payee())) {
            throw new Refusal(Reservation.refused(Outcome.NO_SUCH_CUSTOMER));
        }
        try (PreparedStatement insert =
                connection.prepareStatement("insert into credit as c (id, xid, payer, payee, cents, state)"
                        + " values (?, ?, ?, ?, ?, 'PREPARED') on conflict (id) do update set xid = excluded.xid,"
                        + " cents = excluded.cents, state = 'PREPARED', changed = now(), txid = pg_current_xact_id()"
                        + " where c.state = 'DROPPED' and c.payer = excluded.payer and c.payee = excluded.payee")) {
            insert.setString(1, transfer.transferId());
            insert.setString(2, branch.xid());
            insert.setLong(3, transfer.payer());
            insert.setLong(4, transfer.payee());
            insert.setLong(5, transfer.cents());
            if (insert.executeUpdate() == 0) {
                throw refusal(transfer, connection);
            }
        }
        return Outcome.DONE;
    }

    private static boolean exists(Connection connection, long customer) throws SQLException {
        try (PreparedStatement select = connection.prepareStatement("select 1 from checking where customer = ?")) {
            select.setLong(1, customer);
            try (ResultSet row = select.executeQuery()) {
                return row.next();
            }
        }
    }

    /**
     * An earlier attempt's credit is there: its payer's side has ended, for this attempt holds the money now, but here its
     * second phase has not come yet. If it was paid in, the payer's side would have refused.
     */
    private static Refusal refusal(Arguments transfer, Connection connection) throws SQLException {
        try (PreparedStatement select = connection.prepareStatement(
                "select 1 from credit where id = ? and payer = ? and payee = ? and state = 'PREPARED'")) {
            select.setString(1, transfer.transferId());
            select.setLong(2, transfer.payer());
            select.setLong(3, transfer.payee());
            try (ResultSet row = select.executeQuery()) {
                return new Refusal(Reservation.refused(row.next() ? Outcome.IN_PROGRESS : Outcome.CONFLICTING_ID));
            }
        }
    }

    @Override
    public void confirm(TccBranch branch, Arguments transfer, Connection connection) throws SQLException {
        try (PreparedStatement pay = connection.prepareStatement("update checking a set balance = a.balance + c.cents"
                + " from credit c where c.id = ? and c.xid = ? and c.state = 'PREPARED' and a.customer = c.payee")) {
            pay.setString(1, transfer.transferId());
            pay.setString(2, branch.xid());
            pay.executeUpdate();
        }
        settle(branch, transfer, connection, "CREDITED");
    }

    @Override
    public void cancel(TccBranch branch, Arguments transfer, Connection connection) throws SQLException {
        settle(branch, transfer, connection, "DROPPED");
    }

    private static void settle(TccBranch branch, Arguments transfer, Connection connection, String state)
            throws SQLException {
        try (PreparedStatement update =
                connection.prepareStatement("update credit set state = ?, changed = now(), txid = pg_current_xact_id()"
                        + " where id = ? and xid = ? and state = 'PREPARED'")) {
            update.setString(1, state);
            update.setString(2, transfer.transferId());
            update.setString(3, branch.xid());
            if (update.executeUpdate() != 1) {
                throw new IllegalStateException("credit " + transfer.transferId() + " is not prepared by "
                        + branch.xid() + ": not made " + state);
            }
        }
    }
}
