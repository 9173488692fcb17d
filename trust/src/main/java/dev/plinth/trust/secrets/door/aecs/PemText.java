package dev.plinth.trust.secrets.door.aecs;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Base64;

/** One thing in PEM (RFC 7468), as OpenSSL writes and reads it. */
@SuppressWarnings("ArrayRecordComponent") // it is read once, never compared
record PemText(String label, byte[] content) {
    private static final Base64.Encoder LINES = Base64.getMimeEncoder(64, new byte[] {'\n'});
    private static final String BEGIN = "-----BEGIN ";
    private static final String END = "-----END ";
    private static final String DASHES = "-----";

    /**
     * Reads a text that holds one thing and nothing else.
     *
     * @throws IllegalArgumentException if it is none; it says what was expected and nothing of what was found
     */
    static PemText read(String what, String text, int charactersMax) {
        if (text.length() > charactersMax) {
            throw new IllegalArgumentException(
                    what + ": expected at most " + charactersMax + " characters, found " + text.length());
        }
        var stripped = text.strip();
        int after = stripped.indexOf(DASHES, BEGIN.length());
        if (!stripped.startsWith(BEGIN) || after < 0) {
            throw none(what);
        }
        var label = stripped.substring(BEGIN.length(), after);
        var end = END + label + DASHES;
        if (!stripped.endsWith(end) || stripped.length() < after + DASHES.length() + end.length()) {
            throw none(what);
        }
        var body = stripped.substring(after + DASHES.length(), stripped.length() - end.length());
        try {
            return new PemText(label, Base64.getDecoder().decode(body.replaceAll("\\s", "")));
        } catch (IllegalArgumentException e) {
            throw none(what);
        }
    }

    private static IllegalArgumentException none(String what) {
        return new IllegalArgumentException(what + ": expected one thing in PEM, from -----BEGIN to -----END");
    }

    /** Not through a text, which nobody could wipe. */
    static byte[] write(String label, byte[] content) {
        var lines = LINES.encode(content);
        var all = new ByteArrayOutputStream();
        all.writeBytes((BEGIN + label + DASHES + "\n").getBytes(StandardCharsets.US_ASCII));
        all.writeBytes(lines);
        all.writeBytes(("\n" + END + label + DASHES + "\n").getBytes(StandardCharsets.US_ASCII));
        Arrays.fill(lines, (byte) 0);
        return all.toByteArray();
    }

    static String text(String label, byte[] content) {
        return new String(write(label, content), StandardCharsets.US_ASCII);
    }

    @Override
    public String toString() {
        return label;
    }
}
