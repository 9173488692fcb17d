package dev.plinth.trust.attester;

import com.google.protobuf.ByteString;
import dev.plinth.trust.KeyAlgorithm;
import dev.plinth.trust.KeyBinding;
import dev.plinth.wire.trust.v1.AttestRequest;
import dev.plinth.wire.trust.v1.AttestResponse;
import dev.plinth.wire.trust.v1.AttestationGrpc.AttestationBlockingStub;
import dev.plinth.wire.trust.v1.ChallengeRequest;
import dev.plinth.wire.trust.v1.FormerIdentity;
import dev.plinth.wire.trust.v1.Proof;
import java.io.IOException;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.PrivateKey;
import java.security.SecureRandom;
import java.util.List;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x509.SubjectPublicKeyInfo;
import org.bouncycastle.pkcs.PKCS10CertificationRequestBuilder;

/** Asks a server for one identity: a fresh key, a challenge that is bound to it, and proofs. The private key stays here. */
public final class IdentityRequest {
    private final AttestationBlockingStub server;
    private final KeyPair keys;
    private final byte[] challenge;

    private IdentityRequest(AttestationBlockingStub server, KeyPair keys, byte[] challenge) {
        this.server = server;
        this.keys = keys;
        this.challenge = challenge;
    }

    /** Begins with a key that is made now. The challenge is good for a minute. */
    public static IdentityRequest begin(AttestationBlockingStub server) {
        return with(server, makeKeys());
    }

    /** Begins with a key that is there: an answer that was lost is asked for again with the same one. */
    public static IdentityRequest with(AttestationBlockingStub server, KeyPair keys) {
        return new IdentityRequest(
                server,
                keys,
                server.challenge(ChallengeRequest.getDefaultInstance())
                        .getChallenge()
                        .toByteArray());
    }

    static KeyPair makeKeys() {
        return KeyAlgorithm.P256.make(new SecureRandom());
    }

    /** The key that the identity is for. */
    public KeyPair keys() {
        return keys;
    }

    /** What evidence has to repeat. */
    public byte[] binding() {
        return KeyBinding.ofIdentity(challenge, keys.getPublic());
    }

    /** Shows an identity that came by a join token, in place of the token. */
    public Proof former(byte[] certificate, PrivateKey key) {
        try {
            var signature = KeyAlgorithm.of(key).signature();
            signature.initSign(key);
            signature.update(binding());
            return Proof.newBuilder()
                    .setFormerIdentity(FormerIdentity.newBuilder()
                            .setCertificate(ByteString.copyFrom(certificate))
                            .setSignature(ByteString.copyFrom(signature.sign())))
                    .build();
        } catch (GeneralSecurityException e) {
            throw new IllegalArgumentException("former key: expected one on P-256 or SM2: " + e.getMessage(), e);
        }
    }

    /**
     * Hands in the proofs.
     *
     * @throws io.grpc.StatusRuntimeException if they do not suffice: PERMISSION_DENIED says why
     */
    public AttestResponse attest(String spiffeId, List<Proof> proofs) {
        return server.attest(AttestRequest.newBuilder()
                .setSpiffeId(spiffeId)
                .setCertificateRequest(ByteString.copyFrom(request()))
                .setChallenge(ByteString.copyFrom(challenge))
                .addAllProofs(proofs)
                .build());
    }

    /** PKCS #10, DER. */
    public byte[] request() {
        try {
            return new PKCS10CertificationRequestBuilder(
                            new X500Name("CN=plinth"),
                            SubjectPublicKeyInfo.getInstance(keys.getPublic().getEncoded()))
                    .build(KeyAlgorithm.of(keys.getPublic()).signer(keys.getPrivate()))
                    .getEncoded();
        } catch (IOException e) {
            throw new IllegalStateException("a certificate request cannot be made: " + e.getMessage(), e);
        }
    }
}
