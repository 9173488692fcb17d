package dev.plinth.trust.secrets;

/** The bounds of keys and secrets, each with its unit in its name. */
public final class SecretsLimits {
    private SecretsLimits() {}

    public static final int RESOURCES_MAX = 10_000;

    /** Of one resource. Revoked ones make room first. */
    public static final int VERSIONS_MAX = 100;

    /** Certificates of one key, with those of its issuers. */
    public static final int CERTIFICATES_MAX = 8;

    /** Of one secret. */
    public static final int SECRET_BYTES_MAX = 64 * 1024;

    /** Of all that is sealed, together. */
    public static final long TOTAL_BYTES_MAX = 128L << 20;

    /** Of one policy; the oldest are forgotten. */
    public static final int POLICY_VERSIONS_MAX = 50;

    public static final int POLICIES_MAX = 20_000;

    /** Keys that somebody vouches for, and roots that are trusted. */
    public static final int VOUCHED_MAX = 100_000;

    /** Entries of the audit log that the engine keeps until they are on disk everywhere. */
    public static final int AUDIT_KEPT_MAX = 10_000;

    /** Characters of each text in the audit log. */
    public static final int AUDIT_CHARACTERS_MAX = 1_000;
}
