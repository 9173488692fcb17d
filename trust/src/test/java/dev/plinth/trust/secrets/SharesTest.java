package dev.plinth.trust.secrets;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.security.SecureRandom;
import java.util.Collections;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

class SharesTest {
    private static final SecureRandom RANDOM = new SecureRandom();

    private static Map<Integer, byte[]> some(List<Shares.Share> all, int count, long seed) {
        var shuffled = new java.util.ArrayList<>(all);
        Collections.shuffle(shuffled, new Random(seed));
        var points = new TreeMap<Integer, byte[]>();
        shuffled.subList(0, count).forEach(share -> points.put(share.point(), share.values()));
        return points;
    }

    @Property(tries = 300)
    void any_m_of_n_shares_make_the_key_and_one_fewer_do_not(
            @ForAll @Size(32) byte[] key,
            @ForAll @IntRange(min = 2, max = 8) int threshold,
            @ForAll @IntRange(max = 8) int more,
            @ForAll long seed) {
        var all = Shares.split(1, key, threshold, threshold + more, RANDOM);
        assertThat(Shares.join(some(all, threshold, seed))).isEqualTo(key);
        assertThat(Shares.join(some(all, threshold - 1, seed))).isNotEqualTo(key);
    }

    @Test
    void the_field_is_that_of_aes() {
        // FIPS 197, 4.2: {57} times {83} is {c1}, {57} times {13} is {fe}.
        assertThat(Shares.times(0x57, 0x83)).isEqualTo(0xc1);
        assertThat(Shares.times(0x57, 0x13)).isEqualTo(0xfe);
        for (int value = 1; value < 256; value++) {
            assertThat(Shares.times(value, Shares.inverse(value)))
                    .as("%d", value)
                    .isEqualTo(1);
        }
    }

    @Test
    void with_one_share_too_few_each_key_is_as_likely_as_any_other() {
        // Of one byte split 2 of 2, one share is given by its value; each of the 256 keys goes with it, and each once.
        var keys = new java.util.BitSet();
        for (int other = 0; other < 256; other++) {
            keys.set(Shares.join(Map.of(1, new byte[] {0x42}, 2, new byte[] {(byte) other}))[0] & 0xff);
        }
        assertThat(keys.cardinality()).isEqualTo(256);
    }

    @Test
    void a_share_survives_being_written_down_and_a_mistyped_one_is_refused_without_being_repeated() {
        var share = Shares.split(1, HexFormat.of().parseHex("00112233"), 2, 3, RANDOM)
                .get(1);
        assertThat(Shares.Share.parse(" " + share.text() + "\n").values()).isEqualTo(share.values());
        var text = share.text();
        for (int i = 0; i < text.length(); i++) {
            var changed = text.substring(0, i) + (text.charAt(i) == '7' ? '8' : '7') + text.substring(i + 1);
            assertThatThrownBy(() -> Shares.Share.parse(changed))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageNotContaining(HexFormat.of().formatHex(share.values()));
        }
    }
}
