package dev.plinth.bank.payments;

import dev.plinth.bank.Accounts;
import dev.plinth.bank.Answer;
import dev.plinth.bank.Money;
import dev.plinth.bank.Outcome;
import dev.plinth.bank.Payments;
import dev.plinth.bank.Reservation;
import dev.plinth.bank.TransferKind;
import dev.plinth.sdk.PlinthException;
import dev.plinth.sdk.transactions.Transactions;
import java.time.Duration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Runs each transfer as a global transaction with two participants: the payer's accounts and the payee's. */
public final class PaymentsProvider implements Payments {
    /*
     * Nothing is kept here, so this process can be killed at any moment: what it had begun is rolled back by the coordinator
     * when the time-out has passed, and the client's next attempt with the same id starts afresh. Whether a transfer was paid
     * is known where the payer's account is, because there the id is unique. A table of payments in this service would be a
     * third participant, or a second truth.
     */
    private static final Logger LOG = LoggerFactory.getLogger(PaymentsProvider.class);

    private final Transactions transactions;
    private final Accounts accounts;
    private final Duration timeout;

    /** @param timeout after which the coordinator rolls a transfer back */
    public PaymentsProvider(Transactions transactions, Accounts accounts, Duration timeout) {
        this.transactions = transactions;
        this.accounts = accounts;
        this.timeout = timeout;
    }

    @Override
    public Answer sendPayment(String transferId, long payer, long payee, long cents) {
        if (!Money.isAmount(cents)) {
            return Answer.refused(Outcome.INVALID_AMOUNT);
        }
        return transfer(transferId, TransferKind.SEND_PAYMENT, payer, payee, cents);
    }

    @Override
    public Answer amalgamate(String transferId, long payer, long payee) {
        return transfer(transferId, TransferKind.AMALGAMATE, payer, payee, 0);
    }

    private Answer transfer(String transferId, TransferKind kind, long payer, long payee, long cents) {
        try {
            return transactions.<Answer, Ended>call(kind.name(), timeout, transaction -> {
                Reservation reservation = accounts.hold(transferId, kind, payer, payee, cents);
                if (reservation.outcome() != Outcome.DONE) {
                    throw new Ended(Answer.refused(reservation.outcome()));
                }
                if (reservation.alreadyPaid()) {
                    throw new Ended(Answer.done(reservation.cents()));
                }
                Outcome credit = accounts.prepareCredit(transferId, payee, payer, reservation.cents());
                if (credit != Outcome.DONE) {
                    throw new Ended(Answer.refused(credit));
                }
                return Answer.done(reservation.cents());
            });
        } catch (Ended e) {
            return e.answer;
        } catch (PlinthException e) {
            LOG.debug("transfer {} from {} to {}", transferId, payer, payee, e);
            return switch (e.code()) {
                case OUTCOME_UNKNOWN -> Answer.refused(Outcome.UNKNOWN);
                case TIMEOUT, UNAVAILABLE, OVERLOADED, REFUSED, FAILED, ROLLED_BACK, WRONG_CELL, SHARD_FROZEN ->
                    Answer.refused(Outcome.ROLLED_BACK);
                case HEURISTIC, CLOSED -> throw e;
            };
        }
    }

    /** There is nothing to commit: the transaction is rolled back, and the client gets this answer. */
    private static final class Ended extends Exception {
        private final transient Answer answer;

        Ended(Answer answer) {
            super(answer.toString(), null, false, false);
            this.answer = answer;
        }
    }
}
