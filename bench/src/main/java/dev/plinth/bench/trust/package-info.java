/** What is promised of trust: how fast evidence is appraised, and how many identities one server issues and renews. */
@NullMarked
package dev.plinth.bench.trust;

import org.jspecify.annotations.NullMarked;
