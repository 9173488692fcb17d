package dev.plinth.config;

import java.time.Instant;
import java.util.Optional;

/**
 * What was published, or removed, once.
 *
 * @param number counts the changes of this text from 1
 * @param text empty if the text was removed
 * @param rolledBackTo the version whose text was published once more
 */
public record ConfigVersion(
        long number, Optional<ConfigText> text, Instant at, Author author, Optional<Long> rolledBackTo) {

    int bytes() {
        return text.isEmpty() ? 0 : text.get().bytes();
    }
}
