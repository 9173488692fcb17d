package dev.plinth.trust.control;

/** Trust's bounds, each with its unit in its name. */
public final class TrustLimits {
    private TrustLimits() {}

    /** Registration entries. */
    public static final int ENTRIES_MAX = 20_000;

    /** Other trust domains. */
    public static final int FEDERATED_MAX = 100;

    /** Characters of another domain's bundle. */
    public static final int BUNDLE_CHARACTERS_MAX = 256 << 10;

    /** Characters of all policies and reference values, of all versions. */
    public static final long BOOK_CHARACTERS_MAX = 128L << 20;

    /** Join tokens, used and unused. */
    public static final int TOKENS_MAX = 20_000;

    /** Roots of hardware. */
    public static final int ROOTS_MAX = 1_000;

    /** TPMs whose attestation keys are enrolled. */
    public static final int ENROLLED_MAX = 20_000;

    /** Kubernetes clusters whose tokens are believed. */
    public static final int CLUSTERS_MAX = 100;

    /** Streams of the Workload API that are open at once. */
    public static final int STREAMS_MAX = 20_000;
}
