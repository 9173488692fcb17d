package dev.plinth.trust;

import java.security.PublicKey;

/** Reads a TPM's public keys. */
public final class TpmKeys {
    private TpmKeys() {}

    /**
     * The key in a public area.
     *
     * @param area TPMT_PUBLIC
     * @throws Malformed if it is none, or of a kind that does not attest
     */
    public static PublicKey publicKey(Bytes area) {
        return TpmPublic.parse(area).key();
    }
}
