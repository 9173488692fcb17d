package dev.plinth.server;

import dev.plinth.transactions.TransactionPartitions;
import dev.plinth.transactions.TransactionPartitions.Group;
import java.util.List;

/** The section {@code transactions} of the configuration file: which cells have a partition of the coordinator of their own. */
final class TransactionsConfiguration {
    private TransactionsConfiguration() {}

    static TransactionPartitions read(YamlReader.Section section) {
        var partitions = section.values("partitions", text -> text);
        if (partitions.isEmpty()) {
            throw section.wrong("expected partitions: a list of cells, the first of which has what was there before");
        }
        int here = section.value("here", text -> number(partitions, text)).orElse(0);
        var groups = section.sections("groups").stream()
                .map(group -> group(partitions, group))
                .toList();
        section.done();
        try {
            return new TransactionPartitions(partitions, here, groups);
        } catch (IllegalArgumentException e) {
            throw section.wrong("expected " + e.getMessage());
        }
    }

    private static Group group(List<String> partitions, YamlReader.Section section) {
        var group = section.required("group", "a transaction service group; * stands for any characters", text -> text);
        int partition = section.required(
                "partition", "one of " + String.join(", ", partitions), text -> number(partitions, text));
        section.done();
        return new Group(group, partition);
    }

    private static int number(List<String> partitions, String name) {
        int number = partitions.indexOf(name);
        if (number < 0) {
            throw new IllegalArgumentException("one of " + String.join(", ", partitions) + ", not '" + name + "'");
        }
        return number;
    }
}
