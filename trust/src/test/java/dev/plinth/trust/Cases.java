package dev.plinth.trust;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.junit.jupiter.api.DynamicTest;

/** One line a case: what is changed, and which check must object to it. */
final class Cases {
    private Cases() {}

    static DynamicTest refused(String name, String check, Supplier<AttestationResult> appraisal) {
        return DynamicTest.dynamicTest(name, () -> refuses(check, appraisal.get()));
    }

    static void refuses(String check, AttestationResult result) {
        assertThat(result.holds()).as("holds").isFalse();
        assertThat(result.objections().stream().map(Finding::check).collect(Collectors.toSet()))
                .as(result.objections().toString())
                .contains(check);
    }

    static void holds(AttestationResult result) {
        assertThat(result.objections()).isEmpty();
        assertThat(result.holds()).isTrue();
    }

    static DynamicTest held(String name, Supplier<AttestationResult> appraisal) {
        return DynamicTest.dynamicTest(name, () -> holds(appraisal.get()));
    }

    /** Each byte of {@code from..to} is changed in turn; the result of each must not hold. Says which ones did. */
    static void each_changed_byte_is_refused(
            byte[] original, int from, int to, java.util.function.Function<byte[], AttestationResult> appraisal) {
        var believed = java.util.stream.IntStream.range(from, to)
                .parallel()
                .filter(at -> {
                    var changed = original.clone();
                    changed[at] ^= (byte) (1 << (at % 8));
                    return appraisal.apply(changed).holds();
                })
                .boxed()
                .toList();
        assertThat(believed).as("offsets whose change was not noticed").isEmpty();
    }

    /** Each prefix is appraised; none may hold, and none may throw. */
    static void each_prefix_is_refused(
            byte[] original, java.util.function.Function<byte[], AttestationResult> appraisal) {
        var believed = java.util.stream.IntStream.range(0, original.length)
                .parallel()
                .filter(length -> appraisal
                        .apply(java.util.Arrays.copyOf(original, length))
                        .holds())
                .boxed()
                .toList();
        assertThat(believed).as("lengths that were believed").isEmpty();
    }
}
