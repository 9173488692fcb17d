/** Moves a running system from another registry to this one; begin with {@link dev.plinth.cli.migrate.MigrateCommand}. */
@NullMarked
package dev.plinth.cli.migrate;

import org.jspecify.annotations.NullMarked;
