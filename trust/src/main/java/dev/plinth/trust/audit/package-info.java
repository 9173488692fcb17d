/**
 * The tamper-evident audit log: every entry holds the hash of the one before, and signed checkpoints vouch for the newest.
 *
 * <p>Start with {@link dev.plinth.trust.audit.AuditEntry}, which says what is hashed; {@link dev.plinth.trust.audit.AuditFolder} keeps
 * a server's copy on disk, and verifies one.
 */
@NullMarked
package dev.plinth.trust.audit;

import org.jspecify.annotations.NullMarked;
