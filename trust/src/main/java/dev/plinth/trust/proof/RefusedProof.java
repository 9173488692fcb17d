package dev.plinth.trust.proof;

import java.util.List;

/** A proof that proves nothing: the message says why. */
public final class RefusedProof extends Exception {
    private final transient List<String> reasons;

    public RefusedProof(String message) {
        this(List.of(message));
    }

    /** @param reasons each by itself */
    public RefusedProof(List<String> reasons) {
        super(String.join("; ", reasons), null, false, false);
        this.reasons = List.copyOf(reasons);
    }

    /** Each reason by itself; together they are the message. */
    public List<String> reasons() {
        return reasons;
    }

    /** What somebody else wrote, fit for a message. */
    public static String shown(String text) {
        return text.substring(0, Math.min(text.length(), 100)).replaceAll("[^ -~]", "?");
    }
}
