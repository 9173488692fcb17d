package dev.plinth.trust;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** A strict reader of CBOR (RFC 8949): deterministic lengths, each name once, bounded depth and size; byte strings are not copied. */
sealed interface Cbor {
    /*
     * Strict because what is read here is evidence: a document that can be read in two ways, by its name standing twice or its length
     * being written longer than it must, is refused. Libraries accept both, and do not say where in the document a value stood.
     */
    int DOCUMENT_BYTES_MAX = 256 * 1024;
    int DEPTH_MAX = 16;
    int ITEMS_MAX = 4_096;

    Where where();

    /** A whole number that fits in 63 bits and a sign. */
    record Int(long value, Where where) implements Cbor {}

    record Bstr(Bytes value) implements Cbor {
        @Override
        public Where where() {
            return value.where();
        }
    }

    record Text(String value, Where where) implements Cbor {}

    record Array(List<Cbor> items, Where where) implements Cbor {}

    /** Keys are whole numbers or texts. */
    record Dictionary(Map<Object, Cbor> entries, Where where) implements Cbor {}

    record Tag(long number, Cbor content, Where where) implements Cbor {}

    record Bool(boolean value, Where where) implements Cbor {}

    record Null(Where where) implements Cbor {}

    static Cbor parse(Bytes document) {
        if (document.length() > DOCUMENT_BYTES_MAX) {
            throw new Malformed(
                    document.where(),
                    "a document of at most " + DOCUMENT_BYTES_MAX + " bytes",
                    document.length() + " bytes");
        }
        var reader = new Reader(document);
        var item = reader.item(0);
        if (reader.at != document.length()) {
            throw new Malformed(
                    document.from(reader.at).where(), "the end", document.length() - reader.at + " more bytes");
        }
        return item;
    }

    /** The reading of one document. */
    final class Reader {
        private final Bytes in;
        private int at;
        private int items;

        private Reader(Bytes in) {
            this.in = in;
        }

        private Cbor item(int depth) {
            if (depth > DEPTH_MAX || ++items > ITEMS_MAX) {
                throw new Malformed(
                        in.where(at, 0), "at most " + DEPTH_MAX + " levels and " + ITEMS_MAX + " items", "more");
            }
            var start = at;
            var head = in.u8(at++);
            var major = head >>> 5;
            var info = head & 31;
            if (major == 7) {
                return switch (info) {
                    case 20 -> new Bool(false, in.where(start, 1));
                    case 21 -> new Bool(true, in.where(start, 1));
                    case 22 -> new Null(in.where(start, 1));
                    default ->
                        throw new Malformed(in.where(start, 1), "false, true or null", "simple value or float " + info);
                };
            }
            var value = argument(info, start);
            var where = in.where(start, at - start);
            return switch (major) {
                case 0 -> new Int(value, where);
                case 1 -> new Int(-1 - value, where);
                case 2 -> new Bstr(stretch(value, start));
                case 3 -> new Text(utf8(stretch(value, start)), where);
                case 4 -> {
                    var list = new ArrayList<Cbor>();
                    for (var left = count(value, start); left > 0; left--) {
                        list.add(item(depth + 1));
                    }
                    yield new Array(List.copyOf(list), where);
                }
                case 5 -> {
                    var map = new LinkedHashMap<Object, Cbor>();
                    for (var left = count(value, start); left > 0; left--) {
                        var keyAt = at;
                        var key = key(item(depth + 1));
                        if (map.put(key, item(depth + 1)) != null) {
                            throw new Malformed(
                                    in.where(keyAt, 1), "each name once", Bytes.shorten(key.toString()) + " twice");
                        }
                    }
                    yield new Dictionary(java.util.Collections.unmodifiableMap(map), where);
                }
                default -> new Tag(value, item(depth + 1), where);
            };
        }

        private long argument(int info, int start) {
            if (info < 24) {
                return info;
            }
            var size = switch (info) {
                case 24 -> 1;
                case 25 -> 2;
                case 26 -> 4;
                case 27 -> 8;
                default ->
                    throw new Malformed(in.where(start, 1), "a definite length", "additional information " + info);
            };
            var value = switch (size) {
                case 1 -> in.u8(at);
                case 2 -> in.u16be(at);
                case 4 -> in.u32be(at);
                default -> in.u64be(at);
            };
            at += size;
            var least = size == 1 ? 24 : 1L << (size * 4);
            if (value < least) {
                throw new Malformed(
                        in.where(start, 1 + size), "the shortest form, of at most 63 bits", Long.toString(value));
            }
            return value;
        }

        private Bytes stretch(long length, int start) {
            if (length > in.length() - at) {
                throw new Malformed(in.where(start, at - start), length + " bytes", in.length() - at + " left");
            }
            var stretch = in.slice(at, (int) length);
            at += (int) length;
            return stretch;
        }

        private int count(long count, int start) {
            // Each item takes a byte at least.
            if (count > in.length() - at || count > ITEMS_MAX) {
                throw new Malformed(
                        in.where(start, at - start), "at most " + ITEMS_MAX + " items", Long.toString(count));
            }
            return (int) count;
        }

        private static Object key(Cbor item) {
            return switch (item) {
                case Int number -> number.value();
                case Text text -> text.value();
                case Bstr ignored -> throw keyExpected(ignored);
                case Array ignored -> throw keyExpected(ignored);
                case Dictionary ignored -> throw keyExpected(ignored);
                case Tag ignored -> throw keyExpected(ignored);
                case Bool ignored -> throw keyExpected(ignored);
                case Null ignored -> throw keyExpected(ignored);
            };
        }

        private static Malformed keyExpected(Cbor item) {
            return new Malformed(
                    item.where(),
                    "a whole number or a text as key",
                    item.getClass().getSimpleName());
        }

        private static String utf8(Bytes bytes) {
            try {
                return StandardCharsets.UTF_8
                        .newDecoder()
                        .onMalformedInput(CodingErrorAction.REPORT)
                        .onUnmappableCharacter(CodingErrorAction.REPORT)
                        .decode(ByteBuffer.wrap(bytes.copy()))
                        .toString();
            } catch (CharacterCodingException e) {
                throw new Malformed(bytes.where(), "UTF-8", bytes.shown());
            }
        }
    }

    default Malformed wrong(String expected) {
        return new Malformed(where(), expected, getClass().getSimpleName());
    }

    default List<Cbor> list() {
        if (this instanceof Array array) {
            return array.items();
        }
        throw wrong("an array");
    }

    default Map<Object, Cbor> map() {
        if (this instanceof Dictionary dictionary) {
            return dictionary.entries();
        }
        throw wrong("a map");
    }

    default Bytes bytes() {
        if (this instanceof Bstr string) {
            return string.value();
        }
        throw wrong("a byte string");
    }

    default String text() {
        if (this instanceof Text text) {
            return text.value();
        }
        throw wrong("a text");
    }

    default long number() {
        if (this instanceof Int number) {
            return number.value();
        }
        throw wrong("a whole number");
    }

    /** The value under a key, which is a text or a {@code Long}; null counts as absent. */
    default Optional<Cbor> find(Object key) {
        return Optional.ofNullable(map().get(key)).filter(value -> !(value instanceof Null));
    }

    default Cbor at(Object key) {
        return find(key).orElseThrow(() -> new Malformed(where(), "an entry '" + key + "'", "a map without it"));
    }
}
