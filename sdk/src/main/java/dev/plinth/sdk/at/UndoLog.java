package dev.plinth.sdk.at;

import dev.plinth.sdk.transactions.BranchEnds.Branch;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.sql.Timestamp;
import java.time.Instant;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.zip.ZipInputStream;

/** The table of undo records: Seata's {@code undo_log}, in Seata's form. Works on connections that it is given. */
final class UndoLog {

    /** Bytes of one undo record. */
    static final int RECORD_BYTES_MAX = 16 << 20;

    /** Seata's numbers: a record to undo by, or a fence that keeps a late phase one from committing. */
    private static final int TO_UNDO = 0;

    private static final int FENCE = 1;
    private static final String CONTEXT = "serializer=jackson&compressorType=NONE";

    /** What was found of a branch. */
    sealed interface Found {}

    record Changes(List<Change> changes) implements Found {}

    record Fence() implements Found {}

    private final Dialect dialect;
    private final String table;

    UndoLog(Dialect dialect, String table) {
        this.dialect = dialect;
        this.table = table;
    }

    String creation() {
        return dialect.undoTable(table);
    }

    /** Fails if the table is not there, or cannot be read. */
    void check(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.setMaxRows(1);
            statement
                    .executeQuery(
                            "select branch_id, xid, context, rollback_info, log_status from " + table + " where 1 = 0")
                    .close();
        }
    }

    void insert(Connection connection, String xid, long branchId, List<Change> changes) throws SQLException {
        byte[] record = UndoJson.encode(xid, branchId, changes);
        if (record.length > RECORD_BYTES_MAX) {
            throw new AtRefusedException(
                    AtRefusedException.Reason.TOO_MANY_ROWS,
                    "the undo record of this local transaction has " + record.length + " bytes; the limit is "
                            + RECORD_BYTES_MAX,
                    "change fewer rows in one local transaction");
        }
        insert(connection, xid, branchId, record, TO_UNDO);
    }

    void insertFence(Connection connection, Branch branch) throws SQLException {
        insert(connection, branch.xid(), branch.branchId(), "{}".getBytes(StandardCharsets.UTF_8), FENCE);
    }

    private void insert(Connection connection, String xid, long branchId, byte[] record, int status)
            throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement("insert into " + table
                + " (branch_id, xid, context, rollback_info, log_status, log_created, log_modified)"
                + " values (?, ?, ?, ?, ?, now(), now())")) {
            statement.setLong(1, branchId);
            statement.setString(2, xid);
            statement.setString(3, CONTEXT);
            statement.setBytes(4, record);
            statement.setInt(5, status);
            statement.executeUpdate();
        }
    }

    /** Finds a branch's record, and locks it. */
    Optional<Found> find(Connection connection, Branch branch) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement("select context, rollback_info, log_status from "
                + table + " where branch_id = ? and xid = ? for update")) {
            statement.setLong(1, branch.branchId());
            statement.setString(2, branch.xid());
            try (ResultSet rows = statement.executeQuery()) {
                if (!rows.next()) {
                    return Optional.empty();
                }
                return Optional.of(
                        rows.getInt(3) == TO_UNDO
                                ? new Changes(UndoJson.decode(record(rows.getString(1), rows.getBytes(2))))
                                : new Fence());
            }
        }
    }

    private static byte[] record(String context, byte[] bytes) {
        List<String> entries = List.of(context.split("&"));
        boolean readable = entries.contains("serializer=jackson")
                && entries.stream().noneMatch(entry -> entry.startsWith("subId="));
        if (readable && (entries.contains("compressorType=NONE") || !context.contains("compressorType="))) {
            return bytes;
        }
        if (readable && entries.contains("compressorType=ZIP")) {
            return unzipped(bytes);
        }
        throw new IllegalArgumentException("this undo record was written by a client with '" + context
                + "': only such a client can undo it; let one serve this database, too");
    }

    private static byte[] unzipped(byte[] bytes) {
        try (ZipInputStream zip = new ZipInputStream(new ByteArrayInputStream(bytes))) {
            if (zip.getNextEntry() == null) {
                throw new IllegalArgumentException("an undo record that should be zipped is not");
            }
            byte[] record = zip.readNBytes(RECORD_BYTES_MAX + 1);
            if (record.length > RECORD_BYTES_MAX) {
                throw new IllegalArgumentException("an undo record has more than " + RECORD_BYTES_MAX + " bytes");
            }
            return record;
        } catch (IOException e) {
            throw new IllegalArgumentException("an undo record cannot be unzipped", e);
        }
    }

    void delete(Connection connection, List<Branch> branches) throws SQLException {
        String sql = "delete from " + table + " where (xid, branch_id) in ("
                + String.join(",", Collections.nCopies(branches.size(), "(?,?)")) + ")";
        try (PreparedStatement statement = connection.prepareStatement(sql)) {
            int index = 1;
            for (Branch branch : branches) {
                statement.setString(index++, branch.xid());
                statement.setLong(index++, branch.branchId());
            }
            statement.executeUpdate();
        }
    }

    /** Deletes records from before this time, at most so many; says how many they were. */
    int deleteOld(Connection connection, Instant before, int max) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(dialect.deleteOldUndo(table))) {
            statement.setTimestamp(1, Timestamp.from(before));
            statement.setInt(2, max);
            return statement.executeUpdate();
        }
    }
}
