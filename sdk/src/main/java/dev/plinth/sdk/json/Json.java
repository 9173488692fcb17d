package dev.plinth.sdk.json;

import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonParseException;
import com.google.gson.ReflectionAccessFilter;
import com.google.gson.TypeAdapter;
import com.google.gson.stream.JsonReader;
import com.google.gson.stream.JsonWriter;
import java.io.IOException;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.util.function.Function;

/** Records as JSON, for what this SDK sends and stores on an application's behalf; not for applications. */
public final class Json {

    private static final Gson GSON = new GsonBuilder()
            .disableHtmlEscaping()
            // What has no form here must fail when it is first met, not write the insides of a JDK class.
            .addReflectionAccessFilter(ReflectionAccessFilter.BLOCK_ALL_JAVA)
            .registerTypeAdapter(Instant.class, text(Instant::parse))
            .registerTypeAdapter(Duration.class, text(Duration::parse))
            .registerTypeAdapter(LocalDate.class, text(LocalDate::parse))
            .create();

    private Json() {}

    public static Gson gson() {
        return GSON;
    }

    /** A type whose text form is its JSON form. */
    private static <T> TypeAdapter<T> text(Function<String, T> parse) {
        return new TypeAdapter<T>() {
            @Override
            public void write(JsonWriter out, T value) throws IOException {
                out.value(value.toString());
            }

            @Override
            public T read(JsonReader in) throws IOException {
                String text = in.nextString();
                try {
                    return parse.apply(text);
                } catch (DateTimeException e) {
                    throw new JsonParseException("'" + text + "' at " + in.getPath() + " is not in ISO-8601", e);
                }
            }
        }.nullSafe();
    }
}
