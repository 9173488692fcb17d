package dev.plinth.trust.audit;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.google.protobuf.ByteString;
import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.jwk.ECKey;
import java.io.BufferedReader;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.GeneralSecurityException;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.Signature;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;

/** A server's copy of the audit log: a folder of files that are only added to, each line a JSON object. Not for many threads. */
public final class AuditFolder implements AutoCloseable {
    /*
     * Three kinds of lines: an entry; a checkpoint, in which the cluster's key signs where the log stood; and a note that entries are
     * missing here, because the others forgot them before this server was back. The chain makes a change of any line show in all
     * that follow; the checkpoints keep somebody who can write the files from making a new chain. What neither shows is that the end was
     * cut off: that is seen by comparing with the head that a running server tells, or with a checkpoint that was taken elsewhere.
     *
     * A crash leaves half a line at the end; it is cut off before more is written, for its entry comes again.
     */
    // Whatever could be read in two ways is refused: a name that stands twice, and what comes after a line's object.
    private static final ObjectMapper JSON = new ObjectMapper()
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION.mappedFeature())
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);
    private static final int ENTRIES_PER_FILE = 100_000;
    private static final int PROBLEMS_MAX = 20;
    private static final String CHECKPOINT = "plinth audit checkpoint";

    private final Path folder;
    private AuditHead head = AuditHead.EMPTY;
    private Checkpoint checkpoint = Checkpoint.NONE;
    private long inFile;
    private Optional<FileChannel> channel = Optional.empty();

    private AuditFolder(Path folder) {
        this.folder = folder;
    }

    /**
     * Opens it to be added to; makes it if it is not there.
     *
     * @throws IOException if what is there does not verify: nothing is added to a log that was tampered with
     */
    public static AuditFolder open(Path folder) throws IOException {
        Files.createDirectories(folder);
        var log = new AuditFolder(folder);
        var files = files(folder);
        if (!files.isEmpty()) {
            cutHalfLine(files.getLast());
        }
        // The newest file alone: a start must not take longer with each year. Whoever wants to know of all asks for it.
        var verification = new Verification(Optional.empty(), files.size() > 1);
        if (!files.isEmpty()) {
            try (var reader = Files.newBufferedReader(files.getLast())) {
                verification.read(files.getLast().getFileName().toString(), reader);
            }
        }
        var report = verification.report();
        if (!report.problems().isEmpty()) {
            throw new IOException(folder + ": the audit log does not verify: "
                    + report.problems().getFirst());
        }
        log.head = report.head();
        log.checkpoint = report.newestCheckpoint();
        if (!files.isEmpty()) {
            try (var lines = Files.lines(files.getLast())) {
                log.inFile = lines.count();
            }
            log.channel = Optional.of(FileChannel.open(files.getLast(), StandardOpenOption.APPEND));
        }
        return log;
    }

    private static List<Path> files(Path folder) throws IOException {
        if (!Files.isDirectory(folder)) {
            throw new IOException(folder + ": there is no such folder");
        }
        try (var files = Files.list(folder)) {
            return files.filter(file -> file.getFileName().toString().matches("audit-\\d{12}\\.jsonl"))
                    .sorted()
                    .toList();
        }
    }

    private static void cutHalfLine(Path file) throws IOException {
        try (var channel = FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
            long end = channel.size();
            var one = ByteBuffer.allocate(1);
            while (end > 0) {
                channel.read(one.clear(), end - 1);
                if (one.get(0) == '\n') {
                    break;
                }
                end--;
            }
            channel.truncate(end);
        }
    }

    /** The newest entry that is here. */
    public AuditHead head() {
        return head;
    }

    /** The newest checkpoint. */
    public Checkpoint checkpoint() {
        return checkpoint;
    }

    /**
     * What the cluster's key has signed.
     *
     * @param sequence the entry that it vouches for, with all before it; 0 if there is no checkpoint
     */
    public record Checkpoint(long sequence, Instant at) {
        static final Checkpoint NONE = new Checkpoint(0, Instant.EPOCH);
    }

    /** How far the log reaches, whatever is added to it later. */
    public record Extent(Optional<Path> lastFile, long bytes) {}

    /** How far it reaches now. */
    public Extent extent() throws IOException {
        var files = files(folder);
        return files.isEmpty()
                ? new Extent(Optional.empty(), 0)
                : new Extent(Optional.of(files.getLast()), Files.size(files.getLast()));
    }

    /** Adds entries, in their order, and has them on disk when it returns. Those that are here already are left out. */
    public void append(List<AuditEntry> entries) throws IOException {
        var text = new StringBuilder();
        for (var entry : entries) {
            if (entry.sequence() <= head.sequence()) {
                continue;
            }
            if (entry.sequence() > head.sequence() + 1) {
                line(
                        text,
                        JSON.createObjectNode()
                                .put("missing-from", head.sequence() + 1)
                                .put("missing-to", entry.sequence() - 1));
            }
            line(
                    text,
                    JSON.createObjectNode()
                            .put("sequence", entry.sequence())
                            .put("at", entry.at().toString())
                            .put("actor", entry.actor())
                            .put("action", entry.action())
                            .put("subject", entry.subject())
                            .put("detail", entry.detail())
                            .put("hash", hex(entry.hash())));
            head = new AuditHead(entry.sequence(), entry.hash());
        }
        write(text);
    }

    /** Adds a checkpoint of the newest entry, signed by this key (ES256, DER). */
    public void checkpoint(ECKey key, Instant at) throws IOException {
        if (head.sequence() == checkpoint.sequence()) {
            return;
        }
        var text = new StringBuilder();
        line(
                text,
                JSON.createObjectNode()
                        .put("checkpoint", head.sequence())
                        .put("at", at.toString())
                        .put("hash", hex(head.hash()))
                        .put("key", key.getKeyID())
                        .put("signature", sign(key, signed(head.sequence(), at, hex(head.hash())))));
        write(text);
        checkpoint = new Checkpoint(head.sequence(), at);
    }

    private static void line(StringBuilder text, JsonNode line) {
        text.append(line).append('\n');
    }

    private void write(StringBuilder text) throws IOException {
        if (text.isEmpty()) {
            return;
        }
        if (channel.isEmpty() || inFile >= ENTRIES_PER_FILE) {
            close();
            channel = Optional.of(FileChannel.open(
                    folder.resolve("audit-%012d.jsonl".formatted(head.sequence())),
                    StandardOpenOption.CREATE,
                    StandardOpenOption.APPEND));
            inFile = 0;
        }
        var buffer = ByteBuffer.wrap(text.toString().getBytes(StandardCharsets.UTF_8));
        while (buffer.hasRemaining()) {
            channel.get().write(buffer);
        }
        channel.get().force(true);
        inFile += text.chars().filter(c -> c == '\n').count();
    }

    private static String hex(ByteString bytes) {
        return HexFormat.of().formatHex(bytes.toByteArray());
    }

    private static byte[] signed(long sequence, Instant at, String hash) {
        return (CHECKPOINT + "\n" + sequence + "\n" + at + "\n" + hash).getBytes(StandardCharsets.UTF_8);
    }

    private static String sign(ECKey key, byte[] message) {
        try {
            PrivateKey privateKey = key.toECPrivateKey();
            var signer = Signature.getInstance("SHA256withECDSA");
            signer.initSign(privateKey);
            signer.update(message);
            return Base64.getEncoder().encodeToString(signer.sign());
        } catch (JOSEException | GeneralSecurityException e) {
            throw new IllegalStateException("the key of checkpoints cannot sign: " + e.getMessage(), e);
        }
    }

    private static boolean verifies(ECKey key, byte[] message, String signature) {
        try {
            PublicKey publicKey = key.toECPublicKey();
            var verifier = Signature.getInstance("SHA256withECDSA");
            verifier.initVerify(publicKey);
            verifier.update(message);
            var bytes = Base64.getDecoder().decode(signature);
            // The last digits of base64 have bits that mean nothing.
            return Base64.getEncoder().encodeToString(bytes).equals(signature) && verifier.verify(bytes);
        } catch (JOSEException | GeneralSecurityException | IllegalArgumentException e) {
            return false;
        }
    }

    // ---- verifying

    /**
     * What a look at every line came to.
     *
     * @param checkpoints how many; their signatures were looked at if there was a key
     * @param newestCheckpoint the newest of them
     * @param missing how many entries are said to be missing here
     * @param problems file, line and what is wrong; empty if all is well
     */
    public record Report(
            long entries,
            AuditHead head,
            long checkpoints,
            Checkpoint newestCheckpoint,
            long missing,
            List<String> problems) {
        public Report {
            problems = List.copyOf(problems);
        }

        /** The entry that the newest checkpoint vouches for; 0 if there is none. */
        public long checkpointSequence() {
            return newestCheckpoint.sequence();
        }
    }

    /**
     * Looks at every line.
     *
     * @param key that checkpoints have to be signed by; empty: their signatures are not looked at
     */
    public static Report verify(Path folder, Optional<ECKey> key) throws IOException {
        return verify(folder, key, new Extent(Optional.empty(), 0));
    }

    /**
     * Looks at every line of a log that is written on meanwhile.
     *
     * @param extent as far as this; without a file, as far as there is something
     */
    public static Report verify(Path folder, Optional<ECKey> key, Extent extent) throws IOException {
        var verification = new Verification(key, false);
        for (var file : files(folder)) {
            var isLast = extent.lastFile().filter(file::equals).isPresent();
            if (!isLast
                    && extent.lastFile()
                            .filter(last -> file.compareTo(last) > 0)
                            .isPresent()) {
                continue;
            }
            try (var reader = isLast ? reader(file, extent.bytes()) : Files.newBufferedReader(file)) {
                verification.read(file.getFileName().toString(), reader);
            } catch (CharacterCodingException e) {
                verification.problems.add(file.getFileName() + ": expected UTF-8, found other bytes");
            }
        }
        return verification.report();
    }

    /** The first so many bytes of a file. */
    private static BufferedReader reader(Path file, long bytes) throws IOException {
        var whole = Files.newInputStream(file);
        var first = new FilterInputStream(whole) {
            private long left = bytes;

            @Override
            public int read() throws IOException {
                if (left == 0) {
                    return -1;
                }
                left--;
                return super.read();
            }

            @Override
            public int read(byte[] into, int from, int most) throws IOException {
                if (left == 0) {
                    return -1;
                }
                int read = super.read(into, from, (int) Math.min(most, left));
                left -= Math.max(0, read);
                return read;
            }
        };
        return new BufferedReader(new InputStreamReader(first, StandardCharsets.UTF_8.newDecoder()));
    }

    private static final class Verification {
        private final Optional<ECKey> key;
        private final List<String> problems = new ArrayList<>();
        private AuditHead head = AuditHead.EMPTY;
        private boolean afterGap;
        private boolean fromMiddle;
        private long entries;
        private long checkpoints;
        private Checkpoint newestCheckpoint = Checkpoint.NONE;
        private long missing;

        /** @param fromMiddle what came before is not known */
        Verification(Optional<ECKey> key, boolean fromMiddle) {
            this.key = key;
            this.afterGap = fromMiddle;
            this.fromMiddle = fromMiddle;
        }

        void read(String file, BufferedReader reader) throws IOException {
            int number = 0;
            for (String text = reader.readLine(); text != null; text = reader.readLine()) {
                number++;
                if (problems.size() >= PROBLEMS_MAX) {
                    return;
                }
                try {
                    look(JSON.readTree(text)).ifPresent(problems::add);
                } catch (JsonProcessingException | DateTimeException | IllegalArgumentException e) {
                    problems.add("not a line of an audit log");
                }
                if (!problems.isEmpty() && !problems.getLast().startsWith("audit-")) {
                    problems.set(problems.size() - 1, file + ":" + number + ": " + problems.getLast());
                }
            }
        }

        private Optional<String> look(JsonNode line) {
            if (fromMiddle) {
                fromMiddle = false;
                long before = line.has("checkpoint")
                        ? line.path("checkpoint").asLong()
                        : line.path(line.has("sequence") ? "sequence" : "missing-from")
                                        .asLong()
                                - 1;
                head = new AuditHead(
                        before,
                        line.has("checkpoint")
                                ? ByteString.copyFrom(HexFormat.of()
                                        .parseHex(line.path("hash").asText()))
                                : ByteString.EMPTY);
                afterGap = !line.has("checkpoint");
            }
            if (line.has("sequence")) {
                return entry(line);
            }
            if (line.has("checkpoint")) {
                return checkpoint(line);
            }
            if (line.has("missing-from")) {
                return gap(line);
            }
            throw new IllegalArgumentException("neither entry, checkpoint nor gap");
        }

        private Optional<String> entry(JsonNode line) {
            var entry = new AuditEntry(
                    line.path("sequence").asLong(),
                    Instant.parse(line.path("at").asText()),
                    line.path("actor").asText(),
                    line.path("action").asText(),
                    line.path("subject").asText(),
                    line.path("detail").asText(),
                    ByteString.copyFrom(
                            HexFormat.of().parseHex(line.path("hash").asText())));
            entries++;
            var before = head;
            boolean first = afterGap;
            afterGap = false;
            head = new AuditHead(entry.sequence(), entry.hash());
            if (entry.sequence() != before.sequence() + 1) {
                return Optional.of("expected entry " + (before.sequence() + 1) + ", found " + entry.sequence());
            }
            // Of the first entry after a gap nobody here knows what it followed; the next checkpoint vouches for it.
            return first || entry.follows(before.hash())
                    ? Optional.empty()
                    : Optional.of("the hash of entry " + entry.sequence() + " is not that of what it says after entry "
                            + before.sequence());
        }

        private Optional<String> checkpoint(JsonNode line) {
            long sequence = line.path("checkpoint").asLong();
            var hash = line.path("hash").asText();
            var at = Instant.parse(line.path("at").asText());
            checkpoints++;
            newestCheckpoint = new Checkpoint(sequence, at);
            if (sequence != head.sequence() || !hash.equals(hex(head.hash()))) {
                return Optional.of("the checkpoint is of entry " + sequence + " with hash " + hash + ", expected entry "
                        + head.sequence() + " with hash " + hex(head.hash()));
            }
            return key.isEmpty()
                            || (line.path("key").asText().equals(key.get().getKeyID())
                                    && verifies(
                                            key.get(),
                                            signed(sequence, at, hash),
                                            line.path("signature").asText()))
                    ? Optional.empty()
                    : Optional.of("the checkpoint of entry " + sequence + " is not signed by key "
                            + key.get().getKeyID());
        }

        private Optional<String> gap(JsonNode line) {
            long from = line.path("missing-from").asLong();
            long to = line.path("missing-to").asLong();
            if (from != head.sequence() + 1 || to < from) {
                return Optional.of(
                        "the gap is from " + from + " to " + to + ", expected one from " + (head.sequence() + 1));
            }
            missing += to - from + 1;
            head = new AuditHead(to, ByteString.EMPTY);
            afterGap = true;
            return Optional.empty();
        }

        Report report() {
            return new Report(entries, head, checkpoints, newestCheckpoint, missing, problems);
        }
    }

    @Override
    public void close() throws IOException {
        if (channel.isPresent()) {
            channel.get().close();
            channel = Optional.empty();
        }
    }
}
