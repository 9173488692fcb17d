package dev.plinth.transactions;

import java.util.List;
import java.util.OptionalLong;

/**
 * Some transactions, the newest first.
 *
 * @param transactions may be fewer than were asked for, even none, though others follow: a search looks at a bounded number at a
 *     time
 * @param next what to ask for the page that follows with; empty after the last one
 */
public record TransactionPage(List<TransactionView> transactions, OptionalLong next) {
    public TransactionPage {
        transactions = List.copyOf(transactions);
    }
}
