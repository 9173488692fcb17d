package dev.plinth.trust;

import java.security.PublicKey;
import java.security.interfaces.ECPublicKey;
import java.security.interfaces.RSAPublicKey;
import java.security.spec.MGF1ParameterSpec;
import java.security.spec.PSSParameterSpec;

/**
 * A signature by a TPM (TPMT_SIGNATURE): RSASSA, RSAPSS or ECDSA.
 *
 * @param signature as JDK's algorithms want it
 */
record TpmSignature(Scheme scheme, TpmAlgorithm hash, Bytes signature) {
    private static final int RSA_BITS_MIN = 2048;

    enum Scheme {
        RSASSA,
        RSAPSS,
        ECDSA
    }

    static TpmSignature parse(Bytes bytes) {
        var hash = TpmAlgorithm.strong(bytes.u16be(2), bytes.where(2, 2));
        return switch (bytes.u16be(0)) {
            case 0x0014 -> new TpmSignature(Scheme.RSASSA, hash, rsa(bytes));
            case 0x0016 -> new TpmSignature(Scheme.RSAPSS, hash, rsa(bytes));
            case 0x0018 -> new TpmSignature(Scheme.ECDSA, hash, ecdsa(bytes));
            default ->
                throw new Malformed(
                        bytes.where(0, 2), "RSASSA, RSAPSS or ECDSA", "TPM algorithm 0x%04x".formatted(bytes.u16be(0)));
        };
    }

    private static Bytes rsa(Bytes bytes) {
        var signature = TpmQuote.sized(bytes, 4);
        end(bytes, 6 + signature.length());
        return signature;
    }

    private static Bytes ecdsa(Bytes bytes) {
        var r = TpmQuote.sized(bytes, 4);
        var s = TpmQuote.sized(bytes, 6 + r.length());
        end(bytes, 8 + r.length() + s.length());
        var size = Math.max(r.length(), s.length());
        size = size <= 32 ? 32 : size <= 48 ? 48 : 66;
        if (r.length() > size || s.length() > size) {
            throw new Malformed(bytes.where(), "r and s of at most 66 bytes", r.length() + " and " + s.length());
        }
        var both = new byte[2 * size];
        System.arraycopy(r.copy(), 0, both, size - r.length(), r.length());
        System.arraycopy(s.copy(), 0, both, 2 * size - s.length(), s.length());
        return Bytes.of(bytes.source(), both);
    }

    private static void end(Bytes bytes, int at) {
        if (at != bytes.length()) {
            throw new Malformed(
                    bytes.from(at).where(), "the end of the signature", bytes.length() - at + " more bytes");
        }
    }

    boolean verifies(PublicKey key, Bytes message) {
        var digest = hash.digest().replace("-", "");
        return switch (scheme) {
            case RSASSA -> strong(key) && Signatures.verifies(digest + "withRSA", key, signature.copy(), message);
            case RSAPSS ->
                strong(key)
                        && Signatures.verifies(
                                "RSASSA-PSS",
                                new PSSParameterSpec(
                                        hash.digest(), "MGF1", new MGF1ParameterSpec(hash.digest()), hash.size(), 1),
                                key,
                                signature.copy(),
                                message);
            case ECDSA ->
                key instanceof ECPublicKey ec
                        && ec.getParams().getOrder().bitLength() >= 256
                        && Signatures.verifies(digest + "withECDSAinP1363Format", key, signature.copy(), message);
        };
    }

    private static boolean strong(PublicKey key) {
        return key instanceof RSAPublicKey rsa && rsa.getModulus().bitLength() >= RSA_BITS_MIN;
    }
}
