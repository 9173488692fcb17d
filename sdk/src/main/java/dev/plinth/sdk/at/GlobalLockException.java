package dev.plinth.sdk.at;

import java.sql.SQLTransactionRollbackException;

/** A row is locked by another global transaction, and was so for as long as it was waited for. Trying again later may help. */
public final class GlobalLockException extends SQLTransactionRollbackException {
    GlobalLockException(String message) {
        // The SQLSTATE of a serialization failure: what retries after a deadlock should retry after this, too.
        super(message, "40001");
    }
}
