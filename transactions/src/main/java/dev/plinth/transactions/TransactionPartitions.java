package dev.plinth.transactions;

import java.util.HashSet;
import java.util.List;

/**
 * The partitions of the coordinator, one for each cell that has its own, and in which of them a server begins transactions.
 *
 * @param names of the cells, 1 to {@link TransactionId#PARTITIONS_MAX}, each once; a partition's number is its place, and never changes
 * @param here the partition in which transactions begin
 * @param groups which begin elsewhere, because of their client's transaction service group; the first that matches holds
 */
public record TransactionPartitions(List<String> names, int here, List<Group> groups) {
    /** What a server has that was told of no partitions. */
    public static final TransactionPartitions ONE = new TransactionPartitions(List.of("default"), 0, List.of());

    /**
     * Clients by their transaction service group.
     *
     * @param glob the group's name; {@code *} stands for any characters
     */
    public record Group(String glob, int partition) {
        boolean matches(String serviceGroup) {
            return matches(glob, serviceGroup);
        }

        private static boolean matches(String glob, String text) {
            int star = glob.indexOf('*');
            if (star < 0) {
                return glob.equals(text);
            }
            if (!text.startsWith(glob.substring(0, star))) {
                return false;
            }
            var rest = glob.substring(star + 1);
            for (int from = star; from <= text.length(); from++) {
                if (matches(rest, text.substring(from))) {
                    return true;
                }
            }
            return false;
        }
    }

    public TransactionPartitions {
        names = List.copyOf(names);
        groups = List.copyOf(groups);
        if (names.isEmpty() || names.size() > TransactionId.PARTITIONS_MAX) {
            throw new IllegalArgumentException(
                    "1 to " + TransactionId.PARTITIONS_MAX + " partitions, not " + names.size());
        }
        var seen = new HashSet<String>();
        for (String name : names) {
            if (!name.matches("[a-z0-9][a-z0-9-]{0,39}")) {
                throw new IllegalArgumentException(
                        "the name of a cell, 1 to 40 lower-case letters, digits and '-', not '" + name + "'");
            }
            if (!seen.add(name)) {
                throw new IllegalArgumentException("each partition once; " + name + " is there twice");
            }
        }
        number(names, here);
        for (Group group : groups) {
            number(names, group.partition());
        }
    }

    private static void number(List<String> names, int partition) {
        if (partition < 0 || partition >= names.size()) {
            throw new IllegalArgumentException("a partition of 0 to " + (names.size() - 1) + ", not " + partition);
        }
    }

    /** The partition in which a client's transactions begin. */
    public int of(String serviceGroup) {
        for (Group group : groups) {
            if (group.matches(serviceGroup)) {
                return group.partition();
            }
        }
        return here;
    }

    /** The cell whose partition decides about a transaction; empty if there is only one, or none that is known here. */
    public String cell(TransactionId transaction) {
        int partition = transaction.partition();
        return names.size() == 1 || partition >= names.size() ? "" : names.get(partition);
    }
}
