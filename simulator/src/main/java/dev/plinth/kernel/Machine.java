package dev.plinth.kernel;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * One machine with the real store and the real local journal on two faulty disks, and beside the journal that is looked at a log
 * of large entries, which makes the store change its files often.
 *
 * @param <C> the engine's commands
 */
final class Machine<C> {
    private static final SegmentOptions SMALL = SegmentOptions.defaults().withSegmentBytes(64 << 10);
    private static final String LOG = "looked-at";

    private final FaultyStorage segments = new FaultyStorage();
    private final FaultyStorage snapshots = new FaultyStorage();
    private final Codec<C> codec;
    private final Clock clock;
    private final Random random;
    private final Judge judge;
    private final Coverage coverage;
    private final Set<String> damagedSnapshots = new HashSet<>();
    private final Bulk bulk = new Bulk();
    private @Nullable SegmentStore store;
    private @Nullable LocalJournal<C> journal;

    Machine(Codec<C> codec, Clock clock, Random random, Judge judge, Coverage coverage) {
        this.codec = codec;
        this.clock = clock;
        this.random = random;
        this.judge = judge;
        this.coverage = coverage;
    }

    FaultyStorage segments() {
        return segments;
    }

    FaultyStorage snapshots() {
        return snapshots;
    }

    boolean stopped() {
        return segments.stopped() || snapshots.stopped();
    }

    /** Opens the store in a new process. */
    Journal<C> open(SimulatedThreads threads) throws IOException {
        store = SegmentStore.open(
                segments, SMALL, clock, threads.serial(), threads.serial(), report -> reported(report));
        journal = LocalJournal.open(
                store,
                LOG,
                codec,
                snapshots,
                new JournalOptions(20 + random.nextInt(60), Long.MAX_VALUE, random.nextBoolean()),
                threads.serial(),
                threads.serial(),
                clock,
                report -> reported(report));
        bulk.start(store);
        return journal;
    }

    private void reported(String report) {
        if (report.contains("it is passed over")) {
            coverage.event("damaged snapshot passed over");
        } else if (report.contains("never acknowledged")) {
            coverage.event("torn tail wiped");
        }
    }

    /** Ends the process properly. */
    void close(SimulatedThreads threads) {
        if (journal != null) {
            journal.end();
        }
        threads.settle();
        if (store != null) {
            store.end();
        }
        threads.settle();
    }

    /** The process is gone; with the power, if it is lost. */
    void down(boolean powerLoss) {
        store = null;
        journal = null;
        bulk.down();
        for (var disk : List.of(segments, snapshots)) {
            disk.failSyncs(false);
            disk.failWrites(false);
            disk.capacityBytes(Long.MAX_VALUE);
            if (powerLoss) {
                disk.powerLoss(random);
            } else {
                disk.kill();
            }
        }
    }

    boolean idle() {
        return journal == null || journal.idle();
    }

    void act() {
        bulk.act();
    }

    Set<String> states() {
        Set<String> states = new HashSet<>();
        if (journal != null && !journal.idle()) {
            states.add("append under way");
        }
        if (snapshots.list().stream().anyMatch(name -> name.endsWith(".tmp"))) {
            states.add("snapshot under way");
        }
        if (bulk.truncating > 0) {
            states.add("truncation under way");
        }
        return states;
    }

    /** One flipped bit, and how to undo it. */
    record Flip(FaultyStorage disk, String file, long offset, int bit) {
        void turn() {
            disk.flipBit(file, offset, bit);
        }
    }

    /** It was opened with this damage. */
    void survived(Flip flip) {
        if (flip.disk().equals(snapshots)) {
            damagedSnapshots.add(flip.file());
        }
    }

    /** Whether it has to start in spite of this damage: a snapshot, of which there is another, or the whole log. */
    boolean survives(Flip flip) {
        damagedSnapshots.retainAll(snapshots.list());
        damagedSnapshots.remove(flip.file());
        return flip.disk().equals(snapshots) && damagedSnapshots.isEmpty();
    }

    /**
     * Chooses a bit that somebody vouches for: in a snapshot, in a segment that is full, or in the last one before the point up to
     * which its own records say that all was synced. Of the last batch before a crash nobody can tell whether it was damaged or
     * never whole.
     */
    Optional<Flip> flip(Random draw) throws IOException {
        if (draw.nextInt(3) == 0) {
            var files = snapshots.list().stream()
                    .filter(name -> name.endsWith(".snapshot"))
                    .toList();
            if (!files.isEmpty()) {
                var file = files.get(draw.nextInt(files.size()));
                return Optional.of(
                        new Flip(snapshots, file, draw.nextInt(snapshots.bytes(file).length), draw.nextInt(8)));
            }
        }
        var files = segments.list().stream()
                .filter(name -> Segment.sequence(name).isPresent())
                .toList();
        if (files.isEmpty()) {
            return Optional.empty();
        }
        var file = files.get(draw.nextInt(files.size()));
        long vouched = vouched(file);
        return vouched == 0
                ? Optional.empty()
                : Optional.of(new Flip(segments, file, draw.nextLong(vouched), draw.nextInt(8)));
    }

    /** The offset in a segment up to which some record says that all was synced. */
    private long vouched(String file) {
        var bytes = ByteBuffer.wrap(segments.bytes(file));
        var header = SegmentFormat.header(bytes);
        long vouched = 0;
        if (header == null) {
            return 0;
        }
        int offset = SegmentFormat.HEADER_BYTES;
        while (offset + SegmentFormat.RECORD_HEADER_BYTES <= bytes.limit()) {
            int size = SegmentFormat.plausibleSize(bytes.duplicate().position(offset), bytes.limit() - offset);
            var record = size == 0
                    ? null
                    : SegmentFormat.record(
                            bytes.slice(offset, size),
                            new SegmentFormat.Checksum(),
                            header.storeId(),
                            SegmentFormat.position(header.sequence(), offset));
            if (record == null) {
                break;
            }
            if (SegmentFormat.sequence(record.syncedUpTo()) == header.sequence()) {
                vouched = Math.max(vouched, SegmentFormat.offset(record.syncedUpTo()));
            }
            offset += size;
        }
        return vouched;
    }

    /** A log of large entries that lets go of its past. */
    private final class Bulk {
        private final TreeMap<Long, byte[]> durable = new TreeMap<>();
        private @Nullable SegmentLog log;
        private long asked;
        private int truncating;

        void down() {
            log = null;
            truncating = 0;
        }

        void start(SegmentStore on) throws IOException {
            var opened = on.log("bulk");
            log = opened;
            for (var entry : durable.tailMap(opened.firstIndex()).entrySet()) {
                var found = opened.read(entry.getKey());
                judge.check(
                        found.isPresent() && found.get().equals(ByteBuffer.wrap(entry.getValue())),
                        () -> "bulk entry " + entry.getKey() + " is not what it was");
            }
            asked = opened.lastIndex();
        }

        void act() {
            var open = log;
            if (open == null) {
                return;
            }
            if (random.nextInt(6) == 0) {
                truncating++;
                open.truncatePrefix(Math.max(1, asked - random.nextInt(5)))
                        .whenComplete((_, _) -> truncating = Math.max(0, truncating - 1));
                return;
            }
            asked++;
            byte[] bytes = new byte[random.nextInt(12_000)];
            random.nextBytes(bytes);
            long index = asked;
            open.append(index, List.of(ByteBuffer.wrap(bytes))).whenComplete((_, problem) -> {
                if (problem == null) {
                    durable.put(index, bytes);
                } else if (log == open) {
                    asked = Math.min(asked, index - 1);
                }
            });
        }
    }

    /** How long a machine's clock may jump. */
    static Duration jump(Random draw) {
        return Duration.ofMillis(draw.nextInt(-100_000, 100_000));
    }
}
