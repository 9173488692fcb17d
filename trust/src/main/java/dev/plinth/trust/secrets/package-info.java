/**
 * Keys and secrets: kept sealed, used without being shown, given only to what is attested and fits a policy.
 *
 * <p>Start with {@link dev.plinth.trust.secrets.Secrets}, which doors talk to. {@code SecretsEngine} decides and remembers: which
 * resources there are, with which versions and policies, who got what; it sees sealed bytes alone. {@code Envelope} seals, under a
 * data key of its own for each version; {@code Keyring} holds the root key that seals the data keys, while this server is unsealed;
 * {@link dev.plinth.trust.secrets.RootKeeper} says where the root key is when it is not.
 */
@NullMarked
package dev.plinth.trust.secrets;

import org.jspecify.annotations.NullMarked;
