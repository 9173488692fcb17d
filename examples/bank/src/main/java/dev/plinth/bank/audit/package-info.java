/**
 * Proof that money is neither made nor lost, while transfers run.
 *
 * <p>Start with {@link dev.plinth.bank.audit.Books} (what must hold), then {@link dev.plinth.bank.audit.CellReader} (how it is
 * read from a database that others write to). Nothing here trusts the services: it looks at the databases alone.
 */
@NullMarked
package dev.plinth.bank.audit;

import org.jspecify.annotations.NullMarked;
