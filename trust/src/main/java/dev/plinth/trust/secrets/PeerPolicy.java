package dev.plinth.trust.secrets;

import dev.plinth.kernel.Clock;
import dev.plinth.trust.Appraiser;
import dev.plinth.trust.AttestationResult;
import dev.plinth.trust.Challenge;
import dev.plinth.trust.CollateralStore;
import dev.plinth.trust.Evidence;
import dev.plinth.trust.RecordedAppraisal;
import dev.plinth.trust.RecordedAppraisals;
import dev.plinth.trust.proof.EvidenceMessages;
import dev.plinth.trust.proof.RefusedProof;
import dev.plinth.wire.trust.v1.AttestationEvidence;
import java.util.List;

/** What another server has to prove before it is given a root key, or one is taken from it. Safe for many threads. */
final class PeerPolicy {
    private static final String EVIDENCE = "evidence";

    private final RootPeers peers;
    private final Guards guards;
    private final RecordedAppraisals recorded;
    private final Clock clock;
    private final Appraiser appraiser;

    PeerPolicy(RootPeers peers, Guards guards, RecordedAppraisals recorded, Clock clock) {
        this.peers = peers;
        this.guards = guards;
        this.recorded = recorded;
        this.clock = clock;
        this.appraiser = new Appraiser(peers.anchors(), new CollateralStore().putAll(peers.endorsements()));
    }

    RootPeers peers() {
        return peers;
    }

    /**
     * Completes if another server's evidence suffices, and says what it is.
     *
     * @param asked what is recorded that it is for
     * @throws SecretsProblem if it does not, with each reason
     */
    String demand(AttestationEvidence message, byte[] challenge, String asked, String server) {
        Evidence evidence;
        try {
            evidence = EvidenceMessages.read(message);
        } catch (RefusedProof e) {
            throw new SecretsProblem(SecretsProblem.Code.INVALID, String.valueOf(e.getMessage()));
        }
        var now = clock.wall();
        var result = appraiser.appraise(evidence, Challenge.of(challenge), now);
        var objections = guards.objections(peers.policy(), result, now);
        var who = "server " + server;
        if (objections.isEmpty()) {
            recorded.add(RecordedAppraisal.granted(
                    now,
                    asked,
                    who,
                    List.of(EVIDENCE),
                    List.of(result),
                    "policy " + peers.policy().label()));
            return described(result);
        }
        recorded.add(RecordedAppraisal.refused(now, asked, who, List.of(EVIDENCE), List.of(result), objections));
        throw new SecretsProblem(
                SecretsProblem.Code.DENIED, who + " is not what it has to be: " + String.join("; ", objections));
    }

    private static String described(AttestationResult result) {
        var owner = result.claims().get("tpm.key.owner");
        return "evidence " + result.kind() + (owner == null ? "" : ", key " + owner)
                + (result.simulated() ? ", simulated" : "");
    }
}
