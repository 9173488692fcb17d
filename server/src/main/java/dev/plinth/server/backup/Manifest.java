package dev.plinth.server.backup;

import java.util.List;

/**
 * What is in an archive.
 *
 * @param format 1
 * @param release that took it
 * @param takenAt when, in UTC
 * @param server the folder, or the address, that it was taken from
 * @param partitions one for each durable partition, in their order
 * @param parts every other file in the archive
 */
public record Manifest(
        int format, String release, String takenAt, String server, List<PartitionPast> partitions, List<Part> parts) {
    static final int FORMAT = 1;

    /**
     * A partition's past.
     *
     * @param index of the last entry in its state; 0 if there is no state
     * @param stamp of that entry
     * @param stateSha256 what the state hashes to, before and after it is loaded
     * @param entries how many follow the state
     */
    public record PartitionPast(
            String name, long incarnation, long index, String stamp, String stateSha256, long entries) {}

    /** A file in the archive, and what it must hash to. */
    public record Part(String name, long bytes, String sha256) {}
}
