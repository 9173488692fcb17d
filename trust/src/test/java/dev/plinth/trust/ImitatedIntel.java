package dev.plinth.trust;

import java.util.List;

/** Quotes of an Intel that a test makes up, for tests of who takes them. */
public final class ImitatedIntel {
    private final boolean tdx;

    private ImitatedIntel(boolean tdx) {
        this.tdx = tdx;
    }

    public static ImitatedIntel sgx() {
        return new ImitatedIntel(false);
    }

    public static ImitatedIntel tdx() {
        return new ImitatedIntel(true);
    }

    private IntelWorld world() {
        return tdx ? IntelWorld.tdx() : IntelWorld.sgx();
    }

    /** A quote that holds, for 64 bytes of report data. */
    public byte[] quote(byte[] reportData) {
        var world = world();
        world.challenge = reportData.clone();
        return world.quote();
    }

    /** Of an enclave whose signer is another. */
    public byte[] strangersQuote(byte[] reportData) {
        var world = world();
        world.challenge = reportData.clone();
        world.report = body -> body[tdx ? 136 : 128] ^= 1;
        return world.quote();
    }

    public List<Endorsement> collateral() {
        return world().endorsements();
    }

    /** Fingerprint of the root, SHA-256 in hexadecimal digits. */
    public static String root() {
        try {
            return java.util.HexFormat.of()
                    .formatHex(Signatures.digest(
                            "SHA-256", IntelWorld.root().certificate().getEncoded()));
        } catch (java.security.cert.CertificateEncodingException e) {
            throw new IllegalStateException(e);
        }
    }
}
