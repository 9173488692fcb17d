package dev.plinth.cli;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.plinth.wire.transactions.v1.Branch;
import dev.plinth.wire.transactions.v1.Transaction;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/** Rows that were changed behind a branch's back, in their three states side by side. */
final class DirtyRows {
    private static final String ABSENT = "-";

    private DirtyRows() {}

    /**
     * One row.
     *
     * @param json as the report has it
     */
    record Row(long branch, JsonObject json) {
        String fingerprint() {
            return json.get("fingerprint").getAsString();
        }

        private String name() {
            return json.get("table").getAsString() + ":" + json.get("key").getAsString();
        }

        private Set<String> columns() {
            Set<String> columns = new LinkedHashSet<>();
            for (var state : List.of("before", "after", "now")) {
                if (json.get(state) instanceof JsonObject columnsOf) {
                    columns.addAll(columnsOf.keySet());
                }
            }
            return columns;
        }

        private String value(String state, String column) {
            JsonElement of = json.get(state);
            return of instanceof JsonObject columns && columns.has(column)
                    ? columns.get(column).getAsString()
                    : ABSENT;
        }
    }

    /** Those of a transaction that waits for a decision about them; none if it does not. */
    static List<Row> of(Transaction transaction) {
        List<Row> rows = new ArrayList<>();
        for (var branch : transaction.getBranchesList()) {
            if (waits(branch)) {
                report(branch)
                        .getAsJsonArray("dirty")
                        .forEach(row -> rows.add(new Row(branch.getId(), row.getAsJsonObject())));
            }
        }
        return rows;
    }

    private static boolean waits(Branch branch) {
        return branch.getStatus() == Branch.Status.PHASE_TWO_ROLLBACK_FAILED_UNRETRYABLE
                && !branch.getRows().isEmpty();
    }

    private static JsonObject report(Branch branch) {
        return JsonParser.parseString(branch.getRows()).getAsJsonObject();
    }

    static void print(Transaction transaction, PrintWriter out) {
        var rows = of(transaction);
        if (rows.isEmpty()) {
            return;
        }
        out.println();
        out.println("Rows that were changed behind a branch's back wait for a decision: keep, restore or retry.");
        var table = new Table("BRANCH", "ROW", "FINGERPRINT", "COLUMN", "BEFORE", "AFTER", "NOW");
        for (var row : rows) {
            for (var column : row.columns()) {
                table.row(
                        Long.toString(row.branch()),
                        row.name(),
                        row.fingerprint(),
                        column,
                        row.value("before", column),
                        row.value("after", column),
                        row.value("now", column));
            }
        }
        table.print(out);
        int more = transaction.getBranchesList().stream()
                .filter(DirtyRows::waits)
                .mapToInt(branch -> report(branch).get("more").getAsInt())
                .sum();
        if (more > 0) {
            out.println(more + " rows more than a report has room for; they come when these are decided.");
        }
    }
}
