package dev.plinth.server.backup;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.plinth.kernel.Rehearsal;
import dev.plinth.kernel.Revision;
import java.io.BufferedInputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.EOFException;
import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.zip.ZipEntry;
import java.util.zip.ZipException;
import java.util.zip.ZipFile;
import java.util.zip.ZipOutputStream;

/** A backup in one file. */
public final class Archive implements AutoCloseable {
    /*
     * A ZIP file, so that people can look into it:
     *
     *   <partition>/state     what its engine, sessions and open effects are at the index that the manifest names
     *   <partition>/entries   what came after it: for each entry its length (4 bytes, big-endian) and its envelope
     *   history/<file>        the histories of transactions that ended
     *   manifest.json         what all that is, with the SHA-256 of every part
     *   manifest.sha256       that of the manifest
     *
     * The manifest comes last, for the archive is written as one stream: without it, it is not whole.
     */
    private static final String MANIFEST = "manifest.json";
    private static final String MANIFEST_HASH = "manifest.sha256";
    private static final String HISTORY = "history/";
    private static final int ENTRY_BYTES_MAX = 64 << 20;
    private static final int PIECE_BYTES = 1 << 16;

    private static final JsonMapper JSON =
            JsonMapper.builder().enable(SerializationFeature.INDENT_OUTPUT).build();

    private final Path path;
    private final ZipFile zip;
    private final Manifest manifest;

    private Archive(Path path, ZipFile zip, Manifest manifest) {
        this.path = path;
        this.zip = zip;
        this.manifest = manifest;
    }

    // ---- writing

    /** Writes an archive. Not whole before {@link #finish}. */
    static final class Writer {
        private final ZipOutputStream zip;
        private final String release;
        private final String server;
        private final List<Manifest.PartitionPast> partitions = new ArrayList<>();
        private final List<Manifest.Part> parts = new ArrayList<>();

        Writer(OutputStream out, String release, String server) {
            this.zip = new ZipOutputStream(out);
            this.release = release;
            this.server = server;
        }

        /** Writes the bytes of one part. */
        interface Content {
            void write(OutputStream out) throws IOException;
        }

        String part(String name, Content content) throws IOException {
            zip.putNextEntry(new ZipEntry(name));
            var counted = new Counted(zip);
            content.write(counted);
            zip.closeEntry();
            var hash = HexFormat.of().formatHex(counted.digest.digest());
            parts.add(new Manifest.Part(name, counted.bytes, hash));
            return hash;
        }

        void history(String name, Content content) throws IOException {
            part(HISTORY + name, content);
        }

        /** A partition without a past is one of index 0 and no entries. */
        void partition(String name, Rehearsal.Past past) throws IOException {
            var revision = past.revision();
            String hash = "";
            if (revision.index() > 0) {
                hash = part(name + "/state", out -> {
                    try (var state = past.reader().state()) {
                        state.transferTo(out);
                    }
                });
                if (!past.hash().isEmpty() && !hash.equals(past.hash())) {
                    throw new IOException("the state of " + name + " hashes to " + hash + "; expected " + past.hash());
                }
            }
            long[] count = {0};
            part(name + "/entries", out -> {
                var data = new DataOutputStream(out);
                past.reader().entries(envelope -> {
                    byte[] bytes = new byte[envelope.remaining()];
                    envelope.duplicate().get(bytes);
                    data.writeInt(bytes.length);
                    data.write(bytes);
                    count[0]++;
                });
                data.flush();
            });
            partitions.add(new Manifest.PartitionPast(
                    name, revision.incarnation(), revision.index(), past.stamp().toString(), hash, count[0]));
        }

        Manifest finish() throws IOException {
            var manifest = new Manifest(
                    Manifest.FORMAT, release, Instant.now().toString(), server, partitions, List.copyOf(parts));
            byte[] text = JSON.writeValueAsBytes(manifest);
            var hash = part(MANIFEST, out -> out.write(text));
            part(MANIFEST_HASH, out -> out.write((hash + "\n").getBytes(StandardCharsets.UTF_8)));
            zip.finish();
            zip.flush();
            return manifest;
        }
    }

    private static final class Counted extends FilterOutputStream {
        private final MessageDigest digest = sha256();
        private long bytes;

        Counted(OutputStream to) {
            super(to);
        }

        @Override
        public void write(int b) throws IOException {
            write(new byte[] {(byte) b}, 0, 1);
        }

        @Override
        public void write(byte[] from, int start, int length) throws IOException {
            out.write(from, start, length);
            digest.update(from, start, length);
            bytes += length;
        }
    }

    // ---- reading

    /**
     * Opens an archive, and looks at every byte of it.
     *
     * @throws IOException if it is none, or is damaged; it says which part
     */
    public static Archive open(Path path) throws IOException {
        if (!Files.isRegularFile(path)) {
            throw new IOException(path + ": there is no such file");
        }
        ZipFile zip;
        try {
            zip = new ZipFile(path.toFile());
        } catch (ZipException | EOFException e) {
            throw new IOException(path + ": is no backup, or only the beginning of one: " + reason(e), e);
        }
        try {
            var archive = new Archive(path, zip, manifest(path, zip));
            archive.check();
            return archive;
        } catch (IOException | RuntimeException e) {
            zip.close();
            throw e;
        }
    }

    private static Manifest manifest(Path path, ZipFile zip) throws IOException {
        if (zip.getEntry(MANIFEST) == null || zip.getEntry(MANIFEST_HASH) == null) {
            throw new IOException(path + ": is no backup of plinth: expected " + MANIFEST + " in it");
        }
        byte[] text = bytes(path, zip, MANIFEST);
        var expected = new String(bytes(path, zip, MANIFEST_HASH), StandardCharsets.UTF_8).strip();
        var found = HexFormat.of().formatHex(sha256().digest(text));
        if (!found.equals(expected)) {
            throw damaged(path, MANIFEST, "its SHA-256 is " + found + "; expected " + expected);
        }
        try {
            var format = JSON.readTree(text).path("format");
            if (!format.isInt() || format.intValue() != Manifest.FORMAT) {
                throw new IOException(
                        path + ": is a backup of format " + format + "; this release reads " + Manifest.FORMAT);
            }
            return JSON.readValue(text, Manifest.class);
        } catch (JsonProcessingException e) {
            throw damaged(path, MANIFEST, e.getOriginalMessage());
        }
    }

    private static byte[] bytes(Path path, ZipFile zip, String name) throws IOException {
        try (var in = zip.getInputStream(zip.getEntry(name))) {
            return in.readAllBytes();
        } catch (ZipException | EOFException e) {
            throw damaged(path, name, reason(e));
        }
    }

    /** Java says of a table that leads past the file's end only that it is the end. */
    private static String reason(IOException e) {
        return e.getMessage() == null ? "it leads past the file's end" : e.getMessage();
    }

    private static IOException damaged(Path path, String part, String reason) {
        return new IOException(path + ": is damaged in " + part + ": " + reason);
    }

    private void check() throws IOException {
        for (var part : manifest.parts()) {
            var digest = sha256();
            long bytes;
            try (var in = new DigestInputStream(part(part.name()), digest)) {
                bytes = in.transferTo(OutputStream.nullOutputStream());
            } catch (ZipException | EOFException e) {
                throw damaged(path, part.name(), reason(e));
            }
            var found = HexFormat.of().formatHex(digest.digest());
            if (bytes != part.bytes() || !found.equals(part.sha256())) {
                throw damaged(
                        path,
                        part.name(),
                        bytes + " bytes with SHA-256 " + found + "; expected " + part.bytes() + " with "
                                + part.sha256());
            }
        }
    }

    public Manifest manifest() {
        return manifest;
    }

    private InputStream part(String name) throws IOException {
        var entry = zip.getEntry(name);
        if (entry == null) {
            throw damaged(path, name, "it is missing");
        }
        return zip.getInputStream(entry);
    }

    /** The past of one of its partitions. */
    Rehearsal.Past past(Manifest.PartitionPast partition) {
        return new Rehearsal.Past(
                new Revision(partition.incarnation(), partition.index()),
                Instant.parse(partition.stamp()),
                partition.stateSha256(),
                new Rehearsal.PastReader() {
                    @Override
                    public InputStream state() throws IOException {
                        return new BufferedInputStream(part(partition.name() + "/state"), PIECE_BYTES);
                    }

                    @Override
                    public void entries(Rehearsal.EntryReader each) throws IOException {
                        readEntries(partition, each);
                    }
                });
    }

    private void readEntries(Manifest.PartitionPast partition, Rehearsal.EntryReader each) throws IOException {
        var name = partition.name() + "/entries";
        try (var in = new DataInputStream(new BufferedInputStream(part(name), PIECE_BYTES))) {
            for (long i = 0; i < partition.entries(); i++) {
                int length = in.readInt();
                if (length < 0 || length > ENTRY_BYTES_MAX) {
                    throw damaged(path, name, "an entry of " + length + " bytes");
                }
                byte[] bytes = new byte[length];
                in.readFully(bytes);
                each.take(ByteBuffer.wrap(bytes));
            }
        } catch (EOFException e) {
            throw damaged(path, name, "it ends before its " + partition.entries() + " entries do");
        }
    }

    /** The names of the files of the history. */
    List<String> history() {
        return manifest.parts().stream()
                .map(Manifest.Part::name)
                .filter(name -> name.matches(HISTORY + "[A-Za-z0-9._-]+"))
                .map(name -> name.substring(HISTORY.length()))
                .toList();
    }

    InputStream history(String file) throws IOException {
        return part(HISTORY + file);
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }

    @Override
    public void close() throws IOException {
        zip.close();
    }
}
