package dev.plinth.registry.rules;

import dev.plinth.config.Author;
import dev.plinth.registry.Rule;
import java.time.Instant;

/** A rule, and who made it when. */
public record StoredRule(Rule rule, Author author, Instant at) {}
