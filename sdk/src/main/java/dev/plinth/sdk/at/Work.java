package dev.plinth.sdk.at;

import dev.plinth.sdk.at.AtRefusedException.Reason;
import dev.plinth.sdk.at.GlobalLocks.LockKey;
import dev.plinth.sdk.at.Plan.Operand;
import dev.plinth.sdk.at.Table.Column;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.SQLTransactionRollbackException;
import java.sql.Savepoint;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Runs a statement between its images: what it is about is locked before, and kept as it was and as it became. */
final class Work {
    /*
     *   lock:    keys of the rows, from the statement itself or by asking the database   -> global locks, with a branch
     *   change:  rows as they are, locked -> the statement -> rows as they became        -> a change of the local transaction
     *
     * If the statement names its rows by primary key, it can change no others, whatever else it asks of them. If not, the rows
     * that its condition names are locked before it runs; that it changed more than those shows in its count.
     *
     * A statement of new rows may get its keys from the database: then they are locked afterwards, for nobody else can have them.
     */

    /** How often rows may be locked by others between finding them free and locking them. */
    private static final int SELECTIONS_MAX = 20;

    /** One execution of a statement; several of the same statement make a batch. */
    record Step(Plan.OnTable plan, Parameters parameters) {}

    /** The statement itself. */
    interface Run<T> {
        T run() throws SQLException;

        /** How many rows it changed; after {@link #run}. */
        long count(T result) throws SQLException;

        /** The keys that the database gave to new rows: one list a row, in the order of the table's key, or of the only generated column. */
        List<List<@Nullable Object>> generated(Table table) throws SQLException;
    }

    @FunctionalInterface
    interface Space {
        String name() throws SQLException;
    }

    /** It is about rows whose global locks are not held. */
    static final class RowsMoved extends SQLTransactionRollbackException {
        RowsMoved() {
            super("the rows that this statement is about changed while it was run: roll back and try again", "40001");
        }
    }

    private final AtDatabase at;
    private final Connection connection;
    private final Space space;

    Work(AtDatabase at, Connection connection, Space space) {
        this.at = at;
        this.connection = connection;
        this.space = space;
    }

    private Table table(List<Step> steps) throws SQLException {
        Plan.Target target = steps.getFirst().plan().target();
        return at.tables().table(connection, space.name(), target.schema(), target.table());
    }

    // ---- lock

    void lock(LocalTransaction local, List<Step> steps) throws SQLException {
        Table table = table(steps);
        check(table, steps.getFirst().plan());
        Set<LockKey> keys = new LinkedHashSet<>();
        for (Step step : steps) {
            keys.addAll(keysBefore(table, step));
        }
        if (local.looksOnly() || steps.getFirst().plan() instanceof Plan.LockingSelect) {
            at.locks().awaitFree(local.xid(), local.missing(keys));
        } else {
            acquire(local, keys);
        }
    }

    private static void check(Table table, Plan.OnTable plan) throws AtRefusedException {
        if (plan instanceof Plan.Update update) {
            for (String name : update.columns()) {
                Column column = table.column(Keys.bare(name));
                if (column != null && table.isKey(column)) {
                    throw new AtRefusedException(
                            Reason.KEY_CHANGED,
                            "this update sets " + column.name() + ", which is part of the primary key of "
                                    + table.sqlName(),
                            "leave it out, or delete the row and insert it anew");
                }
            }
        }
        if (plan instanceof Plan.Delete && table.cascades() != null) {
            throw new AtRefusedException(
                    Reason.CASCADE,
                    "deleting rows of " + table.sqlName() + " changes rows elsewhere by foreign key "
                            + table.cascades(),
                    "change those rows by statements of their own, and let the foreign key restrict");
        }
    }

    private Set<LockKey> keysBefore(Table table, Step step) throws SQLException {
        return switch (step.plan()) {
            case Plan.Insert insert -> {
                Set<LockKey> keys = new LinkedHashSet<>();
                for (List<Optional<Object>> key : insertedKeys(table, insert, step.parameters())) {
                    if (key.stream().allMatch(Optional::isPresent)) {
                        keys.addAll(Keys.locks(table, List.of(plain(key))));
                    }
                }
                yield keys;
            }
            case Plan.OnRows rows -> {
                var predicted = Keys.predicted(table, rows.condition(), step.parameters());
                yield predicted.isPresent()
                        ? Keys.locks(table, predicted.get())
                        : Keys.of(table, at.images().of(connection, table, rows, step.parameters(), Set.of(), ""));
            }
        };
    }

    private void acquire(LocalTransaction local, Set<LockKey> keys) throws SQLException {
        Set<LockKey> missing = local.missing(keys);
        if (!missing.isEmpty()) {
            local.registered(at.locks().acquire(local.xid(), missing), missing);
        }
    }

    // ---- change

    /** @param wait for locks that turn out to be missing; else {@link RowsMoved} is thrown unless they are free */
    <T> T change(LocalTransaction local, List<Step> steps, Run<T> run, boolean wait) throws SQLException {
        Table table = table(steps);
        return switch (steps.getFirst().plan()) {
            case Plan.Insert insert -> insert(local, table, steps, run, wait);
            case Plan.Update update -> {
                Set<Column> columns = new LinkedHashSet<>();
                update.columns().forEach(name -> {
                    Column column = table.column(Keys.bare(name));
                    if (column != null) {
                        columns.add(column);
                    }
                });
                table.columns().values().stream().filter(Column::renewed).forEach(columns::add);
                yield change(local, table, Change.Kind.UPDATE, steps, columns, run, wait);
            }
            case Plan.Delete delete -> change(local, table, Change.Kind.DELETE, steps, null, run, wait);
            case Plan.LockingSelect select -> select(local, table, steps.getFirst(), select, run, wait);
        };
    }

    private <T> T change(
            LocalTransaction local,
            Table table,
            Change.Kind kind,
            List<Step> steps,
            @Nullable Set<Column> columns,
            Run<T> run,
            boolean wait)
            throws SQLException {
        boolean byKey = true;
        List<List<@Nullable Object>> keys = new ArrayList<>();
        for (Step step : steps) {
            var predicted = Keys.predicted(table, ((Plan.OnRows) step.plan()).condition(), step.parameters());
            byKey &= predicted.isPresent();
            predicted.ifPresent(keys::addAll);
        }
        if (!byKey && steps.size() > 1) {
            throw new IllegalStateException("a batch whose rows are not named by their keys has to be run one by one");
        }
        Step first = steps.getFirst();
        List<Row> before = byKey
                ? at.images().withKeys(connection, table, distinct(keys), columns, Images.FOR_UPDATE)
                : at.images()
                        .of(
                                connection,
                                table,
                                (Plan.OnRows) first.plan(),
                                first.parameters(),
                                columns,
                                Images.FOR_UPDATE);
        hold(local, Keys.of(table, before), wait);
        T result = run.run();
        long count = run.count(result);
        if (!byKey && count > before.size()) {
            // Others' rows came to match the condition in between, and were changed: nothing of it may stay.
            local.breakIt();
            throw new RowsMoved();
        }
        if (!local.looksOnly() && !before.isEmpty()) {
            List<Row> after = kind == Change.Kind.DELETE && count == before.size()
                    ? List.of()
                    : at.images().withKeys(connection, table, keysOf(table, before), columns, "");
            add(local, table, kind, before, after);
        }
        return result;
    }

    /** Global locks of rows that are locked in the database by now. */
    private void hold(LocalTransaction local, Set<LockKey> keys, boolean wait) throws SQLException {
        if (local.looksOnly()) {
            if (!at.locks().free("", keys)) {
                if (!wait) {
                    throw new RowsMoved();
                }
                at.locks().awaitFree("", keys);
            }
            return;
        }
        Set<LockKey> missing = local.missing(keys);
        if (missing.isEmpty()) {
            return;
        }
        if (wait) {
            acquire(local, missing);
        } else {
            OptionalLong branch = at.locks().tryAcquire(local.xid(), missing);
            if (branch.isEmpty()) {
                throw new RowsMoved();
            }
            local.registered(branch.getAsLong(), missing);
        }
    }

    /** Rows that are the same as before need no undoing. */
    private static void add(LocalTransaction local, Table table, Change.Kind kind, List<Row> before, List<Row> after)
            throws SQLException {
        Map<String, Row> afterByKey = new HashMap<>();
        for (Row row : after) {
            afterByKey.put(table.lockKey(row), row);
        }
        List<Row> changedBefore = new ArrayList<>();
        List<Row> changedAfter = new ArrayList<>();
        for (Row row : before) {
            Row became = afterByKey.get(table.lockKey(row));
            if (!Undo.same(row, became)) {
                changedBefore.add(row);
                if (became != null) {
                    changedAfter.add(became);
                }
            }
        }
        if (kind == Change.Kind.DELETE && !changedAfter.isEmpty()) {
            throw new IllegalStateException("a deletion has changed rows of " + table.sqlName());
        }
        local.add(new Change(kind, table.sqlName(), table.lockName(), changedBefore, changedAfter));
    }

    private static List<List<@Nullable Object>> keysOf(Table table, List<Row> rows) {
        List<List<@Nullable Object>> keys = new ArrayList<>(rows.size());
        rows.forEach(row -> keys.add(Images.key(table, row)));
        return keys;
    }

    private static List<List<@Nullable Object>> distinct(List<List<@Nullable Object>> keys) {
        return new ArrayList<>(new LinkedHashSet<>(keys));
    }

    // ---- insert

    private <T> T insert(LocalTransaction local, Table table, List<Step> steps, Run<T> run, boolean wait)
            throws SQLException {
        T result = run.run();
        if (local.looksOnly()) {
            return result;
        }
        List<List<Optional<Object>>> known = new ArrayList<>();
        for (Step step : steps) {
            known.addAll(insertedKeys(table, (Plan.Insert) step.plan(), step.parameters()));
        }
        boolean all = known.stream().allMatch(key -> key.stream().allMatch(Optional::isPresent));
        List<List<@Nullable Object>> keys;
        if (all) {
            keys = new ArrayList<>();
            known.forEach(key -> keys.add(plain(key)));
        } else {
            keys = completed(local, table, known, run.generated(table));
        }
        List<Row> after = at.images().withKeys(connection, table, keys, null, "");
        if (after.size() != known.size()) {
            local.breakIt();
            throw keysUnknown(
                    table, known.size() + " rows were inserted, and " + after.size() + " of them found again");
        }
        hold(local, Keys.of(table, after), wait);
        local.add(new Change(Change.Kind.INSERT, table.sqlName(), table.lockName(), List.of(), after));
        return result;
    }

    /** For each new row the values of its key, as far as the statement tells them. */
    private static List<List<Optional<Object>>> insertedKeys(Table table, Plan.Insert insert, Parameters parameters)
            throws SQLException {
        List<String> columns =
                insert.columns().isEmpty() ? List.copyOf(table.columns().keySet()) : insert.columns();
        Map<String, Integer> places = new LinkedHashMap<>();
        for (int i = 0; i < columns.size(); i++) {
            Column column = table.column(Keys.bare(columns.get(i)));
            if (column != null) {
                places.put(column.name(), i);
            }
        }
        List<List<Optional<Object>>> keys = new ArrayList<>();
        for (List<Operand> row : insert.rows()) {
            List<Optional<Object>> key = new ArrayList<>();
            for (Column column : table.key()) {
                Integer place = places.get(column.name());
                key.add(
                        place == null || place >= row.size()
                                ? Optional.empty()
                                : Keys.value(row.get(place), column, parameters));
            }
            keys.add(key);
        }
        return keys;
    }

    private static List<List<@Nullable Object>> completed(
            LocalTransaction local,
            Table table,
            List<List<Optional<Object>>> known,
            List<List<@Nullable Object>> generated)
            throws AtRefusedException {
        if (generated.size() != known.size()) {
            local.breakIt();
            throw keysUnknown(
                    table, known.size() + " rows were inserted, and the database told the keys of " + generated.size());
        }
        List<List<@Nullable Object>> keys = new ArrayList<>();
        for (int i = 0; i < known.size(); i++) {
            List<Optional<Object>> own = known.get(i);
            List<@Nullable Object> told = generated.get(i);
            long missing = own.stream().filter(Optional::isEmpty).count();
            if (told.size() == own.size()) {
                keys.add(told);
            } else if (told.size() == 1 && missing == 1) {
                List<@Nullable Object> key = new ArrayList<>();
                own.forEach(value -> key.add(value.orElse(told.getFirst())));
                keys.add(key);
            } else {
                local.breakIt();
                throw keysUnknown(table, missing + " columns of its key are not told by the statement");
            }
        }
        return keys;
    }

    private static AtRefusedException keysUnknown(Table table, String why) {
        return new AtRefusedException(
                Reason.KEYS_UNKNOWN,
                "the primary keys of new rows of " + table.sqlName() + " cannot be known: " + why,
                "give them in the statement as parameters, or insert one row a statement");
    }

    private static List<@Nullable Object> plain(List<Optional<Object>> key) {
        List<@Nullable Object> plain = new ArrayList<>();
        key.forEach(value -> plain.add(value.orElseThrow()));
        return plain;
    }

    // ---- select for update

    /*
     * Whoever takes a global lock takes it before the row. So if a row is locked here and its global lock is free, what the row
     * holds is committed, globally, and stays so until this local transaction ends.
     */
    private <T> T select(
            LocalTransaction local, Table table, Step step, Plan.LockingSelect select, Run<T> run, boolean wait)
            throws SQLException {
        for (int attempt = 1; attempt <= SELECTIONS_MAX; attempt++) {
            Savepoint savepoint = wait ? connection.setSavepoint() : null;
            List<Row> rows = at.images()
                    .of(connection, table, select, step.parameters(), Set.of(), " " + select.lockingClause());
            Set<LockKey> keys = local.missing(Keys.of(table, rows));
            if (at.locks().free(local.xid(), keys)) {
                return run.run();
            }
            if (savepoint == null) {
                throw new RowsMoved();
            }
            connection.rollback(savepoint);
            at.locks().awaitFree(local.xid(), keys);
        }
        throw new RowsMoved();
    }
}
