/**
 * Trust as the console shows it: identities, evidence, policies, secrets and the audit log, and nothing that is secret.
 *
 * <p>Start with {@link dev.plinth.server.trust.TrustView}.
 */
@NullMarked
package dev.plinth.server.trust;

import org.jspecify.annotations.NullMarked;
