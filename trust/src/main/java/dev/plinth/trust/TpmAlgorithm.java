package dev.plinth.trust;

import java.util.Optional;

/** Digests by their TPM_ALG_ID. SHA-1 is known, for event logs have it, and believed nowhere. */
public enum TpmAlgorithm {
    SHA1(0x0004, "SHA-1", 20),
    SHA256(0x000b, "SHA-256", 32),
    SHA384(0x000c, "SHA-384", 48),
    SHA512(0x000d, "SHA-512", 64);

    private final int id;
    private final String digest;
    private final int size;

    TpmAlgorithm(int id, String digest, int size) {
        this.id = id;
        this.digest = digest;
        this.size = size;
    }

    int id() {
        return id;
    }

    String digest() {
        return digest;
    }

    int size() {
        return size;
    }

    String label() {
        return name().toLowerCase(java.util.Locale.ROOT);
    }

    static Optional<TpmAlgorithm> of(int id) {
        for (var algorithm : values()) {
            if (algorithm.id == id) {
                return Optional.of(algorithm);
            }
        }
        return Optional.empty();
    }

    static TpmAlgorithm strong(int id, Where where) {
        return of(id).filter(algorithm -> algorithm != SHA1)
                .orElseThrow(() ->
                        new Malformed(where, "SHA-256, SHA-384 or SHA-512", "TPM algorithm 0x%04x".formatted(id)));
    }
}
