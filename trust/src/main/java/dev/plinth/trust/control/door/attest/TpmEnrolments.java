package dev.plinth.trust.control.door.attest;

import com.google.protobuf.ByteString;
import dev.plinth.kernel.Clock;
import dev.plinth.trust.Bytes;
import dev.plinth.trust.RecordedAppraisal;
import dev.plinth.trust.TpmEnrolment;
import dev.plinth.trust.control.Attestors;
import dev.plinth.trust.control.Fingerprint;
import dev.plinth.trust.control.Trust;
import dev.plinth.trust.control.TrustCommand;
import dev.plinth.trust.proof.EvidenceMessages;
import dev.plinth.trust.proof.RefusedProof;
import java.security.SecureRandom;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** The enrolments that wait for a TPM to give out its secret. Safe for many threads. */
final class TpmEnrolments {
    /*
     * What waits is in this server's memory: a TPM answers in less than a second, and one that is asked by a server that was killed begins
     * again. Each may be completed once, right or wrong.
     */
    static final int WAITING_MAX = 1_000;
    private static final Duration PATIENCE = Duration.ofMinutes(1);
    private static final int NAME_BYTES = 16;

    /** As they are recorded. */
    private static final String ENROLMENT = "enrolment of a TPM";

    private static final String ENDORSEMENT = "endorsement certificate";

    private final Trust trust;
    private final Clock clock;
    private final SecureRandom random;
    private final Map<ByteString, Waiting> waiting = new HashMap<>();

    private record Waiting(String endorsement, TpmEnrolment.Pending pending, long until) {}

    /** What the TPM has to open. */
    record Begun(ByteString name, Bytes credentialBlob, Bytes encryptedSecret) {}

    TpmEnrolments(Trust trust, Clock clock, SecureRandom random) {
        this.trust = trust;
        this.clock = clock;
        this.random = random;
    }

    Begun begin(Attestors attestors, List<ByteString> certificates, ByteString attestationKey) throws RefusedProof {
        var chain = certificates.stream()
                .map(one -> EvidenceMessages.bytes(ENDORSEMENT, one))
                .toList();
        var wall = clock.wall();
        var answer = trust.appraisals()
                .enrolment(attestors)
                .offer(chain, EvidenceMessages.bytes("attestation key", attestationKey), wall);
        if (answer.offer().isEmpty()) {
            var objections =
                    answer.checked().objections().stream().map(Object::toString).toList();
            trust.recorded()
                    .add(RecordedAppraisal.refused(
                            wall, ENROLMENT, "", List.of(ENDORSEMENT), List.of(answer.checked()), objections));
            throw new RefusedProof("this TPM is not enrolled: " + String.join("; ", objections));
        }
        var offer = answer.offer().get();
        var name = new byte[NAME_BYTES];
        random.nextBytes(name);
        var named = ByteString.copyFrom(name);
        long now = clock.nanoTime();
        synchronized (waiting) {
            waiting.values().removeIf(one -> one.until() - now <= 0);
            if (waiting.size() >= WAITING_MAX) {
                throw new RefusedProof(WAITING_MAX + " enrolments wait for their TPMs; try again in a minute");
            }
            waiting.put(
                    named,
                    new Waiting(endorsement(certificates.getFirst()), offer.pending(), now + PATIENCE.toNanos()));
        }
        return new Begun(named, offer.credentialBlob(), offer.encryptedSecret());
    }

    /** What has to be journaled, if the TPM has given out the right secret. */
    TrustCommand.Enrol complete(ByteString name, ByteString secret) throws RefusedProof {
        Waiting found;
        synchronized (waiting) {
            found = waiting.remove(name);
        }
        if (found == null || found.until() - clock.nanoTime() <= 0) {
            throw new RefusedProof("enrolment: expected one that this server began in the last " + PATIENCE.toSeconds()
                    + " s and that was not answered yet");
        }
        var vouched = found.pending()
                .complete(secret.toByteArray(), "tpm:ek:" + found.endorsement())
                .orElseThrow(() -> new RefusedProof("enrolment: expected the secret that TPM2_ActivateCredential gives"
                        + " out, found another; begin again"));
        return new TrustCommand.Enrol(found.endorsement(), vouched.fingerprint());
    }

    private static String endorsement(ByteString certificate) throws RefusedProof {
        try {
            var key = CertificateFactory.getInstance("X.509")
                    .generateCertificate(certificate.newInput())
                    .getPublicKey();
            return Fingerprint.of(key.getEncoded());
        } catch (CertificateException e) {
            throw new RefusedProof("endorsement certificate: expected X.509, found what cannot be read");
        }
    }
}
