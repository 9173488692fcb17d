package dev.plinth.sdk.transactions;

import dev.plinth.sdk.PlinthException;
import dev.plinth.wire.seata.SeataMessage.Result;
import dev.plinth.wire.seata.TransactionExceptionCode;
import java.time.Duration;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** How Plinth's coordinator says on Seata's wire that it is overloaded: Seata has no code for it, so it stands in the message. */
final class Overload {
    private static final Pattern RETRY_AFTER = Pattern.compile("msg=OVERLOADED: .*; try again in ([0-9]{1,9}) ms");
    private static final Duration RETRY_AFTER_DEFAULT = Duration.ofMillis(100);

    private Overload() {}

    /** What a refusal means, if it is for load. */
    static Optional<PlinthException> of(Result refusal) {
        if (refusal.code() != TransactionExceptionCode.FAILED_STORE
                || !refusal.message().contains("msg=OVERLOADED: ")) {
            return Optional.empty();
        }
        Matcher hint = RETRY_AFTER.matcher(refusal.message());
        Duration retryAfter = hint.find() ? Duration.ofMillis(Long.parseLong(hint.group(1))) : RETRY_AFTER_DEFAULT;
        return Optional.of(PlinthException.overloaded("the coordinator: " + refusal.message(), retryAfter, null));
    }
}
