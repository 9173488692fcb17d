/**
 * One file with everything that a server has stored, and the way back. Start with {@link dev.plinth.server.backup.Archive}, which says
 * what is in it.
 */
@NullMarked
package dev.plinth.server.backup;

import org.jspecify.annotations.NullMarked;
