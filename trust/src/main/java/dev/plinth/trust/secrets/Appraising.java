package dev.plinth.trust.secrets;

import dev.plinth.kernel.Clock;
import dev.plinth.trust.Appraiser;
import dev.plinth.trust.Challenge;
import dev.plinth.trust.CollateralStore;
import dev.plinth.trust.Endorsement;
import dev.plinth.trust.Evidence;
import dev.plinth.trust.RecordedAppraisal;
import dev.plinth.trust.RecordedAppraisals;
import dev.plinth.trust.TrustAnchors;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/** What evidence is worth by what is believed here, and who is let in. Safe for many threads. */
final class Appraising {
    /** Kind of a proof, as it is recorded. */
    private static final String EVIDENCE = "evidence";

    private final SecretsPartition partition;
    private final Guards guards;
    private final List<Endorsement> collateral;
    private final RecordedAppraisals recorded;
    private final Clock clock;
    private final Executor workers;

    /** Read by every appraisal, replaced when what is believed has changed. */
    private volatile @Nullable Ready ready;

    private record Ready(SecretsEngine.Believed believed, Appraiser appraiser) {}

    Appraising(
            SecretsPartition partition,
            Guards guards,
            List<Endorsement> collateral,
            RecordedAppraisals recorded,
            Clock clock,
            Executor workers) {
        this.partition = partition;
        this.guards = guards;
        this.collateral = collateral;
        this.recorded = recorded;
        this.clock = clock;
        this.workers = workers;
    }

    /** As {@link Secrets#attest}. */
    CompletableFuture<Secrets.Attested> attest(Evidence evidence, Challenge challenge, String policyId, String actor) {
        var subject = ReleasePolicy.attestation(policyId);
        record Asked(SecretsEngine.Believed believed, Optional<ReleasePolicy> policy) {}
        return partition
                .read(engine -> new Asked(engine.believed(), engine.newest(subject)))
                .thenComposeAsync(
                        asked -> {
                            var at = clock.wall();
                            var result = appraiser(asked.believed()).appraise(evidence, challenge, at);
                            var objections = asked.policy()
                                    .map(policy -> guards.objections(policy, result, at))
                                    .orElseGet(() -> result.objections().stream()
                                            .map(Object::toString)
                                            .toList());
                            var attested = new Secrets.Attested(result, asked.policy());
                            recorded.add(
                                    objections.isEmpty()
                                            ? RecordedAppraisal.granted(
                                                    at,
                                                    subject,
                                                    actor,
                                                    List.of(EVIDENCE),
                                                    List.of(result),
                                                    asked.policy()
                                                            .map(policy -> "policy " + policy.label())
                                                            .orElse(""))
                                            : RecordedAppraisal.refused(
                                                    at,
                                                    subject,
                                                    actor,
                                                    List.of(EVIDENCE),
                                                    List.of(result),
                                                    objections));
                            return objections.isEmpty()
                                    ? CompletableFuture.completedFuture(attested)
                                    : Taking.refused(partition, subject, String.join("; ", objections), actor)
                                            .thenApply(_ -> attested);
                        },
                        workers);
    }

    @SuppressWarnings("ReferenceEquality") // the engine hands out the same object until something of it changes
    private Appraiser appraiser(SecretsEngine.Believed believed) {
        var now = ready;
        if (now == null || now.believed() != believed) {
            var anchors = TrustAnchors.ofVendors();
            for (var anchor : believed.anchors()) {
                anchors = anchors.with(anchor.vendor(), anchor.fingerprint());
            }
            var store = new CollateralStore().putAll(collateral);
            for (var key : believed.vouched()) {
                store.put(new Endorsement.VouchedKey(key.vendor(), key.fingerprint(), key.owner()));
            }
            now = new Ready(believed, new Appraiser(anchors, store));
            ready = now;
        }
        return now.appraiser();
    }
}
