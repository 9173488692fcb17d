package dev.plinth.trust;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** The list of files that Linux measured before it used them (binary_runtime_measurements), with templates that name a digest and a path. */
record ImaLog(List<Entry> entries) {
    static final int LOG_BYTES_MAX = 16 * 1024 * 1024;
    static final int ENTRIES_MAX = 100_000;

    private static final int NAME_BYTES_MAX = 255;
    private static final int DATA_BYTES_MAX = 64 * 1024;

    /**
     * One measurement.
     *
     * @param sha1 the template's digest as the log has it; all zeros for a violation, when a file was written while it was measured
     * @param data the template's data, of which every bank has its own digest
     */
    record Entry(int register, Bytes sha1, String template, Bytes data) {
        boolean violation() {
            return sha1.isZero();
        }

        /** The file's digest, {@code sha256:<hex>}, and its path. */
        String file() {
            var digest = field(0);
            var path = field(4 + digest.length());
            var colon = 0;
            while (colon < digest.length() && digest.u8(colon) != ':') {
                colon++;
            }
            if (colon + 2 > digest.length() || path.length() == 0) {
                throw new Malformed(data.where(), "an algorithm, its digest and a path", data.shown());
            }
            return digest.slice(0, colon).text(StandardCharsets.US_ASCII)
                    + ":"
                    + digest.from(colon + 2).hex()
                    + " "
                    + path.slice(0, path.length() - 1).text(StandardCharsets.UTF_8);
        }

        private Bytes field(int at) {
            return data.slice(at + 4, data.size32(at, DATA_BYTES_MAX));
        }
    }

    static ImaLog parse(Bytes log) {
        if (log.length() > LOG_BYTES_MAX) {
            throw new Malformed(log.where(), "a list of at most " + LOG_BYTES_MAX + " bytes", log.length() + " bytes");
        }
        var entries = new ArrayList<Entry>();
        var at = 0;
        while (at < log.length()) {
            if (entries.size() == ENTRIES_MAX) {
                throw new Malformed(log.from(at).where(), "at most " + ENTRIES_MAX + " entries", "more");
            }
            var register = log.size32(at, 23);
            var sha1 = log.slice(at + 4, 20);
            var name = log.slice(at + 28, log.size32(at + 24, NAME_BYTES_MAX)).text(StandardCharsets.US_ASCII);
            at += 28 + name.length();
            if (!name.equals("ima-ng") && !name.equals("ima-sig") && !name.equals("ima-buf")) {
                throw new Malformed(
                        log.where(at - name.length(), name.length()),
                        "template ima-ng, ima-sig or ima-buf",
                        Bytes.shorten(name));
            }
            var data = log.slice(at + 4, log.size32(at, DATA_BYTES_MAX));
            at += 4 + data.length();
            entries.add(new Entry(register, sha1, name, data));
        }
        return new ImaLog(List.copyOf(entries));
    }

    /** What the register holds if these entries, and no others, were extended into it. */
    Bytes replay(TpmAlgorithm algorithm, int register) {
        var value = new byte[algorithm.size()];
        var violation = new byte[algorithm.size()];
        java.util.Arrays.fill(violation, (byte) 0xff);
        for (var entry : entries) {
            if (entry.register() == register) {
                var digest = entry.violation() ? violation : Signatures.digest(algorithm.digest(), entry.data());
                value = Signatures.digest(algorithm.digest(), value, digest);
            }
        }
        return Bytes.of("replayed register " + register, value);
    }
}
