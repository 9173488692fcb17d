package dev.plinth.server.console;

import java.util.List;
import java.util.Optional;

/**
 * Some transactions, the newest first.
 *
 * @param next what to pass as {@code after} to get the page that follows; absent on the last one
 */
public record TransactionPage(List<TransactionSummary> transactions, Optional<String> next) {
    public TransactionPage {
        transactions = List.copyOf(transactions);
    }
}
