package dev.plinth.registry.door.dns;

import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** Questions out of bytes and answers into bytes (RFC 1035; EDNS by RFC 6891; SRV by RFC 2782). */
final class DnsMessage {
    static final int A = 1;
    static final int SOA = 6;
    static final int AAAA = 28;
    static final int SRV = 33;
    static final int ANY = 255;
    private static final int OPT = 41;
    private static final int IN = 1;

    static final int OK = 0;
    static final int FORMAT_ERROR = 1;
    static final int SERVER_FAILURE = 2;
    static final int NO_SUCH_NAME = 3;
    static final int NOT_IMPLEMENTED = 4;
    static final int REFUSED = 5;

    private static final int HEADER_BYTES = 12;
    private static final int ANSWERS = 0x8000;
    private static final int OPCODE = 0x7800;
    private static final int AUTHORITATIVE = 0x0400;
    private static final int TRUNCATED = 0x0200;
    private static final int RECURSION_DESIRED = 0x0100;
    private static final int LABEL_BYTES_MAX = 63;
    private static final int NAME_BYTES_MAX = 255;

    /** Where the question's name stands, as a compressed name refers to it. */
    private static final int QUESTION_NAME = 0xC000 | HEADER_BYTES;

    /** A UDP answer without EDNS. */
    static final int PLAIN_BYTES_MAX = 512;

    /** A UDP answer that is not cut into fragments on its way. */
    static final int EDNS_BYTES_MAX = 1_232;

    /** What whoever asks next may remember; short, for endpoints come and go. */
    static final int TTL_SECONDS = 2;

    private DnsMessage() {}

    /**
     * What is asked.
     *
     * @param labels the name, the leftmost label first
     * @param edns whether the answer is to say how large an answer may be
     * @param udpBytesMax how large an answer over UDP may be
     */
    record Question(int id, int flags, List<String> labels, int type, boolean edns, int udpBytesMax) {}

    /** What is answered, of whatever question: the owner is the question's name but for what is {@code additional}. */
    record Answer(int code, List<ResourceRecord> records, List<ResourceRecord> additional, boolean withSoa) {
        static Answer failed(int code) {
            return new Answer(code, List.of(), List.of(), code == NO_SUCH_NAME);
        }
    }

    /** A record's data; {@code owner} counts in {@code additional} only. */
    record ResourceRecord(List<String> owner, int type, ByteBuffer data) {
        ResourceRecord(List<String> owner, int type, byte[] data) {
            this(owner, type, ByteBuffer.wrap(data).asReadOnlyBuffer());
        }
    }

    /** A question that cannot be answered as it is. */
    static final class Bad extends Exception {
        private final int id;
        private final int code;

        Bad(int id, int code, String message) {
            super(message, null, false, false);
            this.id = id;
            this.code = code;
        }

        /** The message that says so. */
        byte[] answer() {
            return ByteBuffer.allocate(HEADER_BYTES)
                    .putShort((short) id)
                    .putShort((short) (ANSWERS | code))
                    .array();
        }

        int code() {
            return code;
        }
    }

    /** Reads a question. What is not to be answered at all is a {@link Bad} with a negative code. */
    static Question read(ByteBuffer in) throws Bad {
        if (in.remaining() < HEADER_BYTES) {
            throw new Bad(0, -1, "a message of " + in.remaining() + " bytes: expected at least " + HEADER_BYTES);
        }
        int id = Short.toUnsignedInt(in.getShort());
        int flags = Short.toUnsignedInt(in.getShort());
        if ((flags & ANSWERS) != 0) {
            throw new Bad(id, -1, "an answer: expected a question");
        }
        if ((flags & OPCODE) != 0) {
            throw new Bad(id, NOT_IMPLEMENTED, "opcode " + ((flags & OPCODE) >> 11) + ": expected 0, a query");
        }
        int questions = Short.toUnsignedInt(in.getShort());
        int answers = Short.toUnsignedInt(in.getShort());
        int authorities = Short.toUnsignedInt(in.getShort());
        int additional = Short.toUnsignedInt(in.getShort());
        if (questions != 1 || answers != 0 || authorities != 0) {
            throw new Bad(id, FORMAT_ERROR, questions + " questions: expected one, and no records");
        }
        try {
            var labels = name(id, in);
            int type = Short.toUnsignedInt(in.getShort());
            int klass = Short.toUnsignedInt(in.getShort());
            if (klass != IN && klass != ANY) {
                throw new Bad(id, REFUSED, "class " + klass + ": expected IN");
            }
            boolean edns = false;
            int bytesMax = PLAIN_BYTES_MAX;
            for (int i = 0; i < additional; i++) {
                name(id, in);
                int kind = Short.toUnsignedInt(in.getShort());
                int size = Short.toUnsignedInt(in.getShort());
                in.getInt();
                in.position(in.position() + Short.toUnsignedInt(in.getShort()));
                if (kind == OPT) {
                    edns = true;
                    bytesMax = Math.clamp(size, PLAIN_BYTES_MAX, EDNS_BYTES_MAX);
                }
            }
            return new Question(id, flags, labels, type, edns, bytesMax);
        } catch (BufferUnderflowException | IllegalArgumentException e) {
            throw new Bad(id, FORMAT_ERROR, "the message ends too early");
        }
    }

    private static List<String> name(int id, ByteBuffer in) throws Bad {
        List<String> labels = new ArrayList<>();
        int bytes = 1;
        while (true) {
            int length = Byte.toUnsignedInt(in.get());
            if (length == 0) {
                return labels;
            }
            // In a question there is nothing before the name that it could refer to.
            bytes += length + 1;
            if (length > LABEL_BYTES_MAX || bytes > NAME_BYTES_MAX) {
                throw new Bad(id, FORMAT_ERROR, "a name beyond its limits, or compressed");
            }
            var label = new byte[length];
            in.get(label);
            labels.add(new String(label, StandardCharsets.ISO_8859_1));
        }
    }

    /** The answer's bytes; what does not fit is left out, and the answer says that it is truncated. */
    static byte[] write(Question question, Answer answer, List<String> zone, int bytesMax) {
        var out = ByteBuffer.allocate(bytesMax);
        int reserved = question.edns() ? 11 : 0;
        out.position(HEADER_BYTES);
        putName(out, question.labels());
        out.putShort((short) question.type()).putShort((short) IN);
        int answers = 0;
        boolean truncated = false;
        for (var record : answer.records()) {
            if (out.remaining() - reserved < 12 + record.data().remaining()) {
                truncated = true;
                break;
            }
            out.putShort((short) QUESTION_NAME);
            put(out, record);
            answers++;
        }
        int authorities = 0;
        if (answer.withSoa() && !truncated) {
            authorities = soa(out, zone, reserved);
        }
        int additional = 0;
        for (var record : answer.additional()) {
            // What is only a help may be missing without anybody being told so.
            if (truncated
                    || out.remaining() - reserved
                            < nameBytes(record.owner()) + 10 + record.data().remaining()) {
                break;
            }
            putName(out, record.owner());
            put(out, record);
            additional++;
        }
        if (question.edns()) {
            out.put((byte) 0)
                    .putShort((short) OPT)
                    .putShort((short) EDNS_BYTES_MAX)
                    .putInt(0)
                    .putShort((short) 0);
            additional++;
        }
        int flags = ANSWERS
                | (answer.code() == REFUSED ? 0 : AUTHORITATIVE)
                | (truncated ? TRUNCATED : 0)
                | (question.flags() & RECURSION_DESIRED)
                | answer.code();
        out.putShort(0, (short) question.id())
                .putShort(2, (short) flags)
                .putShort(4, (short) 1)
                .putShort(6, (short) answers)
                .putShort(8, (short) authorities)
                .putShort(10, (short) additional);
        var bytes = new byte[out.position()];
        out.get(0, bytes);
        return bytes;
    }

    private static void put(ByteBuffer out, ResourceRecord record) {
        out.putShort((short) record.type()).putShort((short) IN).putInt(TTL_SECONDS);
        out.putShort((short) record.data().remaining()).put(record.data().duplicate());
    }

    private static int soa(ByteBuffer out, List<String> zone, int reserved) {
        var data = soaData(zone);
        if (out.remaining() - reserved < nameBytes(zone) + 10 + data.length) {
            return 0;
        }
        putName(out, zone);
        put(out, new ResourceRecord(zone, SOA, data));
        return 1;
    }

    /** The zone's own record; its last number is how long it may be remembered that something is not there. */
    static byte[] soaData(List<String> zone) {
        var data = ByteBuffer.allocate(2 * nameBytes(zone) + 14 + 20);
        putName(data, prefixed("ns", zone));
        putName(data, prefixed("hostmaster", zone));
        data.putInt(1).putInt(3_600).putInt(600).putInt(86_400).putInt(TTL_SECONDS);
        var bytes = new byte[data.position()];
        data.get(0, bytes);
        return bytes;
    }

    private static List<String> prefixed(String label, List<String> name) {
        List<String> whole = new ArrayList<>(List.of(label));
        whole.addAll(name);
        return whole;
    }

    static byte[] srv(int weight, int port, List<String> target) {
        return ByteBuffer.allocate(6 + nameBytes(target))
                .putShort((short) 0)
                .putShort((short) weight)
                .putShort((short) port)
                .put(nameOf(target))
                .array();
    }

    private static byte[] nameOf(List<String> labels) {
        var name = ByteBuffer.allocate(nameBytes(labels));
        putName(name, labels);
        return name.array();
    }

    private static int nameBytes(List<String> labels) {
        return labels.stream().mapToInt(label -> label.length() + 1).sum() + 1;
    }

    private static void putName(ByteBuffer out, List<String> labels) {
        for (var label : labels) {
            out.put((byte) label.length()).put(label.getBytes(StandardCharsets.ISO_8859_1));
        }
        out.put((byte) 0);
    }
}
