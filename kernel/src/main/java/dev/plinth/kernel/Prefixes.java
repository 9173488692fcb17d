package dev.plinth.kernel;

import java.security.SecureRandom;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Optional;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/** Things under prefixes, found by the texts that begin with these. */
final class Prefixes<T> {
    /*
     * Beside the map, a hash table for searches, and how many prefixes there are of each length. A text is read once, and where it is as
     * long as some prefix, the hash of what was read so far says where that prefix would lie. So a search costs one reading and a look
     * for each length, of which there are few however many prefixes there are, and it makes nothing. A sorted map is walked down once
     * for every few characters in which neighbouring prefixes differ, and spends its time on what they have in common.
     *
     * Prefixes are named by clients, who could choose texts of one hash, were it not another one in each process. Nothing depends on it
     * but where things lie.
     */
    private static final int PLACES_AT_FIRST = 16;
    private static final int MULTIPLIER = 2 * new SecureRandom().nextInt() + 1;

    private static final class Entry<T> {
        final String prefix;
        final int hash;
        final T thing;

        @Nullable
        Entry<T> next;

        Entry(String prefix, int hash, T thing, @Nullable Entry<T> next) {
            this.prefix = prefix;
            this.hash = hash;
            this.thing = thing;
            this.next = next;
        }
    }

    private final LinkedHashMap<String, T> things = new LinkedHashMap<>();
    private @Nullable Entry<T>[] places = places(PLACES_AT_FIRST);

    /** How many prefixes have which length. */
    private int[] ofLength = {};

    /** The lengths that there are, the shortest first. */
    private int[] lengths = {};

    int size() {
        return things.size();
    }

    Optional<T> get(String prefix) {
        return Optional.ofNullable(things.get(prefix));
    }

    /** Adds one whose prefix is not here. */
    void add(String prefix, T thing) {
        if (things.size() == places.length) {
            grow();
        }
        things.put(prefix, thing);
        int hash = hash(prefix);
        int place = place(hash);
        places[place] = new Entry<>(prefix, hash, thing, places[place]);
        int length = prefix.length();
        if (length >= ofLength.length) {
            ofLength = Arrays.copyOf(ofLength, length + 1);
        }
        if (ofLength[length]++ == 0) {
            nameLengths();
        }
    }

    void remove(String prefix) {
        if (things.remove(prefix) == null) {
            return;
        }
        int place = place(hash(prefix));
        Entry<T> before = null;
        for (var entry = places[place]; entry != null; entry = entry.next) {
            if (!entry.prefix.equals(prefix)) {
                before = entry;
            } else if (before == null) {
                places[place] = entry.next;
            } else {
                before.next = entry.next;
            }
        }
        if (--ofLength[prefix.length()] == 0) {
            nameLengths();
        }
    }

    void clear() {
        things.clear();
        places = places(PLACES_AT_FIRST);
        ofLength = new int[0];
        lengths = new int[0];
    }

    private void nameLengths() {
        int count = 0;
        int[] named = new int[ofLength.length];
        for (int length = 0; length < ofLength.length; length++) {
            if (ofLength[length] > 0) {
                named[count++] = length;
            }
        }
        lengths = Arrays.copyOf(named, count);
    }

    /** Shows what lies under the prefixes with which the text begins, the shortest first; with the text. Nothing is changed meanwhile. */
    void visit(String text, BiConsumer<? super T, String> visitor) {
        int hash = 0;
        int read = 0;
        for (int length : lengths) {
            if (length > text.length()) {
                return;
            }
            for (; read < length; read++) {
                hash = next(hash, text.charAt(read));
            }
            for (var entry = places[place(hash)]; entry != null; entry = entry.next) {
                if (entry.hash == hash && entry.prefix.length() == length && text.startsWith(entry.prefix)) {
                    visitor.accept(entry.thing, text);
                    break;
                }
            }
        }
    }

    /** All, as they are now, in the order in which they were added. */
    List<T> all() {
        return List.copyOf(things.values());
    }

    private void grow() {
        var before = places;
        places = places(2 * before.length);
        for (var first : before) {
            var entry = first;
            while (entry != null) {
                var next = entry.next;
                int place = place(entry.hash);
                entry.next = places[place];
                places[place] = entry;
                entry = next;
            }
        }
    }

    private static int hash(String prefix) {
        int hash = 0;
        for (int i = 0; i < prefix.length(); i++) {
            hash = next(hash, prefix.charAt(i));
        }
        return hash;
    }

    /** The hash of a text that is one character longer. */
    private static int next(int hash, char character) {
        return (hash + character + 1) * MULTIPLIER;
    }

    private int place(int hash) {
        int spread = hash * 0x9E3779B9;
        return ((spread >>> 16) ^ spread) & (places.length - 1);
    }

    @SuppressWarnings("unchecked") // nothing else is ever put into it
    private static <T> @Nullable Entry<T>[] places(int count) {
        return (Entry<T>[]) new Entry<?>[count];
    }
}
