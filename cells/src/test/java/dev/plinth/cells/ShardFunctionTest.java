package dev.plinth.cells;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.StringLength;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ShardFunctionTest {
    @ParameterizedTest
    @CsvSource({
        "0, 100, 0",
        "7, 100, 7",
        "12345, 100, 45",
        "U-000012300, 100, 0",
        "2088-1099, 10, 9",
        "1234567, 1000, 567",
        "98765432109876543210, 10000, 3210",
        "20, 7, 6",
        // Nine digits count and no more: 876543210 mod 7, and not that of the whole number.
        "99876543210, 7, 4",
    })
    void last_digits_are_the_number_at_the_end_modulo_the_shards(String userId, int shards, int shard) {
        assertThat(ShardFunction.lastDigits(shards).shardOf(userId)).isEqualTo(new Shard(shard));
    }

    @ParameterizedTest
    @ValueSource(strings = {"alice", "42x", "١٢", "-"})
    void last_digits_refuse_an_id_that_does_not_end_in_a_decimal_digit(String userId) {
        assertThatThrownBy(() -> ShardFunction.lastDigits(100).shardOf(userId))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(userId)
                .hasMessageContaining("expected a decimal digit (0-9) at its end");
    }

    /** Published vectors of 64-bit FNV-1a, so that an implementation in another language can be held against ours. */
    @ParameterizedTest
    @CsvSource({"a, af63dc4c8601ec8c", "foobar, 85944171f73967e8", "foo, dcb27518fed9d577"})
    void hash_is_fnv1a_as_published(String userId, String hash) {
        long unsigned = Long.parseUnsignedLong(hash, 16);
        assertThat(ShardFunction.hash(10_000).shardOf(userId).number())
                .isEqualTo((int) Long.remainderUnsigned(unsigned, 10_000));
    }

    @Property
    void hash_takes_any_text_and_stays_within_the_shards(
            @ForAll @StringLength(min = 1, max = ShardFunction.USER_ID_CHARS_MAX) String userId,
            @ForAll @IntRange(min = 1, max = ShardFunction.SHARDS_MAX) int shards) {
        var function = ShardFunction.hash(shards);
        assertThat(function.shardOf(userId).number()).isBetween(0, shards - 1);
        assertThat(function.shardOf(userId)).isEqualTo(function.shardOf(userId));
    }

    @Test
    void hash_spreads_ids_that_count_up() {
        int[] users = new int[100];
        for (int id = 0; id < 100_000; id++) {
            users[ShardFunction.hash(100).shardOf("user-" + id).number()]++;
        }
        assertThat(Arrays.stream(users).boxed()).allMatch(count -> count > 800 && count < 1_200);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 257})
    void an_id_that_is_empty_or_too_long_is_refused_with_its_limit(int length) {
        assertThatThrownBy(() -> ShardFunction.hash(100).shardOf("7".repeat(length)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("expected 1 to 256 characters")
                .satisfies(e -> assertThat(e.getMessage()).hasSizeLessThan(200));
    }

    @ParameterizedTest
    @ValueSource(ints = {-1, 0, 10_001})
    void a_number_of_shards_out_of_bounds_is_refused(int shards) {
        assertThatThrownBy(() -> ShardFunction.lastDigits(shards)).hasMessageContaining("expected 1 to 10000");
    }
}
