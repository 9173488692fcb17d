package dev.plinth.registry;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.function.ToIntFunction;
import org.jspecify.annotations.Nullable;

/** Things that have an endpoint's name, in the order of their names, each name once. */
final class NameSorted<T> {
    /*
     * Arrays of at most CHUNK_MAX references, one after the other, each just as long as what it holds. So a thing costs the four
     * bytes of its reference, where an entry of a tree would cost forty and the text of its key; and a change copies one array,
     * however many things there are. What comes next is found by its name, for things know theirs.
     */
    private static final int CHUNK_MAX = 128;
    private static final Object[][] EMPTY = {};

    private final Function<? super T, EndpointName> name;
    private Object[][] chunks = EMPTY;
    private int size;

    NameSorted(Function<? super T, EndpointName> name) {
        this.name = name;
    }

    int size() {
        return size;
    }

    boolean isEmpty() {
        return size == 0;
    }

    @Nullable
    T find(EndpointName wanted) {
        return find(thing -> name.apply(thing).compareTo(wanted));
    }

    /** As {@link #find(EndpointName)}, by {@link EndpointName#key}. */
    @Nullable
    T find(String key) {
        return find(thing -> name.apply(thing).compareToKey(key));
    }

    boolean contains(EndpointName wanted) {
        return find(wanted) != null;
    }

    private @Nullable T find(ToIntFunction<T> order) {
        if (size == 0) {
            return null;
        }
        var chunk = chunks[chunk(order)];
        int at = position(chunk, order);
        return at < 0 ? null : thing(chunk, at);
    }

    /** Returns what had the name before. */
    @Nullable
    T put(T thing) {
        if (size == 0) {
            chunks = new Object[][] {{thing}};
            size = 1;
            return null;
        }
        var wanted = name.apply(thing);
        ToIntFunction<T> order = other -> name.apply(other).compareTo(wanted);
        int number = chunk(order);
        var chunk = chunks[number];
        int at = position(chunk, order);
        if (at >= 0) {
            var before = thing(chunk, at);
            chunk[at] = thing;
            return before;
        }
        insert(number, -at - 1, thing);
        size++;
        return null;
    }

    private void insert(int number, int at, T thing) {
        var chunk = chunks[number];
        var longer = new Object[chunk.length + 1];
        System.arraycopy(chunk, 0, longer, 0, at);
        longer[at] = thing;
        System.arraycopy(chunk, at, longer, at + 1, chunk.length - at);
        if (longer.length <= CHUNK_MAX) {
            chunks[number] = longer;
            return;
        }
        // Things often come in order: then chunks stay full, and otherwise half full at least.
        boolean last = number == chunks.length - 1 && at == chunk.length;
        int half = last ? CHUNK_MAX : longer.length / 2;
        var more = new Object[chunks.length + 1][];
        System.arraycopy(chunks, 0, more, 0, number);
        more[number] = Arrays.copyOfRange(longer, 0, half);
        more[number + 1] = Arrays.copyOfRange(longer, half, longer.length);
        System.arraycopy(chunks, number + 1, more, number + 2, chunks.length - number - 1);
        chunks = more;
    }

    /** Returns what had the name. */
    @Nullable
    T remove(EndpointName wanted) {
        if (size == 0) {
            return null;
        }
        ToIntFunction<T> order = other -> name.apply(other).compareTo(wanted);
        int number = chunk(order);
        var chunk = chunks[number];
        int at = position(chunk, order);
        if (at < 0) {
            return null;
        }
        var removed = thing(chunk, at);
        size--;
        if (chunk.length == 1) {
            var fewer = new Object[chunks.length - 1][];
            System.arraycopy(chunks, 0, fewer, 0, number);
            System.arraycopy(chunks, number + 1, fewer, number, fewer.length - number);
            chunks = fewer;
        } else {
            var shorter = new Object[chunk.length - 1];
            System.arraycopy(chunk, 0, shorter, 0, at);
            System.arraycopy(chunk, at + 1, shorter, at, shorter.length - at);
            chunks[number] = shorter;
            joinWithNext(number);
        }
        return removed;
    }

    /** Chunks that a shrinking sequence leaves nearly empty become one. */
    private void joinWithNext(int number) {
        if (number + 1 >= chunks.length || chunks[number].length + chunks[number + 1].length > CHUNK_MAX / 2) {
            return;
        }
        var joined = Arrays.copyOf(chunks[number], chunks[number].length + chunks[number + 1].length);
        System.arraycopy(chunks[number + 1], 0, joined, chunks[number].length, chunks[number + 1].length);
        var fewer = new Object[chunks.length - 1][];
        System.arraycopy(chunks, 0, fewer, 0, number);
        fewer[number] = joined;
        System.arraycopy(chunks, number + 2, fewer, number + 1, chunks.length - number - 2);
        chunks = fewer;
    }

    /** All, as they are now. */
    List<T> list() {
        List<T> all = new ArrayList<>(size);
        visitAfter("", all::add);
        return all;
    }

    /**
     * Shows those whose keys come after {@code after}, in order, until one is not wanted.
     *
     * @param wanted false to end it
     * @return whether all were wanted
     */
    boolean visitAfter(String after, Predicate<? super T> wanted) {
        if (size == 0) {
            return true;
        }
        int number = 0;
        int at = 0;
        if (!after.isEmpty()) {
            ToIntFunction<T> order = thing -> name.apply(thing).compareToKey(after);
            number = chunk(order);
            int found = position(chunks[number], order);
            at = found >= 0 ? found + 1 : -found - 1;
        }
        for (; number < chunks.length; number++) {
            for (; at < chunks[number].length; at++) {
                if (!wanted.test(thing(chunks[number], at))) {
                    return false;
                }
            }
            at = 0;
        }
        return true;
    }

    /** The last chunk whose first thing is not after the wanted one; the first chunk if there is none. */
    private int chunk(ToIntFunction<T> order) {
        int low = 1;
        int high = chunks.length - 1;
        while (low <= high) {
            int middle = (low + high) >>> 1;
            if (order.applyAsInt(thing(chunks[middle], 0)) <= 0) {
                low = middle + 1;
            } else {
                high = middle - 1;
            }
        }
        return high;
    }

    /** Where it is, or -(where it would be) - 1. */
    private int position(Object[] chunk, ToIntFunction<T> order) {
        int low = 0;
        int high = chunk.length - 1;
        while (low <= high) {
            int middle = (low + high) >>> 1;
            int compared = order.applyAsInt(thing(chunk, middle));
            if (compared == 0) {
                return middle;
            }
            if (compared < 0) {
                low = middle + 1;
            } else {
                high = middle - 1;
            }
        }
        return -low - 1;
    }

    @SuppressWarnings("unchecked") // nothing else is ever put into a chunk
    private T thing(Object[] chunk, int at) {
        return (T) chunk[at];
    }
}
