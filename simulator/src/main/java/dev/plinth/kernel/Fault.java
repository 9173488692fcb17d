package dev.plinth.kernel;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Random;

/**
 * Something that goes wrong at a step of a life.
 *
 * @param member to whom, where it matters
 * @param salt seeds whatever else there is to draw about it, so that a fault stays the same when others are left out
 */
public record Fault(int step, Kind kind, int member, int salt) {

    /** What goes wrong. */
    public enum Kind {
        /** The machine loses power: unsynced sectors are kept or lost by lot, and so are unsynced changes of directories. */
        POWER_LOSS(true, false),
        /** The process is killed; what it wrote stays in the system's memory. */
        KILL(true, true),
        /** The process is stopped properly, and started again. */
        RESTART(true, false),
        /** After some more operations on the disk with the journal, the machine stops: in the middle of something. */
        STOP_AT_JOURNAL(true, false),
        /** The same for the disk with the snapshots. */
        STOP_AT_SNAPSHOTS(true, false),
        FAILING_SYNCS(true, false),
        /** Writes fail after half of them is done. */
        FAILING_WRITES(true, false),
        FAILING_SNAPSHOT_SYNCS(true, false),
        DISK_FULL(true, false),
        DISK_HAS_ROOM(true, false),
        /** One bit of what was synced flips while the process is down. */
        BIT_FLIP(true, false),
        /** The wall's clock is set, forwards or back. */
        WALL_JUMP(true, true),
        /** The wall's clock runs fast or slow. */
        WALL_SKEW(true, true),
        /** Nothing is heard for longer than sessions live. */
        SILENCE(true, true),
        /** The process stands still for a while, and time passes. */
        PAUSE(true, true),
        /** Most messages of the network are lost for a while, and many come twice. */
        STORM(true, true),
        /** Clients do not reach this member for a while, or it them, or both. */
        CUT(true, true),
        /** Another member is elected, or the same one again. */
        LEADER_CHANGE(false, true),
        /** The member does not reach the others for a while. */
        ISOLATION(false, true),
        /** Nothing is replicated to the member for a while. */
        LAG(false, true),
        /** All members take snapshots and forget their logs: who lags has to be restored from one. */
        COMPACTION(false, true),
        /** All processes are killed at once. */
        KILL_ALL(false, true),
        /** Forwarded proposals get lost for a while. */
        LOST_FORWARDS(false, true);

        private final boolean alone;
        private final boolean cluster;

        Kind(boolean alone, boolean cluster) {
            this.alone = alone;
            this.cluster = cluster;
        }
    }

    private static final int SALTS = 10_000;

    /** Draws a schedule of faults of these kinds. */
    public static List<Fault> schedule(Random random, int steps, int every, int members, List<Kind> kinds) {
        List<Fault> schedule = new ArrayList<>();
        for (int i = 0; i < steps / every; i++) {
            schedule.add(new Fault(
                    random.nextInt(steps),
                    kinds.get(random.nextInt(kinds.size())),
                    random.nextInt(members),
                    random.nextInt(SALTS)));
        }
        schedule.sort(Comparator.comparingInt(Fault::step));
        return List.copyOf(schedule);
    }

    /** Draws a schedule for a journal of so many members. */
    static List<Fault> schedule(Random random, int steps, int every, int members) {
        var kinds = new ArrayList<Kind>();
        for (var kind : Kind.values()) {
            if (members > 1 ? kind.cluster : kind.alone) {
                kinds.add(kind);
            }
        }
        return schedule(random, steps, every, members, kinds);
    }

    /** What draws the rest of this fault. */
    public Random random() {
        return new Random(salt);
    }

    @Override
    public String toString() {
        return step + ":" + kind.name().toLowerCase(Locale.ROOT).replace('_', '-') + "@" + member + "/" + salt;
    }

    /** Reads what {@link #toString} wrote. */
    public static Fault parse(String text) {
        int colon = text.indexOf(':');
        int at = text.indexOf('@');
        int slash = text.indexOf('/');
        if (colon < 0 || at < colon || slash < at) {
            throw new IllegalArgumentException("a fault is written step:kind@member/salt, not '" + text + "'");
        }
        try {
            return new Fault(
                    Integer.parseInt(text.substring(0, colon)),
                    Kind.valueOf(text.substring(colon + 1, at)
                            .toUpperCase(Locale.ROOT)
                            .replace('-', '_')),
                    Integer.parseInt(text.substring(at + 1, slash)),
                    Integer.parseInt(text.substring(slash + 1)));
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException("a fault is written step:kind@member/salt, not '" + text + "'", e);
        }
    }
}
