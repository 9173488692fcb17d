package dev.plinth.kernel;

import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.Optional;

/**
 * How an entry looks in a log: for journals, which write and read it, and for nobody else.
 *
 * <p>A journal encodes an input where it is proposed, stamps it where it is ordered, and decodes it where it is applied.
 */
public final class Envelope {
    /*
     * format 1 | kind 1 | stamp: seconds 8, nanoseconds 4 | fields of the kind | the command's bytes, to the end
     *
     *   kind                fields
     *   1 command           -
     *   2 command with id   client 8, sequence 8
     *   3 result            effect 8
     *   4 tick              -
     *   5 open session      -
     *   6 close session     client 8
     *   7 upgrade           engine version 4
     *
     * All numbers big-endian. The revision is the log's own: its incarnation, and the index of the record. A fixed layout and not
     * a .proto, for it is the same for all features and the stamp is put in last, on the store's thread.
     */
    static final int FORMAT = 1;

    /** The most that an envelope adds to a command. */
    public static final int BYTES_MAX = 14 + 16;

    private static final int STAMP_OFFSET = 2;
    private static final int FIELDS_OFFSET = STAMP_OFFSET + 12;
    private static final byte[] NO_COMMAND = new byte[0];

    private Envelope() {}

    /** Everything but the stamp. */
    public static <C> byte[] encode(Input<C> input, Codec<C> codec) {
        return switch (input) {
            case Input.Command<C>(var id, var command) ->
                id.isPresent()
                        ? bytes(2, codec.encode(command), 16)
                                .putLong(id.get().client().value())
                                .putLong(id.get().sequence())
                                .array()
                        : bytes(1, codec.encode(command), 0).array();
            case Input.Result<C>(var effect, var command) ->
                bytes(3, codec.encode(command), 8).putLong(effect.value()).array();
            case Input.Tick<C> _ -> tick();
            case Input.OpenSession<C> _ -> bytes(5, NO_COMMAND, 0).array();
            case Input.CloseSession<C>(var client) ->
                bytes(6, NO_COMMAND, 8).putLong(client.value()).array();
            case Input.Upgrade<C>(int version) ->
                bytes(7, NO_COMMAND, 4).putInt(version).array();
        };
    }

    /** A tick, which has no command. */
    static byte[] tick() {
        return bytes(4, NO_COMMAND, 0).array();
    }

    /** An envelope with its command in place, positioned at the fields of its kind. */
    private static ByteBuffer bytes(int kind, byte[] command, int fieldBytes) {
        return ByteBuffer.allocate(FIELDS_OFFSET + fieldBytes + command.length)
                .put((byte) FORMAT)
                .put((byte) kind)
                .put(FIELDS_OFFSET + fieldBytes, command)
                .position(FIELDS_OFFSET);
    }

    /** Bytes of the command in an envelope of {@code input}. */
    public static int commandBytes(Input<?> input, int envelopeBytes) {
        return switch (input) {
            case Input.Command<?> command ->
                envelopeBytes - FIELDS_OFFSET - (command.id().isPresent() ? 16 : 0);
            case Input.Result<?> _ -> envelopeBytes - FIELDS_OFFSET - 8;
            case Input.Tick<?> _, Input.OpenSession<?> _, Input.CloseSession<?> _, Input.Upgrade<?> _ -> 0;
        };
    }

    /** Puts the stamp into an envelope that starts at offset 0. */
    public static void stamp(ByteBuffer envelope, Instant stamp) {
        envelope.putLong(STAMP_OFFSET, stamp.getEpochSecond()).putInt(STAMP_OFFSET + 8, stamp.getNano());
    }

    /** The stamp of an envelope that starts at the position. */
    public static Instant stamp(ByteBuffer envelope) {
        int at = envelope.position() + STAMP_OFFSET;
        return Instant.ofEpochSecond(envelope.getLong(at), envelope.getInt(at + 8));
    }

    /**
     * Reads an envelope from its position to its limit.
     *
     * @throws IllegalArgumentException if the bytes are not an envelope with such a command; it says what was expected
     */
    public static <C> Entry<C> decode(ByteBuffer from, Revision revision, Codec<C> codec) {
        if (from.remaining() < FIELDS_OFFSET) {
            throw new IllegalArgumentException("an envelope of " + from.remaining() + " bytes");
        }
        int format = from.get();
        if (format != FORMAT) {
            throw new IllegalArgumentException("envelope format " + format + "; this release reads " + FORMAT);
        }
        int kind = from.get();
        var stamp = Instant.ofEpochSecond(from.getLong(), from.getInt());
        Input<C> input = switch (kind) {
            case 1 -> new Input.Command<>(Optional.empty(), codec.decode(from));
            case 2 -> {
                var id = new CommandId(new ClientId(from.getLong()), from.getLong());
                yield new Input.Command<>(Optional.of(id), codec.decode(from));
            }
            case 3 -> new Input.Result<>(new EffectId(from.getLong()), codec.decode(from));
            case 4 -> new Input.Tick<>();
            case 5 -> new Input.OpenSession<>();
            case 6 -> new Input.CloseSession<>(new ClientId(from.getLong()));
            case 7 -> new Input.Upgrade<>(from.getInt());
            default -> throw new IllegalArgumentException("input kind " + kind + "; expected 1 to 7");
        };
        return new Entry<>(revision, stamp, input);
    }
}
