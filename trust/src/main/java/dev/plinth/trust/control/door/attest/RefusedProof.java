package dev.plinth.trust.control.door.attest;

/** A proof that proves nothing: the message says why. */
final class RefusedProof extends Exception {
    RefusedProof(String message) {
        super(message, null, false, false);
    }
}
