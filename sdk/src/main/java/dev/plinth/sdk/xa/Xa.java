package dev.plinth.sdk.xa;

import java.sql.SQLException;
import javax.transaction.xa.XAException;

/** XA's failures in JDBC's terms. */
final class Xa {
    private Xa() {}

    static SQLException failed(String what, XAException e) {
        boolean rolledBack = e.errorCode >= XAException.XA_RBBASE && e.errorCode <= XAException.XA_RBEND;
        Throwable cause = e.getCause() == null ? e : e.getCause();
        return new SQLException(
                "the database could not " + what + " this branch, XA error " + e.errorCode + ": " + cause.getMessage(),
                rolledBack ? "40000" : "HY000",
                e);
    }
}
