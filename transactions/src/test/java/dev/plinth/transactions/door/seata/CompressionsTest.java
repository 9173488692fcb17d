package dev.plinth.transactions.door.seata;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.plinth.wire.seata.BodyCompression;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

class CompressionsTest {
    @Provide
    Arbitrary<BodyCompression> compressions() {
        return Arbitraries.of(Compressions.ALL);
    }

    @Property(tries = 200)
    void what_was_compressed_comes_back(@ForAll("compressions") BodyCompression compression, @ForAll byte[] body)
            throws IOException {
        assertThat(compression.decompress(compression.compress(body), body.length))
                .isEqualTo(body);
    }

    @Property(tries = 14)
    void a_few_bytes_that_stand_for_more_than_the_limit_are_refused(@ForAll("compressions") BodyCompression compression)
            throws IOException {
        var bomb = compression.compress(new byte[4 << 20]);
        assertThat(bomb.length).isLessThan(64 << 10);

        assertThatThrownBy(() -> compression.decompress(bomb, (4 << 20) - 1))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("more than");
    }

    @Property(tries = 300)
    void broken_bytes_are_an_error_or_other_bytes_and_nothing_worse(
            @ForAll("compressions") BodyCompression compression, @ForAll byte[] noise, @ForAll int where)
            throws IOException {
        var packed = compression.compress(
                "a body of a few dozen bytes, as they are".repeat(3).getBytes(UTF_8));
        for (int i = 0; i < noise.length; i++) {
            packed[Math.floorMod(where + 7 * i, packed.length)] = noise[i];
        }
        for (byte[] bytes : List.of(packed, noise, Arrays.copyOf(packed, packed.length / 2))) {
            try {
                assertThat(compression.decompress(bytes, 1 << 20)).hasSizeLessThanOrEqualTo(1 << 20);
            } catch (IOException e) {
                assertThat(e).isNotNull();
            }
        }
    }
}
