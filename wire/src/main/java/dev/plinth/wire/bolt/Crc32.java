package dev.plinth.wire.bolt;

import io.netty.buffer.ByteBuf;
import java.util.zip.CRC32;

/** The CRC32 of some bytes of a buffer, without copying them where the buffer allows. */
final class Crc32 {
    private Crc32() {}

    static int of(ByteBuf buffer, int index, int length) {
        CRC32 crc = new CRC32();
        for (var part : buffer.nioBuffers(index, length)) {
            crc.update(part);
        }
        return (int) crc.getValue();
    }
}
