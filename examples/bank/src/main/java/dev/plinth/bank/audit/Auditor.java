package dev.plinth.bank.audit;

import java.sql.SQLException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Audits a bank again and again: a reading of every cell's database, and the books' verdict. Not thread-safe. */
final class Auditor implements AutoCloseable {
    /** What has ended before the first check is read in parts, so that a long history takes time and not memory. */
    private static final int HISTORY_ROWS = 10_000;

    private final List<CellReader> cells;
    private final Books books;
    private final InstantSource clock;
    private boolean historyIsRead;

    /**
     * @param databases the JDBC URL of each cell's database
     * @param patience how long a transfer may have ended on one side only
     */
    Auditor(Map<String, String> databases, Duration patience, InstantSource clock) {
        this.cells = databases.entrySet().stream()
                .map(entry -> new CellReader(entry.getKey(), entry.getValue()))
                .toList();
        this.books = new Books(patience);
        this.clock = clock;
    }

    /** One check. If a database cannot be read, nothing is judged, and nothing is lost for the next check. */
    Verdict check() throws SQLException {
        if (!historyIsRead) {
            readHistory();
            historyIsRead = true;
        }
        List<Reading> readings = new ArrayList<>();
        for (CellReader cell : cells) {
            readings.add(cell.read());
        }
        Verdict verdict = books.reconcile(readings, clock.instant());
        cells.forEach(CellReader::advance);
        return verdict;
    }

    private void readHistory() throws SQLException {
        boolean more = true;
        while (more) {
            more = false;
            for (CellReader cell : cells) {
                CellReader.History part = cell.history(HISTORY_ROWS);
                books.enterHistory(cell.cell(), part.paid(), part.credited());
                more |= !part.isEmpty();
            }
        }
    }

    /** Checks that each acknowledged write is in the databases exactly once. Returns what is wrong. */
    List<String> missing(List<Acknowledged> acknowledged) throws SQLException {
        return Acknowledged.missing(acknowledged, cells);
    }

    @Override
    public void close() throws SQLException {
        for (CellReader cell : cells) {
            cell.close();
        }
    }
}
