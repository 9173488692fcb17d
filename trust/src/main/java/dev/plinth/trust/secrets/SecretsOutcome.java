package dev.plinth.trust.secrets;

/** What came of a command. */
sealed interface SecretsOutcome {
    /**
     * It holds.
     *
     * @param number the version that holds now; 0 where there are none
     */
    record Done(long number) implements SecretsOutcome {}

    /** The secret, sealed, may be used for what was asked. */
    record Taken(long version, SecretAlgorithm algorithm, Material material) implements SecretsOutcome {}

    /** Nothing was changed but the audit log. */
    record Denied(Reason reason, String message) implements SecretsOutcome {}

    enum Reason {
        NOT_FOUND,
        CONFLICT,
        DENIED,
        INVALID,
        OVERLOADED
    }
}
