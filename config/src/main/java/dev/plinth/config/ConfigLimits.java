package dev.plinth.config;

/** The configuration's bounds, each with its unit in its name. */
public final class ConfigLimits {
    private ConfigLimits() {}

    /** Characters of a namespace, a group, a data id, the name of a grey release. */
    public static final int NAME_CHARS_MAX = 256;

    /** Bytes of one text, in UTF-8. */
    public static final int CONTENT_BYTES_MAX = 512 << 10;

    /** Characters of a type, of an encrypted data key, of who an author is. */
    public static final int DETAIL_CHARS_MAX = 1_024;

    /** Texts. */
    public static final int CONFIGS_MAX = 100_000;

    /** Versions of one text that are kept, the newest among them. */
    public static final int VERSIONS_MAX = 30;

    /** Bytes of the versions of one text that are kept; the newest is kept whatever its size. */
    public static final int HISTORY_BYTES_MAX = 2 << 20;

    /** Bytes of all texts, of their histories and grey releases. */
    public static final long TOTAL_BYTES_MAX = 256L << 20;

    /** Grey releases of one text at a time. */
    public static final int GREYS_MAX = 10;

    /** Addresses of one rule. */
    public static final int ADDRESSES_MAX = 1_000;
}
