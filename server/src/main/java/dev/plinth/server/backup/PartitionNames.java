package dev.plinth.server.backup;

import dev.plinth.transactions.TransactionPartitions;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;

/** Which cell each partition of the transactions is of, as a server's data remembers it: a name a line. */
public final class PartitionNames {
    /*
     * A partition is its number: ids of transactions and the homes of resources hold it. So a list that lost a name, or had it in
     * another place, would give what is stored to another cell, or leave it where nobody looks. It only ever grows at its end.
     *
     * The file lies beside the history of transactions, and goes into backups with it. Data that was never told of partitions has none.
     */
    static final String FILE = "partitions";

    private PartitionNames() {}

    private static Path file(Path data) {
        return data.resolve("transactions").resolve(FILE);
    }

    /** The names of the partitions that this data has: of one alone, if it was never told. */
    static List<String> read(Path data) throws IOException {
        var file = file(data);
        return Files.exists(file) ? Files.readAllLines(file) : TransactionPartitions.ONE.names();
    }

    /**
     * Takes the configured list for this data's from now on.
     *
     * @throws IOException if it is not the one that is remembered, or that one with more at its end
     */
    public static void settle(Path data, TransactionPartitions configured) throws IOException {
        boolean told = Files.exists(file(data));
        var wanted = configured.names();
        if (!told && configured.equals(TransactionPartitions.ONE)) {
            return;
        }
        List<String> known = told ? read(data) : new ArrayList<>();
        if (wanted.size() < known.size() || !wanted.subList(0, known.size()).equals(known)) {
            throw new IOException("transactions.partitions: expected " + String.join(", ", known)
                    + ", in this order, and new ones after them, found "
                    + (configured.equals(TransactionPartitions.ONE) ? "none" : String.join(", ", wanted)) + "; "
                    + data + " holds transactions of each of them");
        }
        if (!wanted.equals(known)) {
            write(file(data), wanted);
        }
    }

    private static void write(Path file, List<String> names) throws IOException {
        Files.createDirectories(file.getParent());
        var temporary = file.resolveSibling(FILE + ".tmp");
        Files.write(temporary, names, StandardCharsets.UTF_8);
        try (var written = FileChannel.open(temporary, StandardOpenOption.WRITE)) {
            written.force(true);
        }
        Files.move(temporary, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        try (var directory = FileChannel.open(file.getParent(), StandardOpenOption.READ)) {
            directory.force(true);
        }
    }
}
