package dev.plinth.trust.supply;

import dev.plinth.trust.Bytes;
import dev.plinth.trust.Malformed;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;

/** How large a log's tree is and what its root is, signed by the log (C2SP tlog-checkpoint in a signed note). */
record Checkpoint(String origin, long size, Bytes root, Bytes signed, List<NoteSignature> signatures) {
    private static final int SIGNATURES_MAX = 32;
    private static final int HINT_BYTES = 4;

    /** @param hint the first bytes of the name of its key */
    record NoteSignature(String name, Bytes hint, Bytes signature) {}

    Checkpoint {
        signatures = List.copyOf(signatures);
    }

    static Checkpoint parse(Bytes note) {
        var text = note.text(StandardCharsets.UTF_8);
        int blank = text.indexOf("\n\n");
        if (blank < 0 || !text.endsWith("\n")) {
            throw wrong(note, "lines, an empty one, and lines with signatures");
        }
        var lines = text.substring(0, blank).split("\n", -1);
        if (lines.length < 3 || lines[0].isEmpty() || !lines[1].matches("0|[1-9][0-9]{0,17}")) {
            throw wrong(note, "an origin, a size and a root hash on lines of their own");
        }
        var signatures = new ArrayList<NoteSignature>();
        for (var line : text.substring(blank + 2, text.length() - 1).split("\n", -1)) {
            var parts = line.split(" ", -1);
            if (parts.length != 3 || !parts[0].equals("\u2014") || signatures.size() == SIGNATURES_MAX) {
                throw wrong(note, "at most " + SIGNATURES_MAX + " signatures, each a dash, a name and Base64");
            }
            var bytes = base64(note, parts[2]);
            if (bytes.length() <= HINT_BYTES) {
                throw wrong(note, "a signature after the hint of its key");
            }
            signatures.add(new NoteSignature(parts[1], bytes.slice(0, HINT_BYTES), bytes.from(HINT_BYTES)));
        }
        return new Checkpoint(
                lines[0],
                Long.parseLong(lines[1]),
                base64(note, lines[2]),
                Bytes.of(note.source(), text.substring(0, blank + 1).getBytes(StandardCharsets.UTF_8)),
                signatures);
    }

    /** Whether this log signed it. Its name stands before the number of the tree in the origin, or is all of it. */
    boolean isSignedBy(TrustedRoot.Log log) {
        return log.id().length() >= HINT_BYTES
                && signatures.stream()
                        .filter(one -> one.hint().same(log.id().slice(0, HINT_BYTES)))
                        .filter(one -> origin.equals(one.name()) || origin.startsWith(one.name() + " - "))
                        .anyMatch(one ->
                                PublicKeys.verifies(log.key(), one.signature().copy(), signed));
    }

    private static Bytes base64(Bytes note, String text) {
        try {
            var bytes = Base64.getDecoder().decode(text);
            if (Base64.getEncoder().encodeToString(bytes).equals(text)) {
                return Bytes.of(note.source(), bytes);
            }
        } catch (IllegalArgumentException e) {
            throw wrong(note, "Base64");
        }
        throw wrong(note, "canonical Base64");
    }

    private static Malformed wrong(Bytes note, String expected) {
        return new Malformed(note.where(), expected, Bytes.shorten(note.text(StandardCharsets.UTF_8)));
    }
}
