package dev.plinth.raft;

import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;

/** What one entry of a group's Raft log holds. */
sealed interface Batch {
    /*
     * format 1 | kind 1 | stamp: seconds 8, nanoseconds 4 | fields of the kind
     *
     *   kind       fields
     *   1 inputs   proposer 8, its number of the first 8, count 4, and for each: bytes 4, the kernel's envelope
     *   2 term     incarnation 8, the leader's name to the end
     *   3 hash     index 8, hash 32, the member's name to the end
     *
     * All numbers big-endian. Many inputs make one entry: what an entry costs JRaft (objects, a protobuf message for each follower, a
     * place in four queues) is then shared by all of them. They have one stamp, that of the leader who orders them; the stamps in
     * their envelopes are not used. Their revisions are the partition's own count of inputs, for Raft's indices have gaps where
     * members come and go, and one index for many inputs.
     */
    byte FORMAT = 1;
    int HEADER_BYTES = 2 + 12;
    int INPUTS_HEADER_BYTES = HEADER_BYTES + 8 + 8 + 4;

    /** What an input adds to its envelope. */
    int INPUT_BYTES = 4;

    int HASH_BYTES = 32;

    /** The leader's time. */
    Instant stamp();

    /**
     * Inputs in the order in which they take place.
     *
     * @param proposer the process that proposed them, in one of its lives
     * @param first its number of the first of them; the others follow without a gap
     */
    record Inputs(Instant stamp, long proposer, long first, List<ByteBuffer> envelopes) implements Batch {}

    /**
     * The first entry of a term: from here on this member leads.
     *
     * @param incarnation of the partition's history, if it has none yet
     */
    record Term(Instant stamp, long incarnation, String leader) implements Batch {}

    /**
     * What a member's state hashed to after the input of this index.
     *
     * @param hash in hexadecimal
     */
    record Hash(Instant stamp, long index, String hash, String member) implements Batch {}

    /** Without a stamp, which the leader puts in. */
    static ByteBuffer inputs(long proposer, long first, List<ByteBuffer> envelopes) {
        int size = INPUTS_HEADER_BYTES;
        for (var envelope : envelopes) {
            size += INPUT_BYTES + envelope.remaining();
        }
        var to = header(size, 1).putLong(proposer).putLong(first).putInt(envelopes.size());
        for (var envelope : envelopes) {
            to.putInt(envelope.remaining()).put(envelope.duplicate());
        }
        return to.flip();
    }

    static ByteBuffer term(long incarnation, RaftMember leader) {
        byte[] name = leader.toString().getBytes(StandardCharsets.UTF_8);
        return header(HEADER_BYTES + 8 + name.length, 2)
                .putLong(incarnation)
                .put(name)
                .flip();
    }

    static ByteBuffer hash(long index, byte[] hash, RaftMember member) {
        byte[] name = member.toString().getBytes(StandardCharsets.UTF_8);
        return header(HEADER_BYTES + 8 + HASH_BYTES + name.length, 3)
                .putLong(index)
                .put(hash, 0, HASH_BYTES)
                .put(name)
                .flip();
    }

    private static ByteBuffer header(int size, int kind) {
        return ByteBuffer.allocate(size).put(FORMAT).put((byte) kind).position(HEADER_BYTES);
    }

    static void stamp(ByteBuffer batch, Instant stamp) {
        batch.putLong(batch.position() + 2, stamp.getEpochSecond()).putInt(batch.position() + 10, stamp.getNano());
    }

    /**
     * Reads a batch from its position to its limit, which stay.
     *
     * @throws IllegalArgumentException if the bytes are no batch; it says what was expected
     */
    static Batch read(ByteBuffer bytes) {
        var from = bytes.duplicate();
        try {
            byte format = from.get();
            if (format != FORMAT) {
                throw new IllegalArgumentException("batch format " + format + "; this release reads " + FORMAT);
            }
            int kind = from.get();
            var stamp = Instant.ofEpochSecond(from.getLong(), from.getInt());
            return switch (kind) {
                case 1 -> new Inputs(stamp, from.getLong(), from.getLong(), envelopes(from));
                case 2 -> new Term(stamp, from.getLong(), name(from));
                case 3 -> {
                    long index = from.getLong();
                    byte[] hash = new byte[HASH_BYTES];
                    from.get(hash);
                    yield new Hash(stamp, index, HexFormat.of().formatHex(hash), name(from));
                }
                default -> throw new IllegalArgumentException("batch kind " + kind + "; expected 1 to 3");
            };
        } catch (BufferUnderflowException e) {
            throw new IllegalArgumentException("a batch of " + bytes.remaining() + " bytes ends too early", e);
        }
    }

    private static List<ByteBuffer> envelopes(ByteBuffer from) {
        int count = from.getInt();
        if (count < 0 || count > from.remaining()) {
            throw new IllegalArgumentException("a batch of " + count + " inputs in " + from.remaining() + " bytes");
        }
        List<ByteBuffer> envelopes = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            int length = from.getInt();
            if (length < 0 || length > from.remaining()) {
                throw new IllegalArgumentException(
                        "an input of " + length + " bytes where " + from.remaining() + " are left");
            }
            envelopes.add(from.slice(from.position(), length));
            from.position(from.position() + length);
        }
        return envelopes;
    }

    private static String name(ByteBuffer from) {
        byte[] name = new byte[from.remaining()];
        from.get(name);
        return new String(name, StandardCharsets.UTF_8);
    }
}
