package dev.plinth.kernel;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.TreeMap;

/** The logs of a store, by id; and how they are written down. */
final class LogDirectory {
    /** Logs in one store, and bytes of a log's name: all of them have their place in each segment. */
    static final int LOGS_MAX = 256;

    static final int NAME_BYTES_MAX = 48;

    private static final int FIELD_BYTES = Integer.BYTES + 3 * Long.BYTES + Short.BYTES;

    private final Clock clock;

    /** Guarded by this. */
    private final TreeMap<Integer, SegmentLog> logs = new TreeMap<>();

    LogDirectory(Clock clock) {
        this.clock = clock;
    }

    /** A number that no log, and no store, of this machine was given before. */
    static long newId(Clock clock) {
        var now = clock.wall();
        return now.getEpochSecond() * 1_000_000 + now.getNano() / 1_000;
    }

    synchronized void found(SegmentLog log) {
        logs.put(log.id(), log);
    }

    synchronized SegmentLog get(SegmentStore store, String name) {
        if (!name.matches("[a-z][a-z0-9.-]*") || name.length() > NAME_BYTES_MAX) {
            throw new IllegalArgumentException(
                    "log name '" + name + "': expected lower-case letters, digits, '-' and '.', "
                            + "starting with a letter, at most " + NAME_BYTES_MAX + " in all");
        }
        for (var log : logs.values()) {
            if (log.name().equals(name)) {
                return log;
            }
        }
        if (logs.size() >= LOGS_MAX) {
            throw Refused.overloaded("the store has " + LOGS_MAX + " logs", Duration.ofHours(1));
        }
        int id = logs.isEmpty() ? 1 : logs.lastKey() + 1;
        // Written down with its first record; until then nobody was told anything of it.
        var log = new SegmentLog(store, id, name, newId(clock), new Positions(1, 1), false);
        logs.put(id, log);
        return log;
    }

    synchronized List<SegmentLog> all() {
        return List.copyOf(logs.values());
    }

    /** The first segment that some log needs, {@code none} if all are empty. */
    long oldestSegment(long none) {
        return all().stream().mapToLong(log -> log.oldestSegment(none)).min().orElse(none);
    }

    /** Who needs it, for people. */
    String holderOfOldestSegment() {
        long oldest = oldestSegment(Long.MAX_VALUE);
        return all().stream()
                .filter(log -> log.oldestSegment(Long.MAX_VALUE) == oldest)
                .findFirst()
                .map(SegmentLog::name)
                .orElse("(none)");
    }

    /** The payload of a {@link SegmentFormat#LOG} record. */
    static ByteBuffer declaration(SegmentLog log) {
        byte[] name = log.name().getBytes(StandardCharsets.UTF_8);
        return ByteBuffer.allocate(Long.BYTES + name.length)
                .putLong(log.incarnation())
                .put(name)
                .flip();
    }

    /** The payload of a {@link SegmentFormat#DIRECTORY} record: all that were declared, as they stand. On the store's thread. */
    ByteBuffer encode() {
        var declared = all().stream().filter(SegmentLog::declared).toList();
        var to = ByteBuffer.allocate(Integer.BYTES + declared.size() * (FIELD_BYTES + NAME_BYTES_MAX));
        to.putInt(declared.size());
        for (var log : declared) {
            byte[] name = log.name().getBytes(StandardCharsets.UTF_8);
            to.putInt(log.id()).putLong(log.incarnation());
            to.putLong(log.writtenFirst()).putLong(log.writtenNext());
            to.putShort((short) name.length).put(name);
        }
        return to.flip();
    }
}
