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

    /** Admission policies, each with all its kept versions. */
    public static final int ADMISSION_POLICIES_MAX = 1_000;

    /** Of one admission policy; the oldest are forgotten. */
    public static final int ADMISSION_VERSIONS_MAX = 20;

    /** Characters of all admission policies, of all kept versions. */
    public static final long ADMISSION_CHARACTERS_MAX = 64L << 20;

    /** Verdicts on artifacts; the oldest are forgotten. */
    public static final int VERDICTS_MAX = 20_000;

    /** Verdicts on one artifact; the oldest are forgotten. */
    public static final int VERDICTS_PER_ARTIFACT_MAX = 20;

    /** Characters of all verdicts; the oldest are forgotten. */
    public static final long VERDICT_CHARACTERS_MAX = 64L << 20;

    /** Bytes of an artifact that is handed in. */
    public static final long ARTIFACT_BYTES_MAX = 4L << 30;

    /** Artifacts that are examined at a time. */
    public static final int EXAMINATIONS_MAX = 2;
}
