package dev.plinth.rpc;

import dev.plinth.cells.Epoch;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What a server of the wrong cell, or of a shard that is about to leave it, says; it travels as text in an error's message. */
sealed interface CellAnswer {
    Pattern FORM = Pattern.compile("(WRONG_CELL|SHARD_FROZEN)\\(epoch=(\\d{1,18})(?:, owner=([a-z0-9-]{1,63}))?\\)");

    /** Of the map by which the server said so. */
    Epoch epoch();

    /** As it travels. */
    String text();

    /** The user belongs to another cell. */
    record WrongCell(Epoch epoch, String owner) implements CellAnswer {
        @Override
        public String text() {
            return "WRONG_CELL(epoch=" + epoch.number() + ", owner=" + owner + ")";
        }
    }

    /** The user's shard takes no writes until it has changed hands. */
    record ShardFrozen(Epoch epoch) implements CellAnswer {
        @Override
        public String text() {
            return "SHARD_FROZEN(epoch=" + epoch.number() + ")";
        }
    }

    /** Finds it in a message. */
    static Optional<CellAnswer> in(String message) {
        Matcher found = FORM.matcher(message);
        if (!found.find()) {
            return Optional.empty();
        }
        Epoch epoch = new Epoch(Long.parseLong(found.group(2)));
        String owner = found.group(3);
        if (found.group(1).equals("SHARD_FROZEN")) {
            return Optional.of(new ShardFrozen(epoch));
        }
        return owner == null ? Optional.empty() : Optional.of(new WrongCell(epoch, owner));
    }

    /** As the exception that carries it. */
    default RpcException exception() {
        var code = switch (this) {
            case WrongCell it -> RpcException.Code.WRONG_CELL;
            case ShardFrozen it -> RpcException.Code.SHARD_FROZEN;
        };
        return new RpcException(code, text());
    }
}
