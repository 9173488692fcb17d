package dev.plinth.bank.audit;

import dev.plinth.bank.Money;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Array;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** A write that the bank has acknowledged to a client, as the driver wrote it down. */
sealed interface Acknowledged {
    int BATCH = 5_000;

    String id();

    record Transfer(String id, long cents) implements Acknowledged {}

    record External(String id) implements Acknowledged {}

    /** Reads the driver's file: {@code transfer <id> <cents>} or {@code external <id>} a line; a last line without end is left out. */
    static List<Acknowledged> read(Path file) throws IOException {
        String text = Files.readString(file);
        String whole = text.substring(0, text.lastIndexOf('\n') + 1);
        List<Acknowledged> all = new ArrayList<>();
        int number = 0;
        for (String line : whole.lines().toList()) {
            number++;
            List<String> words = List.of(line.split(" ", -1));
            if (words.size() == 3
                    && words.get(0).equals("transfer")
                    && words.get(2).matches("[0-9]{1,18}")) {
                all.add(new Transfer(words.get(1), Long.parseLong(words.get(2))));
            } else if (words.size() == 2 && words.get(0).equals("external")) {
                all.add(new External(words.get(1)));
            } else {
                throw new IOException(file + ", line " + number + ": '" + line
                        + "' is neither 'transfer <id> <cents>' nor 'external <id>'");
            }
        }
        return all;
    }

    /** What is wrong with them in the databases; each has to be there exactly once. */
    static List<String> missing(List<Acknowledged> acknowledged, List<CellReader> cells) throws SQLException {
        List<String> findings = new ArrayList<>();
        for (int from = 0; from < acknowledged.size(); from += BATCH) {
            List<Acknowledged> batch = acknowledged.subList(from, Math.min(from + BATCH, acknowledged.size()));
            String[] ids = batch.stream().map(Acknowledged::id).toArray(String[]::new);
            Map<String, List<Long>> paid = new HashMap<>();
            Map<String, List<Long>> credited = new HashMap<>();
            Map<String, List<Long>> external = new HashMap<>();
            for (CellReader cell : cells) {
                find(cell, "select id, from_checking + from_savings from transfer where state = 'PAID'", ids, paid);
                find(cell, "select id, cents from credit where state = 'CREDITED'", ids, credited);
                find(cell, "select id, cents from external where true", ids, external);
            }
            for (Acknowledged one : batch) {
                switch (one) {
                    case Transfer transfer -> {
                        expect(transfer, "paid", paid, findings);
                        expect(transfer, "credited", credited, findings);
                    }
                    case External write -> {
                        int times = external.getOrDefault(write.id(), List.of()).size();
                        if (times != 1) {
                            findings.add("acknowledged write " + write.id() + " was done " + times + " times");
                        }
                    }
                }
            }
        }
        return findings;
    }

    private static void expect(Transfer transfer, String what, Map<String, List<Long>> found, List<String> findings) {
        List<Long> amounts = found.getOrDefault(transfer.id(), List.of());
        if (amounts.size() != 1) {
            findings.add("acknowledged transfer " + transfer.id() + " was " + what + " " + amounts.size() + " times");
        } else if (amounts.getFirst() != transfer.cents()) {
            findings.add("acknowledged transfer " + transfer.id() + " of " + Money.text(transfer.cents()) + " was "
                    + what + " as " + Money.text(amounts.getFirst()));
        }
    }

    private static void find(CellReader cell, String select, String[] ids, Map<String, List<Long>> found)
            throws SQLException {
        cell.inSnapshot(connection -> {
            collect(connection, select, ids, found);
            return true;
        });
    }

    private static void collect(Connection connection, String select, String[] ids, Map<String, List<Long>> found)
            throws SQLException {
        Array array = connection.createArrayOf("text", ids);
        try (PreparedStatement statement = connection.prepareStatement(select + " and id = any(?)")) {
            statement.setArray(1, array);
            try (ResultSet row = statement.executeQuery()) {
                while (row.next()) {
                    found.computeIfAbsent(row.getString(1), fresh -> new ArrayList<>())
                            .add(row.getLong(2));
                }
            }
        } finally {
            array.free();
        }
    }
}
