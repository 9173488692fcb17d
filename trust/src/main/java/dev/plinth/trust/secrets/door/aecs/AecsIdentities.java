package dev.plinth.trust.secrets.door.aecs;

import dev.plinth.trust.secrets.RootPeers;
import dev.plinth.wire.aecs.UnifiedAttestationAuthReport;
import dev.plinth.wire.aecs.UnifiedAttestationReport;
import dev.plinth.wire.trust.v1.AttestationEvidence;
import io.grpc.Status;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.util.Base64;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/** Who the server says it is: the keys that it signs with, and what proves on which machine they are, if it has that. */
final class AecsIdentities {
    /*
     * AECS fetches the report of its enclave once, when it starts, for a key that it makes then. So here: one quote of the TPM for each
     * key, made when it is first asked for. It need not be fresher than that: the key that it names is of this process, and gone with it.
     * Its platform has a name of its own; nobody can take it for an enclave's report.
     */
    static final String PLATFORM = "PLINTH_TPM";
    private static final String VERSION = "1.0";
    private static final String TYPE = "Passport";
    private static final String PURPOSE = "plinth aecs 1";

    private final Optional<RootPeers.Prover> prover;
    private final SecureRandom random;
    private final ReentrantLock turn = new ReentrantLock();

    /** Guarded by turn. */
    private AecsIdentity.@Nullable Rsa rsa;

    /** Guarded by turn. */
    private AecsIdentity.@Nullable Sm2 sm2;

    /** Guarded by turn. */
    private @Nullable UnifiedAttestationAuthReport rsaReport;

    /** Guarded by turn. */
    private @Nullable UnifiedAttestationAuthReport sm2Report;

    /** A key, and what says whose it is. */
    record Shown(AecsIdentity identity, UnifiedAttestationAuthReport report) {}

    AecsIdentities(Optional<RootPeers.Prover> prover, SecureRandom random) {
        this.prover = prover;
        this.random = random;
    }

    AecsIdentity.Rsa rsa() {
        turn.lock();
        try {
            var there = rsa;
            if (there == null) {
                there = AecsIdentity.rsa(random);
                rsa = there;
            }
            return there;
        } finally {
            turn.unlock();
        }
    }

    /** The one for whom uses this kind of key. May take as long as a TPM's quote. */
    Shown show(boolean national) {
        turn.lock();
        try {
            if (!national) {
                var key = rsa();
                if (rsaReport == null) {
                    rsaReport = report(key);
                }
                return new Shown(key, rsaReport);
            }
            if (sm2 == null) {
                sm2 = AecsIdentity.sm2(random);
            }
            if (sm2Report == null) {
                sm2Report = report(sm2);
            }
            return new Shown(sm2, sm2Report);
        } finally {
            turn.unlock();
        }
    }

    private UnifiedAttestationAuthReport report(AecsIdentity identity) {
        var report = UnifiedAttestationAuthReport.newBuilder().setPemPublicKey(identity.pem());
        if (prover.isPresent()) {
            report.setReport(UnifiedAttestationReport.newBuilder()
                    .setStrReportVersion(VERSION)
                    .setStrReportType(TYPE)
                    .setStrTeePlatform(PLATFORM)
                    .setJsonReport("{\"b64_evidence\":\""
                            + Base64.getEncoder()
                                    .encodeToString(proof(identity.pem()).toByteArray()) + "\"}"));
        }
        return report.build();
    }

    private AttestationEvidence proof(String pem) {
        try {
            return prover.orElseThrow().prove(challenge(pem));
        } catch (IOException e) {
            throw Status.UNAVAILABLE
                    .withDescription("this server cannot prove itself now: " + e.getMessage())
                    .asRuntimeException();
        }
    }

    /** What the server's own proof has to repeat: the SHA-256 of {@code plinth aecs 1}, a zero and the key's text. */
    static byte[] challenge(String pem) {
        var bound = new ByteArrayOutputStream();
        bound.writeBytes(PURPOSE.getBytes(StandardCharsets.US_ASCII));
        bound.write(0);
        bound.writeBytes(pem.getBytes(StandardCharsets.UTF_8));
        return Hexadecimal.sha256(bound.toByteArray());
    }
}
