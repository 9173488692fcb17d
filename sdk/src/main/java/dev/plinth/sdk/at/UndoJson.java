package dev.plinth.sdk.at;

import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonNull;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import com.google.gson.JsonPrimitive;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.sql.Date;
import java.sql.Time;
import java.sql.Timestamp;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** Changes as Seata's default undo log parser ({@code jackson}) writes and reads them. */
final class UndoJson {
    /*
     * Why Seata's form: a coordinator may ask any client that serves a database to undo a branch, also one that another kind of
     * client made. Seata's client, asked about a branch whose undo record it cannot find, answers that it has rolled back. So if
     * both kinds serve one database (and they must, to exclude one another's locks) they must share the table and the form; with
     * a table of our own, a rollback that reached the wrong client would be lost and nobody would know.
     *
     * The form is Jackson's with types for all that is not final: an object has "@class", a value whose class JSON does not tell
     * is an array of class and value. What is read may be of io.seata or org.apache.seata: the structure's classes do not matter.
     */
    private static final String PACKAGE = "org.apache.seata.rm.datasource.";
    private static final String CLASS = "@class";
    private static final String PG_OBJECT = "org.postgresql.util.PGobject";
    private static final int MICROS = 1_000_000;

    private static final Gson GSON =
            new GsonBuilder().disableHtmlEscaping().serializeNulls().create();

    private UndoJson() {}

    static byte[] encode(String xid, long branchId, List<Change> changes) {
        JsonObject record = object("undo.BranchUndoLog");
        record.addProperty("xid", xid);
        record.addProperty("branchId", branchId);
        record.add("sqlUndoLogs", list(changes.stream().map(UndoJson::encode).toList()));
        return GSON.toJson(record).getBytes(StandardCharsets.UTF_8);
    }

    private static JsonElement encode(Change change) {
        JsonObject json = object("undo.SQLUndoLog");
        json.addProperty("sqlType", change.kind().name());
        json.addProperty("tableName", change.table());
        json.add("beforeImage", encode(change.lockName(), change.before()));
        json.add("afterImage", encode(change.lockName(), change.after()));
        return json;
    }

    private static JsonElement encode(String table, List<Row> rows) {
        JsonObject json =
                object(rows.isEmpty() ? "sql.struct.TableRecords$EmptyTableRecords" : "sql.struct.TableRecords");
        json.addProperty("tableName", table);
        json.add("rows", list(rows.stream().map(UndoJson::encode).toList()));
        return json;
    }

    private static JsonElement encode(Row row) {
        JsonObject json = object("sql.struct.Row");
        json.add("fields", list(row.fields().stream().map(UndoJson::encode).toList()));
        return json;
    }

    private static JsonElement encode(Field field) {
        JsonObject json = object("sql.struct.Field");
        json.addProperty("name", field.name());
        json.addProperty("keyType", field.key() ? "PRIMARY_KEY" : "NULL");
        json.addProperty("type", field.type());
        json.add("value", value(field.value()));
        return json;
    }

    /** @throws IllegalArgumentException if values of this class have no form in an undo record */
    static JsonElement value(@Nullable Object value) {
        return switch (value) {
            case null -> JsonNull.INSTANCE;
            case String text -> new JsonPrimitive(text);
            case Boolean truth -> new JsonPrimitive(truth);
            case Integer number -> new JsonPrimitive(number);
            case Double number when Double.isFinite(number) -> new JsonPrimitive(number);
            case Double number -> typed(value, new JsonPrimitive(number.toString()));
            case Float number when !Float.isFinite(number) -> typed(value, new JsonPrimitive(number.toString()));
            case Byte number -> typed(value, new JsonPrimitive(number));
            case Short number -> typed(value, new JsonPrimitive(number));
            case Long number -> typed(value, new JsonPrimitive(number));
            case Float number -> typed(value, new JsonPrimitive(number));
            case BigDecimal number -> typed(value, new JsonPrimitive(number));
            case BigInteger number -> typed(value, new JsonPrimitive(number));
            case byte[] bytes ->
                typed(value, new JsonPrimitive(Base64.getEncoder().encodeToString(bytes)));
            case Timestamp time -> typed(value, time(time.getTime(), time.getNanos()));
            case LocalDateTime time -> {
                Timestamp stamp =
                        Timestamp.from(time.atZone(ZoneId.systemDefault()).toInstant());
                yield typed(value, time(stamp.getTime(), stamp.getNanos()));
            }
            case Date date -> typed(value, new JsonPrimitive(date.getTime()));
            case Time time -> typed(value, new JsonPrimitive(time.toString()));
            case UUID id -> typed(value, new JsonPrimitive(id.toString()));
            case Field.DriverText text -> {
                JsonObject json = new JsonObject();
                json.addProperty(CLASS, PG_OBJECT);
                json.addProperty("type", text.type());
                json.addProperty("value", text.text());
                yield json;
            }
            default ->
                throw new IllegalArgumentException(
                        "a value of " + value.getClass().getName() + " cannot be kept in an undo record");
        };
    }

    /** With microseconds it is an array of milliseconds and nanoseconds, without them a number. */
    private static JsonElement time(long millis, int nanos) {
        if (nanos % MICROS == 0) {
            return new JsonPrimitive(millis);
        }
        JsonArray both = new JsonArray();
        both.add(millis);
        both.add(nanos);
        return both;
    }

    private static JsonElement typed(Object value, JsonElement json) {
        JsonArray typed = new JsonArray();
        typed.add(value.getClass().getName());
        typed.add(json);
        return typed;
    }

    private static JsonObject object(String className) {
        JsonObject json = new JsonObject();
        json.addProperty(CLASS, PACKAGE + className);
        return json;
    }

    private static JsonElement list(List<JsonElement> items) {
        JsonArray array = new JsonArray();
        items.forEach(array::add);
        JsonArray typed = new JsonArray();
        typed.add("java.util.ArrayList");
        typed.add(array);
        return typed;
    }

    /** @throws IllegalArgumentException if this cannot be read as an undo record */
    static List<Change> decode(byte[] bytes) {
        try {
            JsonObject record = JsonParser.parseString(new String(bytes, StandardCharsets.UTF_8))
                    .getAsJsonObject();
            List<Change> changes = new ArrayList<>();
            for (JsonElement item : items(record.get("sqlUndoLogs"))) {
                JsonObject change = item.getAsJsonObject();
                JsonObject before = change.getAsJsonObject("beforeImage");
                changes.add(new Change(
                        Change.Kind.valueOf(change.get("sqlType").getAsString()),
                        change.get("tableName").getAsString(),
                        before.get("tableName").getAsString(),
                        rows(before),
                        rows(change.getAsJsonObject("afterImage"))));
            }
            return changes;
        } catch (JsonParseException
                | IllegalStateException
                | ClassCastException
                | IndexOutOfBoundsException
                | NullPointerException
                | NumberFormatException e) {
            throw new IllegalArgumentException("this is no undo record in Seata's jackson form: " + e.getMessage(), e);
        }
    }

    private static List<Row> rows(JsonObject image) {
        List<Row> rows = new ArrayList<>();
        for (JsonElement row : items(image.get("rows"))) {
            List<Field> fields = new ArrayList<>();
            for (JsonElement item : items(row.getAsJsonObject().get("fields"))) {
                JsonObject field = item.getAsJsonObject();
                fields.add(new Field(
                        field.get("name").getAsString(),
                        field.get("keyType").getAsString().equals("PRIMARY_KEY"),
                        field.get("type").getAsInt(),
                        valueOf(field.get("value"))));
            }
            rows.add(new Row(fields));
        }
        return rows;
    }

    private static JsonArray items(JsonElement typedList) {
        return typedList.getAsJsonArray().get(1).getAsJsonArray();
    }

    static @Nullable Object valueOf(@Nullable JsonElement json) {
        return switch (json) {
            case null -> null;
            case JsonNull none -> null;
            case JsonPrimitive primitive when primitive.isBoolean() -> primitive.getAsBoolean();
            case JsonPrimitive primitive when primitive.isNumber() -> number(primitive);
            case JsonPrimitive primitive -> primitive.getAsString();
            case JsonObject object -> new Field.DriverText(text(object, "type"), text(object, "value"));
            case JsonArray typed -> valueOf(typed.get(0).getAsString(), typed.get(1));
            default -> throw new IllegalStateException("no JSON: " + json);
        };
    }

    private static String text(JsonObject object, String name) {
        if (!PG_OBJECT.equals(object.get(CLASS).getAsString()) || !object.has(name)) {
            throw new IllegalArgumentException(
                    "an undo record holds a value that only another client can read: " + object);
        }
        return object.get(name).getAsString();
    }

    private static Object number(JsonPrimitive primitive) {
        String text = primitive.getAsString();
        if (text.indexOf('.') >= 0 || text.indexOf('e') >= 0 || text.indexOf('E') >= 0) {
            return primitive.getAsDouble();
        }
        BigInteger number = new BigInteger(text);
        if (number.bitLength() < Integer.SIZE) {
            return number.intValue();
        }
        return number.bitLength() < Long.SIZE ? (Object) number.longValue() : number;
    }

    private static Object valueOf(String className, JsonElement json) {
        return switch (className) {
            case "java.lang.Byte" -> json.getAsByte();
            case "java.lang.Short" -> json.getAsShort();
            case "java.lang.Long" -> json.getAsLong();
            case "java.lang.Float" -> Float.valueOf(json.getAsString());
            case "java.lang.Double" -> Double.valueOf(json.getAsString());
            case "java.math.BigDecimal" -> json.getAsBigDecimal();
            case "java.math.BigInteger" -> json.getAsBigInteger();
            case "[B", "javax.sql.rowset.serial.SerialBlob" ->
                Base64.getDecoder().decode(json.getAsString());
            case "javax.sql.rowset.serial.SerialClob" -> json.getAsString();
            case "java.sql.Timestamp" -> {
                Timestamp time = new Timestamp(millis(json));
                if (json instanceof JsonArray both) {
                    time.setNanos(both.get(1).getAsInt());
                }
                yield time;
            }
            case "java.time.LocalDateTime" -> {
                Instant instant = Instant.ofEpochMilli(millis(json));
                LocalDateTime time = LocalDateTime.ofInstant(instant, ZoneId.systemDefault());
                yield json instanceof JsonArray both ? time.withNano(both.get(1).getAsInt()) : time;
            }
            case "java.sql.Date" ->
                json.getAsJsonPrimitive().isNumber() ? new Date(json.getAsLong()) : Date.valueOf(json.getAsString());
            case "java.sql.Time" -> Time.valueOf(json.getAsString());
            case "java.util.UUID" -> UUID.fromString(json.getAsString());
            default ->
                throw new IllegalArgumentException(
                        "an undo record holds a value that only another client can read: " + className);
        };
    }

    private static long millis(JsonElement json) {
        return json instanceof JsonArray both ? both.get(0).getAsLong() : json.getAsLong();
    }
}
