package dev.plinth.rpc.hessian;

import com.caucho.hessian.io.Hessian2Constants;
import com.caucho.hessian.io.Hessian2Input;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufInputStream;
import java.io.IOException;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Reads Hessian as its library does, within bounds of depth, memory and time that follow from the bytes that are there. */
final class GuardedInput extends Hessian2Input {
    /*
     * Three things in Hessian cost the reader more than the sender:
     *
     *   - Nesting costs stack. DEPTH_MAX.
     *   - An announced length (of a list, of a class's fields) makes the library allocate before anything came. Each element
     *     takes a byte at least, so all announced lengths together cannot be more than the body's bytes.
     *   - A back reference makes a small body unfold to a large tree for whoever walks it: two references to an object that
     *     has two references to an object ... and HashSet.add walks at once. So each object's unfolded size is kept, and a
     *     back reference counts as much as what it refers to. UNFOLDED_MAX.
     *
     * The library offers no place for the second with class definitions ('O') and with typed lists ('v'), nor for the third;
     * so this class takes those tags, and back references, out of its hands: it looks at the tag, and puts back what it
     * does not handle. That needs the library's private read position, hence the VarHandle. Reading the body beforehand by a
     * scanner of our own was the alternative; but two parsers never agree on everything, and the gap is where attacks live.
     */
    static final int DEPTH_MAX = 100;
    static final int UNFOLDED_MAX = 1_000_000;
    private static final int TYPE_NAME_CHARS_MAX = 512;

    private static final VarHandle OFFSET;

    static {
        try {
            OFFSET = MethodHandles.privateLookupIn(Hessian2Input.class, MethodHandles.lookup())
                    .findVarHandle(Hessian2Input.class, "_offset", int.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    /** A class as the body defines it. */
    private static final class Definition {
        final String type;
        final String[] fields;

        Definition(String type, String[] fields) {
            this.type = type;
            this.fields = fields;
        }
    }

    private final GuardedFactory factory;
    private final long bytes;
    private final List<Definition> definitions = new ArrayList<>();
    private final List<Span> spans = new ArrayList<>();
    private long announced;
    private long unfolded;
    private int depth;

    /** From which count of unfolded objects to which one an object reaches. */
    private static final class Span {
        final long from;
        long to;

        Span(long from) {
            this.from = from;
            this.to = from;
        }

        long size() {
            return Math.max(1, to - from);
        }
    }

    GuardedInput(ByteBuf in, GuardedFactory factory) {
        super(new ByteBufInputStream(in));
        this.bytes = in.readableBytes();
        this.factory = factory;
        setSerializerFactory(factory);
    }

    @Override
    public @Nullable Object readObject() throws IOException {
        return readObject(null);
    }

    @Override
    @SuppressWarnings("rawtypes") // the library's signature
    public @Nullable Object readObject(@Nullable Class type) throws IOException {
        if (++depth > DEPTH_MAX) {
            throw new Refusal(BodyException.Kind.TOO_LARGE, "it is nested deeper than DEPTH_MAX = " + DEPTH_MAX);
        }
        unfold(1);
        long from = unfolded;
        int firstRef = spans.size();
        try {
            return readTagged(type);
        } finally {
            depth--;
            // The first reference made within is this object's own: each deserializer adds it before it reads on.
            if (firstRef < spans.size()) {
                spans.get(firstRef).to = Math.max(from, unfolded);
            }
        }
    }

    private @Nullable Object readTagged(@Nullable Class<?> type) throws IOException {
        int tag = read();
        return switch (tag) {
            case -1 -> throw Refusal.malformed("it ends where an object was expected");
            case 'O' -> {
                readDefinition();
                yield readObject(type);
            }
            case 'o' -> readInstance(type);
            case 'v' -> {
                String listType = typeAt(readInt());
                int length = announce(readInt());
                yield factory.getObjectDeserializer(listType, type).readLengthList(this, length);
            }
            case 'R' -> backReference((read() << 24) | (read() << 16) | (read() << 8) | read());
            case Hessian2Constants.REF_BYTE -> backReference(read());
            case Hessian2Constants.REF_SHORT -> backReference((read() << 8) | read());
            case 'r' ->
                throw new Refusal(BodyException.Kind.REFUSED_TYPE, "it has a remote object, which is not allowed");
            default -> {
                OFFSET.set(this, (int) OFFSET.get(this) - 1);
                yield type == null || type == Object.class ? super.readObject() : super.readObject(type);
            }
        };
    }

    private void readDefinition() throws IOException {
        String type = readChars(readInt());
        int count = announce(readInt());
        if (count < 0) {
            throw Refusal.malformed("the type " + type + " has " + count + " fields");
        }
        String[] fields = new String[count];
        for (int i = 0; i < count; i++) {
            fields[i] = readString();
        }
        definitions.add(new Definition(type, fields));
    }

    private Object readInstance(@Nullable Class<?> type) throws IOException {
        int index = readInt();
        if (index < 0 || index >= definitions.size()) {
            throw Refusal.malformed("it has an object of type number " + index + ", and defined " + definitions.size());
        }
        Definition definition = definitions.get(index);
        return factory.instanceDeserializer(definition.type, definition.fields, type)
                .readObject(this, definition.fields);
    }

    private @Nullable Object backReference(int index) throws IOException {
        if (index < 0 || index >= spans.size()) {
            throw Refusal.malformed("it refers back to object number " + index + " of " + spans.size());
        }
        unfold(spans.get(index).size());
        return _refs.get(index);
    }

    private void unfold(long objects) throws Refusal {
        unfolded += objects;
        if (unfolded > UNFOLDED_MAX + bytes) {
            throw new Refusal(
                    BodyException.Kind.TOO_LARGE,
                    "with its back references it unfolds to more than UNFOLDED_MAX = " + UNFOLDED_MAX + " objects");
        }
    }

    private int announce(int length) throws Refusal {
        announced += Math.max(0, length);
        if (announced > bytes) {
            throw Refusal.malformed("it announces " + announced + " elements in its " + bytes + " bytes");
        }
        return length;
    }

    @Override
    public int readLength() throws IOException {
        return announce(super.readLength());
    }

    @Override
    public int addRef(@Nullable Object ref) {
        spans.add(new Span(unfolded));
        return super.addRef(ref);
    }

    private String typeAt(int index) throws Refusal {
        if (_types == null || index < 0 || index >= _types.size()) {
            throw Refusal.malformed("it has a list of type number " + index + ", which it did not define");
        }
        return (String) _types.get(index);
    }

    /** So many characters in UTF-8 without a tag, as class names are written. */
    private String readChars(int length) throws IOException {
        if (length < 0 || length > TYPE_NAME_CHARS_MAX) {
            throw Refusal.malformed(
                    "a type's name has " + length + " characters: expected at most " + TYPE_NAME_CHARS_MAX);
        }
        StringBuilder text = new StringBuilder(length);
        for (int i = 0; i < length; i++) {
            int first = read();
            if (first < 0) {
                throw Refusal.malformed("it ends within a type's name");
            } else if (first < 0x80) {
                text.append((char) first);
            } else if ((first & 0xe0) == 0xc0) {
                text.append((char) (((first & 0x1f) << 6) | (read() & 0x3f)));
            } else if ((first & 0xf0) == 0xe0) {
                text.append((char) (((first & 0x0f) << 12) | ((read() & 0x3f) << 6) | (read() & 0x3f)));
            } else {
                throw Refusal.malformed("a type's name is no UTF-8");
            }
        }
        return text.toString();
    }
}
