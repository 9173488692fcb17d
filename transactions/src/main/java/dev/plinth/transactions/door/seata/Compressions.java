package dev.plinth.transactions.door.seata;

import dev.plinth.wire.seata.BodyCompression;
import io.airlift.compress.v3.zstd.ZstdInputStream;
import io.airlift.compress.v3.zstd.ZstdOutputStream;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.SequenceInputStream;
import java.util.Arrays;
import java.util.List;
import java.util.zip.DeflaterOutputStream;
import java.util.zip.GZIPInputStream;
import java.util.zip.GZIPOutputStream;
import java.util.zip.InflaterInputStream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;
import java.util.zip.ZipOutputStream;
import org.apache.commons.compress.archivers.sevenz.SevenZFile;
import org.apache.commons.compress.archivers.sevenz.SevenZOutputFile;
import org.apache.commons.compress.compressors.bzip2.BZip2CompressorInputStream;
import org.apache.commons.compress.compressors.bzip2.BZip2CompressorOutputStream;
import org.apache.commons.compress.compressors.lz4.FramedLZ4CompressorInputStream;
import org.apache.commons.compress.compressors.lz4.FramedLZ4CompressorOutputStream;
import org.apache.commons.compress.utils.SeekableInMemoryByteChannel;

/**
 * All ways in which Seata's clients can compress what they send ({@code transport.compressor}).
 *
 * <p>Source: Apache Seata 2.6.0, {@code seata-compressor}; 7z from the releases before, which had it.
 */
public final class Compressions {
    /*
     * In Java throughout: a library of native code would be one more thing to load and to distrust, for bodies of a few hundred
     * bytes. Nothing is faster than "none" here; who sets a compressor pays for it.
     */
    public static final List<BodyCompression> ALL = List.of(
            new Streams(1, GZIPInputStream::new, GZIPOutputStream::new),
            new Streams(2, Compressions::unzip, Compressions::zip),
            new SevenZip(),
            new BZip2(),
            new Streams(5, FramedLZ4CompressorInputStream::new, FramedLZ4CompressorOutputStream::new),
            new Streams(6, InflaterInputStream::new, DeflaterOutputStream::new),
            new Streams(7, ZstdInputStream::new, ZstdOutputStream::new));

    private static final int SEVENZ_MEMORY_KIB_MAX = 64 * 1024;

    private Compressions() {}

    private interface Unpacking {
        InputStream of(InputStream packed) throws IOException;
    }

    private interface Packing {
        OutputStream to(OutputStream packed) throws IOException;
    }

    /** What is there as streams. */
    private record Streams(int code, Unpacking unpacking, Packing packing) implements BodyCompression {
        @Override
        public byte[] compress(byte[] body) throws IOException {
            var packed = new ByteArrayOutputStream();
            try (var out = packing.to(packed)) {
                out.write(body);
            }
            return packed.toByteArray();
        }

        @Override
        public byte[] decompress(byte[] compressed, int bytesMax) throws IOException {
            return unpacked(() -> unpacking.of(new ByteArrayInputStream(compressed)), bytesMax);
        }
    }

    private static InputStream unzip(InputStream packed) throws IOException {
        var zip = new ZipInputStream(packed);
        if (zip.getNextEntry() == null) {
            throw new IOException("the archive has no entry");
        }
        return zip;
    }

    private static OutputStream zip(OutputStream packed) throws IOException {
        var zip = new ZipOutputStream(packed);
        zip.putNextEntry(new ZipEntry("zip"));
        return zip;
    }

    /** As Ant writes it, whose stream begins after the two letters of its format. */
    private record BZip2() implements BodyCompression {
        private static final byte[] LETTERS = {'B', 'Z'};
        private static final int BLOCK_100_KB = 1;

        @Override
        public int code() {
            return 4;
        }

        @Override
        public byte[] compress(byte[] body) throws IOException {
            var packed = new ByteArrayOutputStream();
            try (var out = new BZip2CompressorOutputStream(packed, BLOCK_100_KB)) {
                out.write(body);
            }
            var bytes = packed.toByteArray();
            return Arrays.copyOfRange(bytes, LETTERS.length, bytes.length);
        }

        @Override
        public byte[] decompress(byte[] compressed, int bytesMax) throws IOException {
            return unpacked(
                    () -> new BZip2CompressorInputStream(new SequenceInputStream(
                            new ByteArrayInputStream(LETTERS), new ByteArrayInputStream(compressed))),
                    bytesMax);
        }
    }

    /** An archive with one entry. */
    private record SevenZip() implements BodyCompression {
        @Override
        public int code() {
            return 3;
        }

        @Override
        public byte[] compress(byte[] body) throws IOException {
            try (var channel = new SeekableInMemoryByteChannel()) {
                try (var archive = new SevenZOutputFile(channel)) {
                    var entry = archive.createArchiveEntry(new File("7z"), "7z");
                    entry.setSize(body.length);
                    archive.putArchiveEntry(entry);
                    archive.write(body);
                    archive.closeArchiveEntry();
                }
                return Arrays.copyOf(channel.array(), (int) channel.size());
            }
        }

        @Override
        public byte[] decompress(byte[] compressed, int bytesMax) throws IOException {
            try (var archive = SevenZFile.builder()
                    .setSeekableByteChannel(new SeekableInMemoryByteChannel(compressed))
                    .setMaxMemoryLimitKiB(SEVENZ_MEMORY_KIB_MAX)
                    .get()) {
                var entry = archive.getNextEntry();
                if (entry == null) {
                    throw new IOException("the archive has no entry");
                }
                return unpacked(() -> archive.getInputStream(entry), bytesMax);
            }
        }
    }

    private interface Opening {
        InputStream open() throws IOException;
    }

    private static byte[] unpacked(Opening opening, int bytesMax) throws IOException {
        try (var in = opening.open()) {
            var bytes = in.readNBytes(bytesMax + 1);
            if (bytes.length > bytesMax) {
                throw new IOException("it stands for more than " + bytesMax + " bytes");
            }
            return bytes;
        } catch (RuntimeException e) {
            // These libraries meet broken bytes with whatever they stumble over.
            throw new IOException("it is broken: " + e, e);
        }
    }
}
