package dev.plinth.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.stream.Collectors;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.Chars;
import net.jqwik.api.constraints.StringLength;
import org.junit.jupiter.api.Test;

class DifferencesTest {
    private static List<String> shown(String from, String to) {
        return Differences.between(from, to).stream()
                .map(line -> switch (line.kind()) {
                            case SAME -> " ";
                            case REMOVED -> "-";
                            case ADDED -> "+";
                        }
                        + line.text())
                .toList();
    }

    @Test
    void what_goes_and_what_comes_is_shown_line_by_line() {
        assertThat(shown("a=1\nb=2\nc=3", "a=1\nb=4\nc=3\nd=5"))
                .containsExactly(" a=1", "-b=2", "+b=4", " c=3", "+d=5");
        assertThat(shown("", "a")).containsExactly("+a");
        assertThat(shown("a", "")).containsExactly("-a");
        assertThat(shown("a\nb", "a\nb")).containsExactly(" a", " b");
    }

    @Property(tries = 300)
    void without_what_comes_it_is_the_old_text_and_without_what_goes_the_new_one(
            @ForAll @Chars({'a', 'b', '\n'}) @StringLength(max = 30) String from,
            @ForAll @Chars({'a', 'b', '\n'}) @StringLength(max = 30) String to) {
        var differences = Differences.between(from, to);
        assertThat(text(differences, Differences.Kind.ADDED)).isEqualTo(from);
        assertThat(text(differences, Differences.Kind.REMOVED)).isEqualTo(to);
    }

    private static String text(List<Differences.Line> differences, Differences.Kind without) {
        return differences.stream()
                .filter(line -> line.kind() != without)
                .map(Differences.Line::text)
                .collect(Collectors.joining("\n"));
    }

    @Test
    void texts_too_large_to_compare_count_as_two_texts_between_what_they_share() {
        var one = "x\n" + "a\n".repeat(3_000) + "y";
        var other = "x\n" + "b\n".repeat(3_000) + "y";
        assertThat(shown(one, other))
                .startsWith(" x", "-a")
                .endsWith("+b", " y")
                .hasSize(6_002);
    }
}
