package dev.plinth.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

/** Held against a map in which every prefix is looked at. */
class PrefixesTest {
    record Step(boolean add, String prefix) {}

    /** Of two letters, so that many begin alike, and of parts with one hash ("Aa" and "BB"). */
    @Provide
    Arbitrary<String> texts() {
        return Arbitraries.of("a", "b", "Aa", "BB", " ", "\uffff")
                .list()
                .ofMaxSize(6)
                .map(parts -> String.join("", parts));
    }

    @Provide
    Arbitrary<List<Step>> steps() {
        return Combinators.combine(Arbitraries.of(true, true, false), texts())
                .as(Step::new)
                .list()
                .ofMaxSize(200);
    }

    @Property(tries = 300)
    void a_text_finds_what_lies_under_the_prefixes_with_which_it_begins(
            @ForAll("steps") List<Step> steps, @ForAll("texts") String text) {
        var prefixes = new Prefixes<Integer>();
        var expected = new TreeMap<String, Integer>();
        for (int i = 0; i < steps.size(); i++) {
            var prefix = steps.get(i).prefix();
            if (!steps.get(i).add()) {
                prefixes.remove(prefix);
                expected.remove(prefix);
            } else if (expected.putIfAbsent(prefix, i) == null) {
                prefixes.add(prefix, i);
            }
        }

        assertThat(prefixes.size()).isEqualTo(expected.size());
        assertThat(prefixes.all()).containsExactlyInAnyOrderElementsOf(expected.values());
        expected.forEach(
                (prefix, thing) -> assertThat(prefixes.get(prefix)).as(prefix).contains(thing));
        List<Integer> found = new ArrayList<>();
        prefixes.visit(text, (thing, of) -> {
            assertThat(of).isEqualTo(text);
            found.add(thing);
        });
        List<Integer> wanted = new ArrayList<>();
        for (int end = 0; end <= text.length(); end++) {
            var thing = expected.get(text.substring(0, end));
            if (thing != null) {
                wanted.add(thing);
            }
        }
        assertThat(found).isEqualTo(wanted);

        prefixes.clear();
        prefixes.visit(text, (_, _) -> found.clear());
        assertThat(prefixes.size()).isZero();
        assertThat(found).isEqualTo(wanted);
    }
}
