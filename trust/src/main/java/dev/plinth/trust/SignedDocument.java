package dev.plinth.trust;

import java.security.cert.X509Certificate;
import java.util.List;

/** A JSON document of Intel's provisioning service: exactly the bytes that are signed, the signature (r and s), the signer's chain. */
public record SignedDocument(Bytes body, Bytes signature, List<X509Certificate> chain) {
    public SignedDocument {
        chain = List.copyOf(chain);
        if (chain.isEmpty()) {
            throw new Malformed(body.where(), "the chain of the signer", "no certificate");
        }
        if (signature.length() != 64) {
            throw new Malformed(signature.where(), "a signature of 64 bytes", signature.length() + " bytes");
        }
    }
}
