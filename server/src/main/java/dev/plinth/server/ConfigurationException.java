package dev.plinth.server;

/** A configuration that cannot be used. The message names the file, the line, the key and what was expected there. */
public final class ConfigurationException extends RuntimeException {
    ConfigurationException(String message) {
        super(message);
    }
}
