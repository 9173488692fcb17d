package dev.plinth.sdk.at;

import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonNull;
import com.google.gson.JsonObject;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/** What a person gets to see of rows that could not be undone: as they were before, as the branch left them, as they are. */
final class DirtyReport {
    /*
     * It goes to the coordinator as the words of a failed answer, which have to fit a text of the wire. So it shows the first
     * rows, and the first characters of long values, and says how many rows there are more. Rows that it does not show are not
     * decided upon: each row has a fingerprint, and a decision names those that it is about.
     */
    static final int ROWS_MAX = 20;
    static final int VALUE_CHARS_MAX = 120;
    static final int BYTES_MAX = 24_000;

    private static final Gson GSON =
            new GsonBuilder().disableHtmlEscaping().serializeNulls().create();

    private DirtyReport() {}

    static String of(List<DirtyRow> dirty) {
        JsonArray rows = new JsonArray();
        int bytes = 0;
        for (DirtyRow row : dirty) {
            JsonObject json = new JsonObject();
            json.addProperty("table", row.table());
            json.addProperty("key", row.key());
            json.addProperty("fingerprint", fingerprint(row));
            json.add("before", state(row.before()));
            json.add("after", state(row.after()));
            json.add("now", state(row.now()));
            bytes += GSON.toJson(json).getBytes(StandardCharsets.UTF_8).length;
            if (rows.size() == ROWS_MAX || bytes > BYTES_MAX) {
                break;
            }
            rows.add(json);
        }
        JsonObject report = new JsonObject();
        report.add("dirty", rows);
        report.addProperty("more", dirty.size() - rows.size());
        return GSON.toJson(report);
    }

    private static JsonElement state(@Nullable Row row) {
        if (row == null) {
            return JsonNull.INSTANCE;
        }
        JsonObject state = new JsonObject();
        for (Field field : row.fields()) {
            String text = field.text();
            state.addProperty(
                    field.name(), text.length() <= VALUE_CHARS_MAX ? text : text.substring(0, VALUE_CHARS_MAX) + "...");
        }
        return state;
    }

    /** Names a row in the state in which it is. */
    static String fingerprint(DirtyRow row) {
        CRC32C sum = new CRC32C();
        StringBuilder text = new StringBuilder(row.table()).append('\n').append(row.key());
        Row now = row.now();
        if (now != null) {
            for (Field field : now.fields()) {
                text.append('\n').append(field.name()).append('=').append(UndoJson.value(field.value()));
            }
        }
        sum.update(text.toString().getBytes(StandardCharsets.UTF_8));
        return "%08x".formatted(sum.getValue());
    }
}
