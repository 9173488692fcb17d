package dev.plinth.bank;

import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/**
 * The shards of one cell, as the bank's start-up options name them: {@code 0-49}.
 *
 * <p>Calls are routed by the cell map alone. This says only where the accounts are opened at the very beginning, and which
 * transfers the driver counts as crossing cells.
 *
 * @param first 0 to 99
 * @param last first to 99
 */
public record ShardRange(int first, int last) {
    /** A customer's shard is the last two digits of the number. */
    public static final int SHARDS = 100;

    public ShardRange {
        if (first < 0 || last >= SHARDS || first > last) {
            throw new IllegalArgumentException(
                    "shards: " + first + "-" + last + " is no range within 0-" + (SHARDS - 1));
        }
    }

    /** Reads {@code first-last}. */
    public static ShardRange parse(String text) {
        int dash = text.indexOf('-');
        try {
            return new ShardRange(
                    Integer.parseInt(text.substring(0, Math.max(dash, 0))), Integer.parseInt(text.substring(dash + 1)));
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException("shards: '" + text + "' is not of the form 0-49", e);
        }
    }

    public boolean contains(long customer) {
        long shard = customer % SHARDS;
        return shard >= first && shard <= last;
    }

    /** As an option of a command. */
    public static final class Form implements ITypeConverter<ShardRange> {
        @Override
        public ShardRange convert(String text) {
            try {
                return parse(text);
            } catch (IllegalArgumentException e) {
                throw new TypeConversionException(e.getMessage());
            }
        }
    }
}
