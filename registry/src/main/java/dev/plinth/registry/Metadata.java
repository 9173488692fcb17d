package dev.plinth.registry;

import dev.plinth.wire.registry.EndpointDigest;
import java.util.AbstractMap;
import java.util.AbstractSet;
import java.util.Arrays;
import java.util.Comparator;
import java.util.Iterator;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** What an endpoint says of itself, sorted by key; never changed. */
@SuppressWarnings("JdkObsolete") // what an endpoint is asked for is a SortedMap, and nobody goes through it backwards
final class Metadata extends AbstractMap<String, String> implements SortedMap<String, String> {
    /*
     * One array with key, value, key, value: a registry holds a million of these, and a tree of three entries weighs more than all
     * that is said in it. What it comes to in UTF-8 is asked with every change, so it is counted once.
     */
    private static final int INSERTED_MAX = 16;

    private final String[] pairs;
    private final int bytes;
    private final long digest;

    private Metadata(String[] pairs, int bytes, long digest) {
        this.pairs = pairs;
        this.bytes = bytes;
        this.digest = digest;
    }

    static Metadata of(Map<String, String> map) {
        if (map instanceof Metadata metadata) {
            return metadata;
        }
        String[] pairs = sorted(map);
        long bytes = 0;
        long digest = 0;
        for (int i = 0; i < pairs.length; i += 2) {
            bytes += utf8(pairs[i]) + utf8(pairs[i + 1]);
            digest += EndpointDigest.ofEntry(pairs[i], pairs[i + 1]);
        }
        return new Metadata(pairs, (int) Math.min(bytes, Integer.MAX_VALUE), digest);
    }

    private static String[] sorted(Map<String, String> map) {
        String[] pairs = new String[2 * map.size()];
        if (map.size() > INSERTED_MAX) {
            String[] keys = map.keySet().toArray(String[]::new);
            Arrays.sort(keys);
            for (int i = 0; i < keys.length; i++) {
                pairs[2 * i] = keys[i];
                pairs[2 * i + 1] = map.get(keys[i]);
            }
            return pairs;
        }
        int end = 0;
        for (var entry : map.entrySet()) {
            int at = end;
            for (; at > 0 && pairs[at - 2].compareTo(entry.getKey()) > 0; at -= 2) {
                pairs[at] = pairs[at - 2];
                pairs[at + 1] = pairs[at - 1];
            }
            pairs[at] = entry.getKey();
            pairs[at + 1] = entry.getValue();
            end += 2;
        }
        return pairs;
    }

    /** The same, with each text as {@code same} gives it, which is equal. */
    Metadata with(UnaryOperator<String> same) {
        String[] others = new String[pairs.length];
        Arrays.setAll(others, i -> same.apply(pairs[i]));
        return new Metadata(others, bytes, digest);
    }

    /** How many bytes a text has in UTF-8; what is no character counts as one that takes its place. */
    private static long utf8(String text) {
        long bytes = 0;
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c < 0x80) {
                bytes++;
            } else if (c < 0x800) {
                bytes += 2;
            } else if (Character.isHighSurrogate(c)
                    && i + 1 < text.length()
                    && Character.isLowSurrogate(text.charAt(i + 1))) {
                bytes += 4;
                i++;
            } else if (Character.isSurrogate(c)) {
                bytes++;
            } else {
                bytes += 3;
            }
        }
        return bytes;
    }

    /** Of keys and values in UTF-8. */
    int bytes() {
        return bytes;
    }

    /** The part of an endpoint's digest that comes of this. */
    long digest() {
        return digest;
    }

    @Override
    public int size() {
        return pairs.length / 2;
    }

    @Override
    public @Nullable String get(Object key) {
        return key instanceof String text ? get(text) : null;
    }

    private @Nullable String get(String key) {
        int low = 0;
        int high = pairs.length / 2 - 1;
        while (low <= high) {
            int middle = (low + high) >>> 1;
            int compared = pairs[2 * middle].compareTo(key);
            if (compared == 0) {
                return pairs[2 * middle + 1];
            }
            if (compared < 0) {
                low = middle + 1;
            } else {
                high = middle - 1;
            }
        }
        return null;
    }

    @Override
    public boolean equals(Object other) {
        if (other == this) {
            return true;
        }
        return other instanceof Metadata metadata ? Arrays.equals(pairs, metadata.pairs) : super.equals(other);
    }

    /** As {@link Map} wants it. */
    @Override
    public int hashCode() {
        int sum = 0;
        for (int i = 0; i < pairs.length; i += 2) {
            sum += pairs[i].hashCode() ^ pairs[i + 1].hashCode();
        }
        return sum;
    }

    @Override
    public boolean containsKey(Object key) {
        return get(key) != null;
    }

    @Override
    public Set<Entry<String, String>> entrySet() {
        return new AbstractSet<>() {
            @Override
            public int size() {
                return pairs.length / 2;
            }

            @Override
            public Iterator<Entry<String, String>> iterator() {
                return new Iterator<>() {
                    private int next;

                    @Override
                    public boolean hasNext() {
                        return next < pairs.length;
                    }

                    @Override
                    public Entry<String, String> next() {
                        if (next >= pairs.length) {
                            throw new NoSuchElementException();
                        }
                        next += 2;
                        return Map.entry(pairs[next - 2], pairs[next - 1]);
                    }
                };
            }
        };
    }

    @Override
    public @Nullable Comparator<? super String> comparator() {
        return null;
    }

    @Override
    public SortedMap<String, String> subMap(String from, String to) {
        return of(new TreeMap<>(this).subMap(from, to));
    }

    @Override
    public SortedMap<String, String> headMap(String to) {
        return of(new TreeMap<>(this).headMap(to));
    }

    @Override
    public SortedMap<String, String> tailMap(String from) {
        return of(new TreeMap<>(this).tailMap(from));
    }

    @Override
    public String firstKey() {
        return pair(0);
    }

    @Override
    public String lastKey() {
        return pair(pairs.length - 2);
    }

    private String pair(int at) {
        if (pairs.length == 0) {
            throw new NoSuchElementException("there is no metadata");
        }
        return pairs[at];
    }
}
