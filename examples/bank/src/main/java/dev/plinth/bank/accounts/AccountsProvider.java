package dev.plinth.bank.accounts;

import dev.plinth.bank.Accounts;
import dev.plinth.bank.Answer;
import dev.plinth.bank.Money;
import dev.plinth.bank.Outcome;
import dev.plinth.bank.Reservation;
import dev.plinth.bank.TransferKind;
import dev.plinth.sdk.transactions.TccFence;
import dev.plinth.sdk.transactions.TccParticipant;
import dev.plinth.sdk.transactions.Transactions;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.regex.Pattern;
import javax.sql.DataSource;

/** The accounts of one cell, as a service over its database. */
public final class AccountsProvider implements Accounts {
    private static final Pattern ID = Pattern.compile("[A-Za-z0-9-]{1,64}");

    private final DataSource database;
    private final TccParticipant<Debit.Arguments, Long> debit;
    private final TccParticipant<Credit.Arguments, Outcome> credit;

    /**
     * Registers the two sides of a transfer as participants. Their resource ids carry the cell's name: a branch's second phase
     * must come to the database that holds its first.
     */
    public AccountsProvider(DataSource database, Transactions transactions, TccFence fence, String cell) {
        this.database = database;
        this.debit = transactions.participant("bank.debit." + cell, Debit.Arguments.class, fence.guard(new Debit()));
        this.credit =
                transactions.participant("bank.credit." + cell, Credit.Arguments.class, fence.guard(new Credit()));
    }

    @Override
    public Answer balance(long customer) {
        try (Connection connection = database.getConnection()) {
            Answer answer = Balances.read(connection, customer)
                    .map(balances -> Answer.done(balances.sum()))
                    .orElseGet(() -> Answer.refused(Outcome.NO_SUCH_CUSTOMER));
            connection.commit();
            return answer;
        } catch (SQLException e) {
            throw new DatabaseFailed("balance of " + customer, e);
        }
    }

    @Override
    public Outcome depositChecking(String operationId, long customer, long cents) {
        return locally(operationId, connection -> Teller.depositChecking(connection, operationId, customer, cents));
    }

    @Override
    public Outcome transactSavings(String operationId, long customer, long cents) {
        return locally(operationId, connection -> Teller.transactSavings(connection, operationId, customer, cents));
    }

    @Override
    public Outcome writeCheck(String operationId, long customer, long cents) {
        return locally(operationId, connection -> Teller.writeCheck(connection, operationId, customer, cents));
    }

    @Override
    public Reservation hold(String transferId, TransferKind kind, long payer, long payee, long cents) {
        requireId(transferId);
        if (kind == TransferKind.SEND_PAYMENT && !Money.isAmount(cents)) {
            return Reservation.refused(Outcome.INVALID_AMOUNT);
        }
        try {
            return Reservation.held(debit.tryIt(new Debit.Arguments(transferId, kind, payer, payee, cents)));
        } catch (Refusal e) {
            return e.answer();
        }
    }

    @Override
    public Outcome prepareCredit(String transferId, long payee, long payer, long cents) {
        requireId(transferId);
        if (cents <= 0) {
            return Outcome.INVALID_AMOUNT;
        }
        try {
            return credit.tryIt(new Credit.Arguments(transferId, payer, payee, cents));
        } catch (Refusal e) {
            return e.answer().outcome();
        }
    }

    @FunctionalInterface
    private interface LocalWork {
        Outcome run(Connection connection) throws SQLException;
    }

    private Outcome locally(String operationId, LocalWork work) {
        requireId(operationId);
        try (Connection connection = database.getConnection()) {
            boolean committed = false;
            try {
                Outcome outcome = work.run(connection);
                if (outcome == Outcome.DONE) {
                    connection.commit();
                    committed = true;
                }
                return outcome;
            } finally {
                if (!committed) {
                    connection.rollback();
                }
            }
        } catch (SQLException e) {
            throw new DatabaseFailed("operation " + operationId, e);
        }
    }

    private static void requireId(String id) {
        if (!ID.matcher(id).matches()) {
            throw new IllegalArgumentException("id: '" + id + "' is not 1 to 64 characters of letters, digits and '-'");
        }
    }

    /** The database did not do it, or nobody knows whether it did; the caller may try again with the same id. */
    static final class DatabaseFailed extends RuntimeException {
        DatabaseFailed(String what, SQLException cause) {
            super(what + ": " + cause.getMessage(), cause);
        }
    }
}
