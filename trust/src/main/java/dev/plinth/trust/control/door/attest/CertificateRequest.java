package dev.plinth.trust.control.door.attest;

import dev.plinth.trust.KeyAlgorithm;
import dev.plinth.trust.proof.RefusedProof;
import java.io.IOException;
import java.security.GeneralSecurityException;
import java.security.PublicKey;
import java.util.Set;
import org.bouncycastle.asn1.ASN1ObjectIdentifier;
import org.bouncycastle.asn1.gm.GMObjectIdentifiers;
import org.bouncycastle.asn1.sec.SECObjectIdentifiers;
import org.bouncycastle.asn1.x9.X9ObjectIdentifiers;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.RuntimeOperatorException;
import org.bouncycastle.pkcs.PKCS10CertificationRequest;
import org.bouncycastle.pkcs.PKCSException;

/** A public key, and a proof that who sent it holds the private one (PKCS #10, RFC 2986). */
record CertificateRequest(PublicKey key) {
    private static final int BYTES_MAX = 8 << 10;
    private static final Set<ASN1ObjectIdentifier> CURVES =
            Set.of(SECObjectIdentifiers.secp256r1, SECObjectIdentifiers.secp384r1, GMObjectIdentifiers.sm2p256v1);

    static CertificateRequest parse(byte[] der) throws RefusedProof {
        if (der.length == 0 || der.length > BYTES_MAX) {
            throw new RefusedProof(
                    "certificate request: expected PKCS #10 of 1 to " + BYTES_MAX + " bytes, found " + der.length);
        }
        try {
            var request = new PKCS10CertificationRequest(der);
            var info = request.getSubjectPublicKeyInfo();
            if (!info.getAlgorithm().getAlgorithm().equals(X9ObjectIdentifiers.id_ecPublicKey)
                    || !(info.getAlgorithm().getParameters() instanceof ASN1ObjectIdentifier curve)
                    || !CURVES.contains(curve)) {
                throw new RefusedProof("certificate request: expected a key on P-256, P-384 or SM2, found another");
            }
            var algorithm = KeyAlgorithm.of(info);
            var key = algorithm.publicKey(info.getEncoded());
            if (!request.isSignatureValid(algorithm.verifier(key))) {
                throw new RefusedProof("certificate request: expected a signature of its own key, found another");
            }
            return new CertificateRequest(key);
        } catch (IOException
                | GeneralSecurityException
                | OperatorCreationException
                | PKCSException
                | RuntimeOperatorException
                | IllegalArgumentException
                | IllegalStateException e) {
            throw new RefusedProof("certificate request: expected PKCS #10, found what cannot be read");
        }
    }
}
