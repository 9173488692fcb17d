package dev.plinth.acceptance.seata;

import static org.assertj.core.api.Assertions.assertThat;

import java.sql.SQLException;
import java.util.concurrent.atomic.AtomicInteger;

/** The two schemas between which money is moved. */
interface TwoSchemas {
    /** The last account that was opened, in whatever schemas. */
    AtomicInteger ACCOUNTS = new AtomicInteger();

    BankSchema first();

    BankSchema second();

    /** A new account in both. */
    default int openAccount() throws SQLException {
        int account = ACCOUNTS.incrementAndGet();
        first().openAccount(account);
        second().openAccount(account);
        return account;
    }

    default void assertBalances(int account, int inFirst, int inSecond) throws SQLException {
        assertThat(first().balance(account)).as("balance in the first schema").isEqualTo(inFirst);
        assertThat(second().balance(account)).as("balance in the second schema").isEqualTo(inSecond);
    }

    default boolean hasNoUndoRecords(String xid) throws SQLException {
        return first().undoRecords(xid) == 0 && second().undoRecords(xid) == 0;
    }
}
