package dev.plinth.server;

import java.util.ArrayDeque;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What a server is made of, in the order in which it was made; closed the other way round. */
final class Parts implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(Parts.class);

    private record Part(String name, AutoCloseable what) {}

    private final ArrayDeque<Part> parts = new ArrayDeque<>();

    <T extends AutoCloseable> T add(String name, T part) {
        parts.push(new Part(name, part));
        return part;
    }

    /** Closes all. One that fails is named in the log and does not keep the others open. */
    @Override
    public void close() {
        while (!parts.isEmpty()) {
            var part = parts.pop();
            try {
                part.what().close();
            } catch (Exception e) {
                log.error("{} could not be closed", part.name(), e);
            }
        }
    }
}
