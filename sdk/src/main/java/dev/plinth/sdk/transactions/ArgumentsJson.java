package dev.plinth.sdk.transactions;

import com.google.gson.Gson;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import com.google.gson.TypeAdapter;
import dev.plinth.sdk.json.Json;
import java.lang.reflect.RecordComponent;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * An action's arguments as the application data of its branch: {@code {"actionContext": {"<component>": ..., ...}}}, as Seata's
 * own TCC writes it, so that either side can end what the other began.
 */
final class ArgumentsJson<A extends Record> {

    /** Seata's own default limit. */
    static final int BYTES_MAX = 64_000;

    private static final String CONTEXT = "actionContext";
    private static final String ACTION_NAME = "actionName";
    private static final String START_TIME = "action-start-time";
    private static final String PREPARE = "sys::prepare";
    private static final String COMMIT = "sys::commit";
    private static final String ROLLBACK = "sys::rollback";
    /** Names that Seata's TCC gives a meaning of its own, and that a record's component could have. */
    private static final Set<String> RESERVED = Set.of(ACTION_NAME, "useTCCFence");

    private static final Gson GSON = Json.gson();

    private final String resourceId;
    private final TypeAdapter<A> adapter;
    private final List<String> components;

    ArgumentsJson(String resourceId, Class<A> type) {
        this.resourceId = resourceId;
        this.components = Stream.of(type.getRecordComponents())
                .map(RecordComponent::getName)
                .toList();
        for (String component : components) {
            if (RESERVED.contains(component)) {
                throw new IllegalArgumentException(
                        type.getName() + ": the name of component '" + component + "' has a meaning in the protocol");
            }
        }
        try {
            this.adapter = GSON.getAdapter(type);
        } catch (JsonParseException | IllegalArgumentException e) {
            throw new IllegalArgumentException(
                    "the arguments of '" + resourceId + "' cannot travel as JSON: " + type.getName(), e);
        }
    }

    String encode(A arguments, long nowMillis) {
        JsonObject context = adapter.toJsonTree(arguments).getAsJsonObject();
        for (String component : components) {
            if (!context.has(component) || context.get(component).isJsonNull()) {
                throw new IllegalArgumentException(
                        "argument '" + component + "' of '" + resourceId + "': must not be null");
            }
        }
        context.addProperty(ACTION_NAME, resourceId);
        context.addProperty(START_TIME, nowMillis);
        context.addProperty(PREPARE, "tryIt");
        context.addProperty(COMMIT, "confirm");
        context.addProperty(ROLLBACK, "cancel");
        JsonObject data = new JsonObject();
        data.add(CONTEXT, context);
        String json = GSON.toJson(data);
        int bytes = json.getBytes(StandardCharsets.UTF_8).length;
        if (bytes > BYTES_MAX) {
            throw new IllegalArgumentException(
                    "the arguments of '" + resourceId + "' are " + bytes + " bytes of JSON; the limit is " + BYTES_MAX);
        }
        return json;
    }

    /** @throws IllegalArgumentException if these are not the arguments of this action */
    A decode(String applicationData) {
        try {
            JsonElement data = JsonParser.parseString(applicationData);
            if (!(data instanceof JsonObject object) || !(object.get(CONTEXT) instanceof JsonObject context)) {
                throw malformed("there is no object '" + CONTEXT + "'", null);
            }
            for (String component : components) {
                if (!context.has(component) || context.get(component).isJsonNull()) {
                    throw malformed("argument '" + component + "' is missing", null);
                }
            }
            return adapter.fromJsonTree(context);
        } catch (JsonParseException e) {
            throw malformed(String.valueOf(e.getMessage()), e);
        }
    }

    private IllegalArgumentException malformed(String what, @Nullable Exception cause) {
        return new IllegalArgumentException("application data of a branch of '" + resourceId + "': " + what, cause);
    }
}
