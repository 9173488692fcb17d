/**
 * A real PostgreSQL without set-up, from binaries on the class path.
 *
 * <p>Start with {@link dev.plinth.bank.postgres.EmbeddedPostgres}: {@code EmbeddedPostgres.start(directory, port)}. {@link
 * dev.plinth.bank.postgres.Binaries} unpacks the programs once, {@link dev.plinth.bank.postgres.DatabaseUser} is who they run
 * as, because PostgreSQL refuses to run as root.
 */
@NullMarked
package dev.plinth.bank.postgres;

import org.jspecify.annotations.NullMarked;
