package dev.plinth.sdk.at;

import dev.plinth.sdk.at.AtRefusedException.Reason;
import java.io.InputStream;
import java.io.Reader;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** What an application has set in a prepared statement, so that it can be set in another one. */
final class Parameters {

    private record Setting(Method method, List<@Nullable Object> arguments) {}

    /** The statement is whole without. */
    static Parameters none() {
        return new Parameters();
    }

    private final Map<Integer, Setting> settings = new HashMap<>();

    void set(Method method, @Nullable Object[] arguments) {
        settings.put((Integer) arguments[0], new Setting(method, new ArrayList<>(Arrays.asList(arguments))));
    }

    void clear() {
        settings.clear();
    }

    Parameters copy() {
        Parameters copy = new Parameters();
        copy.settings.putAll(settings);
        return copy;
    }

    /** Sets everything anew, in a statement of the same text. */
    void apply(PreparedStatement to) throws SQLException {
        to.clearParameters();
        for (Map.Entry<Integer, Setting> entry : settings.entrySet()) {
            apply(entry.getValue(), to, entry.getKey());
        }
    }

    /** Sets the parameters of these numbers as 1, 2, 3... */
    void apply(PreparedStatement to, List<Integer> numbers) throws SQLException {
        int index = 1;
        for (int number : numbers) {
            Setting setting = settings.get(number);
            if (setting == null) {
                throw new SQLException("parameter " + number + " is not set", "07001");
            }
            Object value = setting.arguments().size() > 1 ? setting.arguments().get(1) : null;
            if (value instanceof InputStream || value instanceof Reader) {
                throw new AtRefusedException(
                        Reason.VALUE,
                        "parameter " + number + ", which chooses rows, is a stream and can be read only once",
                        "set it as a value");
            }
            apply(setting, to, index++);
        }
    }

    private static void apply(Setting setting, PreparedStatement to, int index) throws SQLException {
        @Nullable Object[] arguments = setting.arguments().toArray();
        arguments[0] = index;
        try {
            setting.method().invoke(to, arguments);
        } catch (InvocationTargetException e) {
            throw e.getCause() instanceof SQLException sql ? sql : new SQLException(e.getCause());
        } catch (IllegalAccessException e) {
            throw new SQLException(e);
        }
    }

    /** The value, if it is a plain one. */
    Optional<Object> value(int number) {
        Setting setting = settings.get(number);
        if (setting == null
                || setting.method().getName().equals("setNull")
                || setting.arguments().size() < 2) {
            return Optional.empty();
        }
        return Optional.ofNullable(setting.arguments().get(1));
    }
}
