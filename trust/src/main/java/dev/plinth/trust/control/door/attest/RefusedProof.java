package dev.plinth.trust.control.door.attest;

import java.util.List;

/** A proof that proves nothing: the message says why. */
public final class RefusedProof extends Exception {
    private final transient List<String> reasons;

    RefusedProof(String message) {
        this(List.of(message));
    }

    RefusedProof(List<String> reasons) {
        super(String.join("; ", reasons), null, false, false);
        this.reasons = List.copyOf(reasons);
    }

    /** Each reason by itself; together they are the message. */
    List<String> reasons() {
        return reasons;
    }
}
