package dev.plinth.trust.secrets;

import dev.plinth.kernel.Clock;
import dev.plinth.trust.AttestationResult;
import dev.plinth.trust.RecordedAppraisal;
import dev.plinth.trust.RecordedAppraisals;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;

/** Gives secrets out, and uses those that do not leave, for whom a policy lets. */
final class Taking {
    /*
     * A policy is asked here, for that needs the time; what it said is then confirmed by the engine, which knows the policy that is in
     * force. If that is another one by now, it is asked again.
     */
    /** How often a decision is made anew whose policy was changed meanwhile. */
    private static final int DECISIONS_MAX = 5;

    /** Kind of a proof, as it is recorded. */
    private static final String EVIDENCE_BEFORE = "evidence of its session or token";

    private final SecretsPartition partition;
    private final RootCustody custody;
    private final Keyring keyring;
    private final Guards guards;
    private final RecordedAppraisals recorded;
    private final Clock clock;
    private final Executor workers;

    /** What is taken: which version of which secret, 0 for the newest that is not revoked, and what for. */
    record Wanted(ResourceName name, long version, SecretsCommand.Purpose purpose) {}

    /** What is done with a key. */
    interface Operation {
        byte[] with(SecretAlgorithm algorithm, byte[] key);
    }

    Taking(
            SecretsPartition partition,
            RootCustody custody,
            Keyring keyring,
            Guards guards,
            RecordedAppraisals recorded,
            Clock clock,
            Executor workers) {
        this.partition = partition;
        this.custody = custody;
        this.keyring = keyring;
        this.guards = guards;
        this.recorded = recorded;
        this.clock = clock;
        this.workers = workers;
    }

    CompletableFuture<Secrets.Released> release(Wanted wanted, AttestationResult result, String actor) {
        return taken(wanted, Optional.of(result), actor)
                .thenApplyAsync(
                        taken -> {
                            var secret = keyring.open(wanted.name(), taken.material());
                            var certificates = taken.material().certificates();
                            return new Secrets.Released(
                                    taken.version(),
                                    taken.algorithm(),
                                    certificates.isEmpty() ? secret : Pem.of(secret, certificates));
                        },
                        workers);
    }

    /** @param result of whom the policy is asked about; empty: the administrator, who needs no policy */
    CompletableFuture<Secrets.Used> use(
            Wanted wanted, Optional<AttestationResult> result, String actor, Operation operation) {
        return taken(wanted, result, actor)
                .thenApplyAsync(
                        taken -> {
                            var key = keyring.open(wanted.name(), taken.material());
                            try {
                                return new Secrets.Used(taken.version(), operation.with(taken.algorithm(), key));
                            } finally {
                                Arrays.fill(key, (byte) 0);
                            }
                        },
                        workers);
    }

    private CompletableFuture<SecretsOutcome.Taken> taken(
            Wanted wanted, Optional<AttestationResult> result, String actor) {
        return custody.opened()
                .thenCompose(_ -> result.isEmpty()
                        ? partition.submit(take(wanted, "", actor))
                        : decided(wanted, result.get(), actor, DECISIONS_MAX))
                .thenApply(outcome -> (SecretsOutcome.Taken) outcome);
    }

    private static SecretsCommand.Take take(Wanted wanted, String policy, String actor) {
        return new SecretsCommand.Take(wanted.name(), wanted.version(), wanted.purpose(), policy, actor);
    }

    private CompletableFuture<SecretsOutcome> decided(
            Wanted wanted, AttestationResult result, String actor, int decisions) {
        var name = wanted.name();
        record Asked(boolean exists, Optional<ReleasePolicy> guard) {}
        return partition
                .read(engine -> new Asked(engine.find(name).isPresent(), engine.guard(name)))
                .thenComposeAsync(
                        asked -> {
                            if (!asked.exists()) {
                                throw Secrets.absent(name);
                            }
                            var objections = asked.guard()
                                    .map(policy -> guards.objections(policy, result, clock.wall()))
                                    .orElse(List.of("no policy guards " + name + ", so nobody gets it"));
                            if (!objections.isEmpty()) {
                                recorded.add(RecordedAppraisal.refused(
                                        clock.wall(),
                                        name.toString(),
                                        actor,
                                        List.of(EVIDENCE_BEFORE),
                                        List.of(result),
                                        objections));
                                return refused(partition, name.toString(), String.join("; ", objections), actor);
                            }
                            return partition
                                    .undecided(take(
                                            wanted, asked.guard().orElseThrow().label(), actor))
                                    .thenCompose(outcome -> outcome instanceof SecretsOutcome.Denied denied
                                                    && denied.reason() == SecretsOutcome.Reason.CONFLICT
                                                    && decisions > 1
                                            ? decided(wanted, result, actor, decisions - 1)
                                            : SecretsPartition.done(outcome));
                        },
                        workers);
    }

    /** Fails, after the audit log says why. */
    static CompletableFuture<SecretsOutcome> refused(
            SecretsPartition partition, String subject, String reason, String actor) {
        return partition
                .submit(new SecretsCommand.Refuse(subject, reason, actor))
                .thenApply(_ -> {
                    throw new SecretsProblem(SecretsProblem.Code.DENIED, subject + ": " + reason);
                });
    }
}
