/**
 * The other side of an attestation: what a machine does to prove what it is. Start with {@link
 * dev.plinth.trust.attester.TpmAttester} for the whole way of a TPM, {@link dev.plinth.trust.attester.Tpm} for its commands, and {@link
 * dev.plinth.trust.attester.KeyBroker} for how it gets a secret. {@link dev.plinth.trust.attester.Simulation} has no hardware.
 */
@NullMarked
package dev.plinth.trust.attester;

import org.jspecify.annotations.NullMarked;
