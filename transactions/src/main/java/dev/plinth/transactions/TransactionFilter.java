package dev.plinth.transactions;

import dev.plinth.wire.seata.GlobalStatus;
import java.util.Locale;
import java.util.Set;

/**
 * Which transactions are wanted.
 *
 * @param statuses empty for all
 * @param text a part of the XID, the name, the application or the status, in whatever case; empty for all
 */
public record TransactionFilter(Set<GlobalStatus> statuses, String text) {
    public static final TransactionFilter ALL = new TransactionFilter(Set.of(), "");

    public static final int TEXT_CHARS_MAX = 200;

    public TransactionFilter {
        statuses = Set.copyOf(statuses);
        TransactionLimits.check("the text to look for", text, TEXT_CHARS_MAX);
        text = text.toLowerCase(Locale.ROOT);
    }

    boolean matches(GlobalStatus status) {
        return statuses.isEmpty() || statuses.contains(status);
    }

    boolean matches(TransactionId id, GlobalStatus status, String name, String applicationId) {
        return matches(status)
                && (text.isEmpty()
                        || contains(name)
                        || contains(applicationId)
                        || contains(status.name())
                        || contains(SecondPhase.seataName(status))
                        || id.toString().contains(text.substring(text.lastIndexOf(':') + 1)));
    }

    boolean matches(TransactionView view) {
        return matches(view.id(), view.status(), view.name(), view.applicationId());
    }

    private boolean contains(String value) {
        return value.toLowerCase(Locale.ROOT).contains(text);
    }
}
