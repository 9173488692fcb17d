package dev.plinth.wire.seata;

import dev.plinth.wire.seata.SeataFormatException.Code;
import io.netty.buffer.ByteBuf;
import java.nio.charset.StandardCharsets;
import java.util.OptionalInt;

/** Reads the fields of one frame's messages; each names itself, for the error that says where the bytes broke the format. */
final class FieldReader {
    private static final BranchType[] BRANCH_TYPES = BranchType.values();
    private static final BranchStatus[] BRANCH_STATUSES = BranchStatus.values();
    private static final GlobalStatus[] GLOBAL_STATUSES = GlobalStatus.values();
    private static final TransactionExceptionCode[] EXCEPTION_CODES = TransactionExceptionCode.values();

    private final ByteBuf in;
    private final int requestId;
    private final boolean endKnown;
    private String message = "";

    /** The bytes end before the message does; but more may come. Carries no stack trace: it happens often. */
    static final class NotAllThere extends RuntimeException {
        private NotAllThere() {
            super("", null, false, false);
        }
    }

    /** Reads all of these bytes and no others. */
    FieldReader(ByteBuf in, int requestId) {
        this(in, requestId, true);
    }

    private FieldReader(ByteBuf in, int requestId, boolean endKnown) {
        this.in = in;
        this.requestId = requestId;
        this.endKnown = endKnown;
    }

    /** Reads the first of these bytes. If they are too few, {@link NotAllThere} is thrown in place of a fault. */
    static FieldReader ofUnknownEnd(ByteBuf in, int requestId) {
        return new FieldReader(in, requestId, false);
    }

    /** The fields that follow belong to this message. */
    void enter(String name) {
        message = name;
    }

    boolean hasMore() {
        return in.isReadable();
    }

    /** The next {@code length} bytes as a reader of their own. */
    FieldReader part(String field, int length) {
        need(field, length);
        FieldReader part = new FieldReader(in.readSlice(length), requestId);
        part.message = message;
        return part;
    }

    byte int8(String field) {
        need(field, 1);
        return in.readByte();
    }

    short int16(String field) {
        need(field, 2);
        return in.readShort();
    }

    int int32(String field) {
        need(field, 4);
        return in.readInt();
    }

    long int64(String field) {
        need(field, 8);
        return in.readLong();
    }

    /** A text after its length of two bytes; a negative length is Seata's way to write that there is none. */
    String text(String field) {
        return text(field, int16(field));
    }

    /** A text after its length of four bytes. */
    String longText(String field) {
        return text(field, int32(field));
    }

    private String text(String field, int length) {
        if (length <= 0) {
            return "";
        }
        need(field, length);
        String text = in.toString(in.readerIndex(), length, StandardCharsets.UTF_8);
        in.skipBytes(length);
        return text;
    }

    BranchType branchType(String field) {
        return constant(field, BRANCH_TYPES, int8(field));
    }

    BranchStatus branchStatus(String field) {
        return constant(field, BRANCH_STATUSES, int8(field));
    }

    GlobalStatus globalStatus(String field) {
        return constant(field, GLOBAL_STATUSES, int8(field));
    }

    /** A status that the sender may have left out, by -1. */
    GlobalStatus globalStatusIfAny(String field) {
        byte code = int8(field);
        return code < 0 ? GlobalStatus.UNKNOWN : constant(field, GLOBAL_STATUSES, code);
    }

    TransactionExceptionCode exceptionCode(String field) {
        return constant(field, EXCEPTION_CODES, int8(field));
    }

    private <T> T constant(String field, T[] constants, byte code) {
        if (code < 0 || code >= constants.length) {
            throw fault(field, "is " + code + "; known are 0 to " + (constants.length - 1));
        }
        return constants[code];
    }

    private void need(String field, int bytes) {
        if (bytes < 0 || in.readableBytes() < bytes) {
            if (!endKnown && bytes > 0 && bytes <= SeataCodec.FRAME_BYTES_MAX) {
                throw new NotAllThere();
            }
            throw fault(
                    field,
                    "needs " + bytes + " bytes at byte " + in.readerIndex() + ", and " + in.readableBytes()
                            + " are left");
        }
    }

    SeataFormatException fault(String field, String what) {
        return fault(Code.FIELD, (message.isEmpty() ? "" : message + ".") + field + " " + what);
    }

    SeataFormatException fault(Code code, String what) {
        return new SeataFormatException(code, OptionalInt.of(requestId), "request " + requestId + ": " + what);
    }
}
