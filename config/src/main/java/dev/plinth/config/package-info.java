/**
 * What people configure: texts under a name, with versions, history, grey releases, and who changed what.
 *
 * <p>Start with {@link dev.plinth.config.Configs}, what the server opens, and {@link dev.plinth.config.ConfigCommand}, what a door can
 * ask; the rules are {@code ConfigEngine}'s.
 */
@NullMarked
package dev.plinth.config;

import org.jspecify.annotations.NullMarked;
