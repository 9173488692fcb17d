package dev.plinth.sdk.transactions;

import static org.assertj.core.api.Assertions.assertThat;

import dev.plinth.sdk.PlinthException.Code;
import dev.plinth.wire.seata.SeataMessage.Result;
import dev.plinth.wire.seata.TransactionExceptionCode;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class OverloadTest {
    @Test
    void what_the_coordinator_says_when_it_is_overloaded_has_a_code_and_says_when_to_try_again() {
        Result refusal = Result.failed(
                TransactionExceptionCode.FAILED_STORE,
                "TransactionException[global begin request failed. msg=OVERLOADED: 2000000 transactions are live;"
                        + " try again in 250 ms]");

        assertThat(Overload.of(refusal)).hasValueSatisfying(e -> {
            assertThat(e.code()).isEqualTo(Code.OVERLOADED);
            assertThat(e.retryAfter()).contains(Duration.ofMillis(250));
        });
    }

    @Test
    void other_refusals_are_none() {
        assertThat(Overload.of(Result.failed(
                        TransactionExceptionCode.FAILED_STORE,
                        "TransactionException[global begin request failed. msg=STORAGE: the disk is full]")))
                .isEmpty();
        assertThat(Overload.of(Result.failed(TransactionExceptionCode.LOCK_KEY_CONFLICT, "msg=OVERLOADED: no")))
                .isEmpty();
    }
}
