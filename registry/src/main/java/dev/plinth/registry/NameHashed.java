package dev.plinth.registry;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** Things that have an endpoint's name, found by it, in no order, each name once. */
abstract class NameHashed<T> {
    /*
     * A table of references, each at the place of its hash or, where others were there before, at one of the next ones (linear probing;
     * Knuth, The Art of Computer Programming, volume 3, section 6.4, algorithms L and R), with eight bits more of its hash beside it. A
     * thing lies behind four references, in memory that is seldom at hand: those of other names are nearly never looked at, and so the
     * table may be nearly full.
     */
    private static final int PLACES_AT_FIRST = 4;

    private static final int PROBES_MAX = 256;

    private @Nullable Object[] places = new Object[PLACES_AT_FIRST];

    /** Of what lies at the same place in the other table. */
    private byte[] marks = new byte[PLACES_AT_FIRST];

    private int size;
    private boolean crowded;

    abstract EndpointName name(T thing);

    /** The same for equal names. */
    abstract int hash(EndpointName name);

    int size() {
        return size;
    }

    /** Many names lie on one another's places: by chance that is rare, and who names them can choose names of one hash. */
    boolean isCrowded() {
        return crowded;
    }

    @Nullable
    T find(EndpointName name) {
        return thing(at(name, spread(hash(name))));
    }

    /** The first of those with this hash that is wanted; some with another hash may be shown too. */
    @Nullable
    T find(int hash, Predicate<? super T> wanted) {
        int spread = spread(hash);
        int at = place(spread);
        for (var there = thing(at); there != null; there = thing(at)) {
            if (marks[at] == mark(spread) && wanted.test(there)) {
                return there;
            }
            at = next(at);
        }
        return null;
    }

    /** Returns what had the name before. */
    @Nullable
    T put(T thing) {
        var name = name(thing);
        int spread = spread(hash(name));
        int at = at(name, spread);
        var before = thing(at);
        set(at, thing, mark(spread));
        crowded |= ((at - place(spread)) & (places.length - 1)) > PROBES_MAX;
        if (before == null) {
            size++;
            if (8 * size > 7 * places.length) {
                grow();
            }
        }
        return before;
    }

    /** Returns what had the name. */
    @Nullable
    T remove(EndpointName name) {
        int at = at(name, spread(hash(name)));
        var removed = thing(at);
        if (removed == null) {
            return null;
        }
        size--;
        // What stands behind it moves up, unless that would be before its own place.
        int free = at;
        places[free] = null;
        at = next(free);
        for (var other = thing(at); other != null; other = thing(at)) {
            int wanted = place(spread(hash(name(other))));
            boolean between = free <= at ? free < wanted && wanted <= at : free < wanted || wanted <= at;
            if (!between) {
                set(free, other, marks[at]);
                places[at] = null;
                free = at;
            }
            at = next(at);
        }
        return removed;
    }

    /** All, as they are now. */
    List<T> list() {
        List<T> all = new ArrayList<>(size);
        for (int at = 0; at < places.length; at++) {
            var thing = thing(at);
            if (thing != null) {
                all.add(thing);
            }
        }
        return all;
    }

    private void grow() {
        var before = list();
        places = new Object[2 * places.length];
        marks = new byte[places.length];
        for (var thing : before) {
            int spread = spread(hash(name(thing)));
            int at = place(spread);
            while (places[at] != null) {
                at = next(at);
            }
            set(at, thing, mark(spread));
        }
    }

    private void set(int at, T thing, byte mark) {
        places[at] = thing;
        marks[at] = mark;
    }

    /** Where the name is, or the free place where it would be. */
    private int at(EndpointName name, int spread) {
        int at = place(spread);
        byte mark = mark(spread);
        for (var there = thing(at); there != null; there = thing(at)) {
            if (marks[at] == mark && name(there).equals(name)) {
                return at;
            }
            at = next(at);
        }
        return at;
    }

    private static int spread(int hash) {
        int spread = hash * 0x9E3779B9;
        return spread ^ (spread >>> 15);
    }

    private int place(int spread) {
        return spread & (places.length - 1);
    }

    private static byte mark(int spread) {
        return (byte) (spread >>> 24);
    }

    private int next(int at) {
        return (at + 1) & (places.length - 1);
    }

    @SuppressWarnings("unchecked") // nothing else is ever put into a place
    private @Nullable T thing(int at) {
        return (T) places[at];
    }
}
