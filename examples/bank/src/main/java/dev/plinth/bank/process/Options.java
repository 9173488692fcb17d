package dev.plinth.bank.process;

import java.time.Duration;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** How options are read whose form is the bank's own; bad input is answered with the form. */
public final class Options {
    private static final Pattern DURATION = Pattern.compile("([0-9]{1,9})(ms|s|m|h)");
    private static final Pattern ADDRESS = Pattern.compile("([A-Za-z0-9.-]+):([0-9]{1,5})");

    /** The zones of the cells of which the bank's own configuration speaks. */
    private static final Map<String, String> ZONES = Map.of("east", "zone-1", "west", "zone-2");

    private Options() {}

    /** {@code 250ms}, {@code 5s}, {@code 2m}, {@code 1h}. */
    public static final class DurationForm implements ITypeConverter<Duration> {
        @Override
        public Duration convert(String text) {
            Matcher form = DURATION.matcher(text);
            if (!form.matches()) {
                throw new TypeConversionException(
                        "'" + text + "' is not a duration with its unit: 250ms, 5s, 2m or 1h");
            }
            long amount = Long.parseLong(form.group(1));
            return switch (form.group(2)) {
                case "ms" -> Duration.ofMillis(amount);
                case "s" -> Duration.ofSeconds(amount);
                case "m" -> Duration.ofMinutes(amount);
                default -> Duration.ofHours(amount);
            };
        }
    }

    /** {@code host:port} of one of the bank's databases, as a JDBC URL. */
    public static final class DatabaseForm implements ITypeConverter<String> {
        @Override
        public String convert(String text) {
            if (!ADDRESS.matcher(text).matches()) {
                throw new TypeConversionException("'" + text + "' is not of the form host:port");
            }
            return "jdbc:postgresql://" + text + "/bank?user=bank";
        }
    }

    /** The zone of a cell: what was asked for, or what the bank's own cells have. */
    public static String zone(String cell, String asked) {
        return asked.isEmpty() ? ZONES.getOrDefault(cell, "zone-of-" + cell) : asked;
    }
}
