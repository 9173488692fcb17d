package dev.plinth.trust;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** A measured boot's log: crypto-agile, as firmware writes it for a TPM, or for a TEE's registers as CCEL (TCG PC Client Platform Firmware Profile, 10). */
public record EventLog(List<Event> events) {
    static final int LOG_BYTES_MAX = 4 * 1024 * 1024;
    static final int EVENTS_MAX = 16_384;

    private static final byte[] SIGNATURE = "Spec ID Event03\0".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] LOCALITY = "StartupLocality\0".getBytes(StandardCharsets.US_ASCII);
    private static final long NO_ACTION = 3;
    private static final long VARIABLE_DRIVER_CONFIG = 0x8000_0001L;
    private static final int ALGORITHMS_MAX = 16;

    /**
     * One event.
     *
     * @param register the PCR, or for CCEL the measurement register: 1 to 4 are RTMR 0 to 3
     */
    public record Event(int register, long type, Map<TpmAlgorithm, Bytes> digests, Bytes data) {
        /** Whether the digest is that of the event's own data, as it is for events that describe themselves. */
        boolean describesItself(TpmAlgorithm algorithm) {
            var digest = digests.get(algorithm);
            return digest != null && digest.same(Signatures.digest(algorithm.digest(), data));
        }

        Optional<Bytes> digest(TpmAlgorithm algorithm) {
            return Optional.ofNullable(digests.get(algorithm));
        }
    }

    static EventLog parse(Bytes log) {
        if (log.length() > LOG_BYTES_MAX) {
            throw new Malformed(log.where(), "a log of at most " + LOG_BYTES_MAX + " bytes", log.length() + " bytes");
        }
        var sizes = new HashMap<Integer, Integer>();
        var at = header(log, sizes);
        var events = new ArrayList<Event>();
        while (at < log.length() && !filler(log, at)) {
            if (events.size() == EVENTS_MAX) {
                throw new Malformed(log.from(at).where(), "at most " + EVENTS_MAX + " events", "more");
            }
            at = event(log, at, sizes, events);
        }
        return new EventLog(List.copyOf(events));
    }

    /** The first event is of the old form, and says which digests the others have. */
    private static int header(Bytes log, Map<Integer, Integer> sizes) {
        var size = log.size32(28, LOG_BYTES_MAX);
        var spec = log.slice(32, size);
        if (log.u32(4) != NO_ACTION || !spec.slice(0, 16).same(SIGNATURE)) {
            throw new Malformed(
                    log.where(0, 48),
                    "a crypto-agile log, 'Spec ID Event03'",
                    spec.slice(0, 16).shown());
        }
        var count = spec.size32(24, ALGORITHMS_MAX);
        for (var i = 0; i < count; i++) {
            var id = spec.u16(28 + 4 * i);
            var length = spec.u16(30 + 4 * i);
            var known = TpmAlgorithm.of(id);
            if (length > 128 || (known.isPresent() && known.get().size() != length)) {
                throw new Malformed(
                        spec.where(28 + 4 * i, 4), "the size of digest 0x%04x".formatted(id), Integer.toString(length));
            }
            sizes.put(id, length);
        }
        return 32 + size;
    }

    /** Firmware hands out its whole buffer: what follows the last event is all zeros or all ones. */
    private static boolean filler(Bytes log, int at) {
        var rest = log.from(at);
        var first = rest.u8(0);
        if (first != 0 && first != 0xff) {
            return false;
        }
        for (var i = 0; i < rest.length(); i++) {
            if (rest.u8(i) != first) {
                return false;
            }
        }
        return true;
    }

    private static int event(Bytes log, int start, Map<Integer, Integer> sizes, List<Event> events) {
        var register = log.size32(start, 0xff);
        var type = log.u32(start + 4);
        var count = log.size32(start + 8, ALGORITHMS_MAX);
        var at = start + 12;
        var digests = new EnumMap<TpmAlgorithm, Bytes>(TpmAlgorithm.class);
        for (var i = 0; i < count; i++) {
            var id = log.u16(at);
            var size = sizes.get(id);
            if (size == null) {
                throw new Malformed(log.where(at, 2), "a digest that the header announced", "0x%04x".formatted(id));
            }
            var digest = log.slice(at + 2, size);
            var twice = TpmAlgorithm.of(id)
                    .map(known -> digests.put(known, digest) != null)
                    .orElse(false);
            if (twice) {
                throw new Malformed(log.where(at, 2), "each digest once", "0x%04x twice".formatted(id));
            }
            at += 2 + size;
        }
        var data = log.slice(at + 4, log.size32(at, LOG_BYTES_MAX));
        events.add(new Event(register, type, Map.copyOf(digests), data));
        return at + 4 + data.length();
    }

    /** What the registers of this bank hold if these events, and no others, were extended into them. Every event must have a digest. */
    Map<Integer, Bytes> replay(TpmAlgorithm algorithm) {
        var registers = new HashMap<Integer, byte[]>();
        for (var event : events) {
            if (event.type() == NO_ACTION) {
                var data = event.data();
                if (event.register() == 0
                        && data.length() == 17
                        && data.slice(0, 16).same(LOCALITY)) {
                    var start = new byte[algorithm.size()];
                    start[start.length - 1] = (byte) data.u8(16);
                    if (registers.put(0, start) != null) {
                        throw new Malformed(
                                data.where(), "the start's locality before anything else in PCR 0", "after it");
                    }
                }
                continue;
            }
            var digest = event.digest(algorithm)
                    .orElseThrow(
                            () -> new Malformed(event.data().where(), "a digest of " + algorithm.digest(), "none"));
            var before = registers.getOrDefault(event.register(), new byte[algorithm.size()]);
            registers.put(event.register(), Signatures.digest(algorithm.digest(), before, digest.copy()));
        }
        var result = new HashMap<Integer, Bytes>();
        registers.forEach((register, value) -> result.put(register, Bytes.of("replayed register " + register, value)));
        return result;
    }

    /**
     * Whether secure boot was on, as the firmware measured its own variable into this register; empty if it did not, or the digest is
     * not the data's. The first such event counts: what runs later may extend others.
     */
    Optional<Boolean> secureBoot(TpmAlgorithm algorithm, int register) {
        for (var event : events) {
            var data = event.data();
            // UEFI_VARIABLE_DATA: GUID, lengths of name and value, name in UTF-16, value.
            if (event.register() == register
                    && event.type() == VARIABLE_DRIVER_CONFIG
                    && event.describesItself(algorithm)
                    && data.length() == 32 + 20 + 1
                    && data.u64(16) == 10
                    && data.u64(24) == 1
                    && data.slice(32, 20).text(StandardCharsets.UTF_16LE).equals("SecureBoot")) {
                return Optional.of(data.u8(52) == 1);
            }
        }
        return Optional.empty();
    }
}
