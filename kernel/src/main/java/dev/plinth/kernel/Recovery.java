package dev.plinth.kernel;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Finds out what a store's files say, and whether they can be believed. Reads only. */
final class Recovery {
    /*
     * What follows the last good record is either the torn end of a batch that was never acknowledged, or damage to records that
     * were. A batch is written at once and lands on the disk in any order, so "bad, then good" alone proves nothing: the batch may
     * have lost its first sector and kept its second.
     *
     * The proof is in the records: each says up to which position everything was synced when it was written. A good record that
     * says so of a position past the bad one proves that the bad one was whole once, and acknowledged: damage, and the store is
     * not opened. If no good record says so, it was never synced, or it was the last batch before the end; nothing can tell, and
     * it is taken for torn. (A store that was closed properly ends with a record that vouches for everything before it.)
     *
     * A segment is begun only after the one before it is synced to its last record, so only the last begun one can be torn.
     */
    record Named(int id, String name, long incarnation, Positions positions) {}

    /** Zeros have to be written here before anything else: bytes that must never come back. */
    record Torn(Segment segment, int from, int to) {}

    /**
     * @param current the last segment that was begun; null if the store is new
     * @param offset where the next record goes in it
     * @param ended whether the current segment takes no more records
     * @param syncedUpTo the highest position that some record vouches for
     * @param spares segments that were not begun
     */
    record Found(
            long storeId,
            List<Segment> segments,
            @Nullable Segment current,
            int offset,
            boolean ended,
            long syncedUpTo,
            TreeMap<Integer, Named> logs,
            List<Segment> spares,
            List<Torn> torn) {}

    /** What a store holds that was made and never used: its header and the directory of no logs. */
    static final int NEW_STORE_BYTES = SegmentFormat.HEADER_BYTES + SegmentFormat.size(Integer.BYTES);

    private final List<Segment> segments;
    private final TreeMap<Integer, Named> logs = new TreeMap<>();
    private final SegmentFormat.Checksum checksum = new SegmentFormat.Checksum();
    private long storeId;
    private long syncedUpTo;
    private boolean ended;

    private Recovery(List<Segment> segments) {
        this.segments = segments;
    }

    /** @param segments in the order of their sequences */
    static Found read(List<Segment> segments) throws IOException {
        return new Recovery(segments).read();
    }

    private Found read() throws IOException {
        for (int i = 1; i < segments.size(); i++) {
            long expected = segments.get(i - 1).sequence() + 1;
            if (segments.get(i).sequence() != expected) {
                throw new IOException(Segment.name(expected) + " is missing: the store goes from "
                        + segments.get(i - 1).name() + " to " + segments.get(i).name());
            }
        }
        List<Segment> begun = new ArrayList<>();
        int offset = 0;
        int tail = 0;
        ended = true;
        while (tail < segments.size()) {
            var segment = segments.get(tail);
            var window = new SegmentWindow(segment);
            var header = header(segment, window);
            if (header == null) {
                if (tail == 0) {
                    return unused(segment);
                }
                break;
            }
            if (tail == 0) {
                storeId = header.storeId();
            } else if (header.storeId() != storeId) {
                throw damaged(segment, 0, "its header is of store " + header.storeId() + ", not " + storeId);
            }
            begun.add(segment);
            offset = records(segment, window, tail == 0);
            if (!ended) {
                break;
            }
            tail++;
        }
        if (tail < segments.size()) {
            refuseIfSynced(tail, segments.get(tail), ended ? 0 : offset);
        }
        refuseIfEntriesAreMissing();
        List<Torn> torn = new ArrayList<>();
        List<Segment> spares = new ArrayList<>();
        for (int i = tail; i < segments.size(); i++) {
            var segment = segments.get(i);
            boolean spare = i > tail || ended;
            addTorn(segment, spare ? 0 : offset, torn);
            if (spare) {
                spares.add(segment);
            }
        }
        return new Found(
                storeId,
                begun,
                begun.isEmpty() ? null : begun.getLast(),
                offset,
                ended,
                syncedUpTo,
                logs,
                spares,
                torn);
    }

    /** The first segment has no header: a store that was just being made, or damage. */
    private Found unused(Segment first) throws IOException {
        List<Torn> torn = new ArrayList<>();
        for (var segment : segments) {
            addTorn(segment, 0, torn);
        }
        if (torn.stream()
                .anyMatch(part -> part.segment().sequence() != first.sequence() || part.to() > NEW_STORE_BYTES)) {
            throw damaged(first, 0, "no segment header, and records may follow");
        }
        return new Found(0, List.of(), null, 0, true, 0, logs, segments, torn);
    }

    private static SegmentFormat.@Nullable Header header(Segment segment, SegmentWindow window) throws IOException {
        var bytes = window.at(0, SegmentFormat.HEADER_BYTES);
        var header = SegmentFormat.header(bytes);
        if (header == null) {
            return null;
        }
        int format = SegmentFormat.format(bytes);
        if (format != SegmentFormat.FORMAT) {
            throw damaged(segment, 8, "segment format " + format + "; this release reads " + SegmentFormat.FORMAT);
        }
        if (header.sequence() != segment.sequence()) {
            throw damaged(segment, 16, "its header says that it is " + Segment.name(header.sequence()));
        }
        if (header.fileBytes() != segment.bytes()) {
            throw damaged(
                    segment, 24, "its header says " + header.fileBytes() + " bytes, the file has " + segment.bytes());
        }
        return header;
    }

    /** Takes in the records of a segment up to the first bad one, and returns where that is. */
    private int records(Segment segment, SegmentWindow window, boolean oldest) throws IOException {
        ended = false;
        int offset = SegmentFormat.HEADER_BYTES;
        while (!ended) {
            var record = record(window, offset);
            if (record == null) {
                return offset;
            }
            syncedUpTo = Math.max(syncedUpTo, record.syncedUpTo());
            take(segment, offset, record, oldest);
            offset += record.size();
        }
        return offset;
    }

    private SegmentFormat.@Nullable Found record(SegmentWindow window, int offset) throws IOException {
        return window.record(offset, SegmentFormat.size(SegmentStore.RECORD_BYTES_MAX), storeId, checksum);
    }

    private void take(Segment segment, int offset, SegmentFormat.Found record, boolean oldest) throws IOException {
        if ((offset == SegmentFormat.HEADER_BYTES) != (record.kind() == SegmentFormat.DIRECTORY)) {
            throw damaged(segment, offset, "the directory is not the segment's first record");
        }
        switch (record.kind()) {
            case SegmentFormat.DIRECTORY -> directory(segment, offset, record.payload(), oldest);
            case SegmentFormat.LOG -> {
                var payload = record.payload();
                long incarnation = payload.getLong();
                var name = StandardCharsets.UTF_8.decode(payload).toString();
                var log = new Named(record.log(), name, incarnation, new Positions(1, 1));
                if (logs.putIfAbsent(record.log(), log) != null) {
                    throw damaged(segment, offset, "log " + record.log() + " is made a second time");
                }
            }
            case SegmentFormat.END -> ended = true;
            case SegmentFormat.MARK -> {
                // It vouches for what comes before it, and has done so.
            }
            default -> {
                var log = logs.get(record.log());
                if (log == null) {
                    throw damaged(segment, offset, "a record of log " + record.log() + ", which nobody made");
                }
                if (record.kind() == SegmentFormat.APPEND
                        && record.index() != log.positions().next()) {
                    throw damaged(
                            segment,
                            offset,
                            "entry " + record.index() + " of log " + log.name() + " where "
                                    + log.positions().next() + " was expected");
                }
                SegmentLog.apply(
                        log.positions(),
                        record.kind(),
                        record.index(),
                        SegmentFormat.position(segment.sequence(), offset));
            }
        }
    }

    /** What comes before the oldest segment, the directory alone knows; in every later one it has to say what was found. */
    private void directory(Segment segment, int offset, ByteBuffer payload, boolean oldest) throws IOException {
        int count = payload.getInt();
        if (!oldest && count != logs.size()) {
            throw damaged(segment, offset, "the directory has " + count + " logs, " + logs.size() + " were found");
        }
        for (int i = 0; i < count; i++) {
            int id = payload.getInt();
            long incarnation = payload.getLong();
            long first = payload.getLong();
            long next = payload.getLong();
            byte[] name = new byte[payload.getShort()];
            payload.get(name);
            var log = new Named(id, new String(name, StandardCharsets.UTF_8), incarnation, new Positions(first, next));
            if (oldest) {
                logs.put(id, log);
                continue;
            }
            var known = logs.get(id);
            if (known == null
                    || known.incarnation() != incarnation
                    || known.positions().first() != first
                    || known.positions().next() != next) {
                throw damaged(
                        segment,
                        offset,
                        "the directory has log " + log.name() + " from " + first + " to " + (next - 1)
                                + ", which is not what the segments before it hold");
            }
        }
    }

    /** Looks for a good record that proves that the bad one at {@code offset} was synced. */
    private void refuseIfSynced(int tail, Segment segment, int offset) throws IOException {
        long position = SegmentFormat.position(segment.sequence(), offset);
        if (syncedUpTo > position) {
            throw damaged(segment, offset, "a bad record that had been synced: an earlier record says so");
        }
        for (int i = tail; i < segments.size(); i++) {
            var later = segments.get(i);
            var window = new SegmentWindow(later);
            if (i > tail && header(later, window) != null) {
                throw damaged(
                        segment, offset, "a bad record that had been synced: " + later.name() + " was begun after it");
            }
            int from = i == tail ? Math.max(offset, SegmentFormat.HEADER_BYTES) : SegmentFormat.HEADER_BYTES;
            for (int at = from; at < later.bytes(); at += SegmentFormat.ALIGNMENT) {
                at = window.nonZero(at);
                var record = record(window, at);
                if (record != null && record.syncedUpTo() > position) {
                    throw damaged(
                            segment,
                            offset,
                            "a bad record that had been synced: the record at offset " + at + " of " + later.name()
                                    + " says so");
                }
            }
        }
    }

    private void refuseIfEntriesAreMissing() throws IOException {
        for (var log : logs.values()) {
            var positions = log.positions();
            if (positions.known() > positions.first()) {
                throw new IOException("entries " + positions.first() + " to " + (positions.known() - 1) + " of log "
                        + log.name() + " are missing: the store begins at "
                        + segments.getFirst().name() + ", and they stood before it");
            }
        }
    }

    private static void addTorn(Segment segment, int offset, List<Torn> torn) throws IOException {
        var window = new SegmentWindow(segment);
        int first = -1;
        int end = -1;
        for (int at = window.nonZero(offset); at < segment.bytes(); at = window.nonZero(at + SegmentFormat.ALIGNMENT)) {
            first = first < 0 ? at : first;
            end = at + SegmentFormat.ALIGNMENT;
        }
        if (first >= 0) {
            torn.add(new Torn(segment, first, end));
        }
    }

    private static IOException damaged(Segment segment, int offset, String reason) {
        return new IOException(
                segment.name() + " is damaged at offset " + offset + ": " + reason + "; nothing was changed");
    }
}
