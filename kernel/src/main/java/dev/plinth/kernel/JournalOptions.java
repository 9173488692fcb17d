package dev.plinth.kernel;

/**
 * When a {@link LocalJournal} takes a snapshot, which is what lets its log forget.
 *
 * @param snapshotEntries after so many entries since the last one
 * @param snapshotBytes or after so many bytes of entries
 * @param snapshotOnClose whether closing takes one, so that the next start replays nothing
 */
public record JournalOptions(int snapshotEntries, long snapshotBytes, boolean snapshotOnClose) {
    public JournalOptions {
        if (snapshotEntries < 1) {
            throw new IllegalArgumentException("snapshotEntries is " + snapshotEntries + "; expected 1 or more");
        }
        if (snapshotBytes < 1) {
            throw new IllegalArgumentException("snapshotBytes is " + snapshotBytes + "; expected 1 or more");
        }
    }

    /** A snapshot every 200,000 entries or 64 MiB, and on close. */
    public static JournalOptions defaults() {
        return new JournalOptions(200_000, 64L << 20, true);
    }
}
