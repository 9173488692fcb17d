package dev.plinth.trust.secrets;

import dev.plinth.trust.Endorsement;
import dev.plinth.trust.TrustAnchors;
import dev.plinth.trust.attester.TpmAttester;
import dev.plinth.trust.attester.TpmDevice;
import dev.plinth.wire.trust.v1.AttestationEvidence;
import io.grpc.Channel;
import java.io.IOException;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;

/**
 * How the servers of a cluster give one another root keys that operators bring: what this one proves itself with, and what it demands of
 * the others, whether they give or take.
 *
 * @param policy whose condition a server's evidence has to fit, with what it excuses
 * @param anchors whose hardware is believed
 * @param endorsements what is known of it, such as the keys of the other machines' TPMs
 * @param prover makes this server's evidence
 * @param channels one to each of the other servers there are now; the caller closes them
 */
public record RootPeers(
        ReleasePolicy policy,
        TrustAnchors anchors,
        List<Endorsement> endorsements,
        Prover prover,
        Supplier<? extends List<? extends Channel>> channels) {
    /*
     * All of it is this server's own configuration. Policies for workloads are in the journal, and any server of the cluster can write there,
     * also one that was never given the root key: what decides over that must not be what such a server could write.
     */
    private static final String SUBJECT = "secrets.peers";
    private static final String OWNER = "configuration";

    public RootPeers {
        endorsements = List.copyOf(endorsements);
    }

    /**
     * The policy that a configuration says.
     *
     * @throws SecretsProblem if the condition does not compile, or there is no such waiver
     */
    public static ReleasePolicy policy(String condition, Set<String> waivers) {
        try {
            var policy = new ReleasePolicy(SUBJECT, 1, condition, waivers, OWNER, Instant.EPOCH);
            Guards.check(policy);
            return policy;
        } catch (IllegalArgumentException e) {
            throw new SecretsProblem(SecretsProblem.Code.INVALID, String.valueOf(e.getMessage()));
        }
    }

    /** Proves what this server is. */
    public interface Prover {
        /**
         * Evidence that repeats this challenge, of 32 bytes.
         *
         * @throws IOException if it cannot be made; it says why
         */
        AttestationEvidence prove(byte[] challenge) throws IOException;
    }

    /** By a quote of a TPM. Safe for many threads, one after the other. */
    public static Prover tpm(TpmDevice device, List<Integer> registers) {
        var quoted = List.copyOf(registers);
        var turn = new ReentrantLock();
        return challenge -> {
            turn.lock();
            try (var attester = TpmAttester.of(device.open())) {
                return attester.quote(challenge, quoted);
            } catch (IOException e) {
                throw new IOException(device + ": " + e.getMessage(), e);
            } finally {
                turn.unlock();
            }
        };
    }
}
