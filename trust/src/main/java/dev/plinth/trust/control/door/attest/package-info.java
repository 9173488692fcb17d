/**
 * Identities for those who prove from anywhere what they are ({@code plinth.trust.v1.Attestation}). Start with {@code AttestationDoor};
 * each kind of proof has a class of its own, and says why it refuses.
 */
@NullMarked
package dev.plinth.trust.control.door.attest;

import org.jspecify.annotations.NullMarked;
