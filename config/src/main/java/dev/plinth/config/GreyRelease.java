package dev.plinth.config;

import java.time.Instant;

/**
 * A text that only some clients get.
 *
 * @param number counts the changes of the text's grey releases and versions together
 */
public record GreyRelease(String name, GreyRule rule, ConfigText text, long number, Instant at, Author author) {}
