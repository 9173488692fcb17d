package dev.plinth.kernel;

import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.time.Instant;

/** How the kernel's own snapshot writes times and bytes: seconds and nanoseconds; a length, then so many bytes. */
final class Stamps {
    private Stamps() {}

    static void write(DataOutputStream out, Instant stamp) throws IOException {
        out.writeLong(stamp.getEpochSecond());
        out.writeInt(stamp.getNano());
    }

    static Instant read(DataInputStream in) throws IOException {
        return Instant.ofEpochSecond(in.readLong(), in.readInt());
    }

    static byte[] readBytes(DataInputStream in, int length) throws IOException {
        if (length > Limits.COMMAND_BYTES_MAX) {
            throw new IOException("a value of " + length + " bytes; the limit is " + Limits.COMMAND_BYTES_MAX);
        }
        byte[] bytes = in.readNBytes(length);
        if (bytes.length < length) {
            throw new EOFException("the snapshot ends inside a value of " + length + " bytes");
        }
        return bytes;
    }
}
