package dev.plinth.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class ConfigTextTest {
    private static ConfigText text(String content) {
        return ConfigText.of(content, "properties", "");
    }

    @Test
    void its_md5_is_that_of_the_content_in_utf_8_however_often_it_is_asked_for() {
        // As md5sum says.
        var text = text("abc");
        assertThat(text.md5()).isEqualTo("900150983cd24fb0d6963f7d28e17f72");
        assertThat(text.md5()).isEqualTo("900150983cd24fb0d6963f7d28e17f72");
        assertThat(text("").md5()).isEqualTo("d41d8cd98f00b204e9800998ecf8427e");
        assertThat(text("ä").md5()).isEqualTo("8419b71c87a225a2c70b50486fbee545");
    }

    @Test
    void equals_another_of_the_same_content_type_and_key_whether_its_md5_was_asked_for_or_not() {
        var asked = text("a=1");
        assertThat(asked.md5()).isNotEmpty();
        assertThat(asked).isEqualTo(text("a=1")).hasSameHashCodeAs(text("a=1"));
        assertThat(asked)
                .isNotEqualTo(text("a=2"))
                .isNotEqualTo(ConfigText.of("a=1", "yaml", ""))
                .isNotEqualTo(ConfigText.of("a=1", "properties", "key"));
    }

    @Test
    void the_limit_is_of_bytes_in_utf_8_and_not_of_characters() {
        int most = ConfigLimits.CONTENT_BYTES_MAX;
        assertThat(text("a".repeat(most)).content()).hasSize(most);
        assertThat(text("€".repeat(most / 3)).content()).hasSize(most / 3);
        assertThatThrownBy(() -> text("a".repeat(most + 1)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("expected at most " + most);
        assertThatThrownBy(() -> text("€".repeat(most / 3 + 1)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("expected at most " + most);
    }
}
