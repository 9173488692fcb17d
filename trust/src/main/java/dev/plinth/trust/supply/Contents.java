package dev.plinth.trust.supply;

import dev.plinth.trust.Bytes;
import dev.plinth.trust.Json;
import dev.plinth.trust.Malformed;
import dev.plinth.trust.Signatures;
import dev.plinth.trust.Where;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.zip.GZIPInputStream;
import java.util.zip.ZipFile;

/** What is within an archive, a zip (a jar is one) or a tar.gz: the jars, and lists of components. */
record Contents(List<Jar> jars, List<Bytes> sboms) {
    /*
     * A zip is read by its central directory, as the JVM reads it; a name that stands there twice is refused, for readers differ in which
     * one they take. Jars within jars are not opened: their hash stands for what is in them.
     */
    static final String WITHIN = "the artifact";
    static final int ENTRIES_MAX = 200_000;
    static final long BYTES_MAX = 8L << 30;
    private static final int BUFFER_BYTES = 64 * 1024;

    record Jar(String path, String sha256) {}

    /** As the JVM knows one in a folder on its class path. */
    static boolean isJar(String name) {
        return name.regionMatches(true, name.length() - 4, ".jar", 0, 4);
    }

    Contents {
        jars = List.copyOf(jars);
        sboms = List.copyOf(sboms);
    }

    /** Empty if it is no archive. */
    static Optional<Contents> of(Path file) throws IOException {
        byte[] head;
        try (var in = Files.newInputStream(file)) {
            head = in.readNBytes(2);
        }
        try {
            if (head.length == 2 && head[0] == 'P' && head[1] == 'K') {
                return Optional.of(new Reading().zip(file));
            }
            if (head.length == 2 && (head[0] & 0xff) == 0x1f && (head[1] & 0xff) == 0x8b) {
                try (var in = new GZIPInputStream(new BufferedInputStream(Files.newInputStream(file)), BUFFER_BYTES)) {
                    return Optional.of(new Reading().tar(in));
                }
            }
            return Optional.empty();
        } catch (IOException | IllegalArgumentException e) {
            // Whether the archive is damaged or the disk, what is in it is not known.
            throw wrong("an archive that can be read", Bytes.shorten(String.valueOf(e.getMessage())));
        }
    }

    private static Malformed wrong(String expected, String found) {
        return new Malformed(Where.field("artifact", ""), expected, found);
    }

    private static final class Reading {
        private final List<Jar> jars = new ArrayList<>();
        private final List<Bytes> sboms = new ArrayList<>();
        private final HashSet<String> names = new HashSet<>();
        private long bytes;

        Contents zip(Path file) throws IOException {
            try (var zip = new ZipFile(file.toFile())) {
                for (var entries = zip.entries(); entries.hasMoreElements(); ) {
                    var entry = entries.nextElement();
                    count(entry.getName());
                    if (!entry.isDirectory() && isOfInterest(entry.getName())) {
                        try (var in = zip.getInputStream(entry)) {
                            take(entry.getName(), in);
                        }
                    }
                }
            }
            return new Contents(jars, sboms);
        }

        Contents tar(InputStream in) throws IOException {
            var tar = new TarReader(in);
            for (var entry = tar.next(); entry.isPresent(); entry = tar.next()) {
                count(entry.get());
                if (isOfInterest(entry.get())) {
                    take(entry.get(), tar.content());
                }
            }
            // What is left is padding; at its end stands the sum of all, which nobody looks at otherwise.
            var buffer = new byte[BUFFER_BYTES];
            for (int count = in.read(buffer); count >= 0; count = in.read(buffer)) {
                add(count);
                for (int i = 0; i < count; i++) {
                    if (buffer[i] != 0) {
                        throw wrong("nothing after the end of the tar archive", "more");
                    }
                }
            }
            return new Contents(jars, sboms);
        }

        private void count(String name) {
            if (names.size() == ENTRIES_MAX) {
                throw wrong("at most " + ENTRIES_MAX + " entries", "more");
            }
            if (!names.add(name)) {
                throw wrong("each name once", "twice " + Bytes.shorten(name));
            }
        }

        private static boolean isOfInterest(String name) {
            return isJar(name) || isSbom(name);
        }

        /** As Spring Boot and this project's releases have it. */
        private static boolean isSbom(String name) {
            return name.endsWith(".cdx.json")
                    && (name.startsWith("META-INF/sbom/")
                            || name.equals("sbom.cdx.json")
                            || name.endsWith("/sbom.cdx.json"));
        }

        private void take(String name, InputStream in) throws IOException {
            if (isSbom(name)) {
                var content = in.readNBytes(Json.DOCUMENT_BYTES_MAX + 1);
                add(content.length);
                sboms.add(Bytes.of(name, content));
                return;
            }
            var digest = Signatures.digester("SHA-256");
            var buffer = new byte[BUFFER_BYTES];
            for (int count = in.read(buffer); count >= 0; count = in.read(buffer)) {
                add(count);
                digest.update(buffer, 0, count);
            }
            jars.add(new Jar(name, HexFormat.of().formatHex(digest.digest())));
        }

        private void add(long count) {
            bytes += count;
            if (bytes > BYTES_MAX) {
                throw wrong("at most " + BYTES_MAX + " bytes in jars", "more");
            }
        }
    }
}
