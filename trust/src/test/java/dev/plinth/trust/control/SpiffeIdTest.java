package dev.plinth.trust.control;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SpiffeIdTest {
    @ParameterizedTest
    @ValueSource(
            strings = {"spiffe://example.org", "spiffe://example.org/a", "spiffe://a_b-1/A/b.c/d-e_f", "spiffe://x/...a"
            })
    void a_spiffe_id_is_written_as_it_was_read(String text) {
        assertThat(SpiffeId.parse(text)).hasToString(text);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "http://example.org/a",
                "spiffe://",
                "spiffe:///a",
                "spiffe://Example.org/a",
                "spiffe://example.org:80/a",
                "spiffe://u@example.org/a",
                "spiffe://example.org/",
                "spiffe://example.org/a/",
                "spiffe://example.org//a",
                "spiffe://example.org/a/../b",
                "spiffe://example.org/.",
                "spiffe://example.org/a b",
                "spiffe://example.org/a%20b",
                "spiffe://example.org/a?b",
                "spiffe://example.org/a#b",
            })
    void what_is_none_is_refused(String text) {
        assertThatThrownBy(() -> SpiffeId.parse(text)).isInstanceOf(IllegalArgumentException.class);
    }
}
