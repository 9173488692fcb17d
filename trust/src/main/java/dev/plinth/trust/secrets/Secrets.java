package dev.plinth.trust.secrets;

import com.google.protobuf.ByteString;
import com.nimbusds.jose.jwk.ECKey;
import dev.plinth.kernel.Clock;
import dev.plinth.kernel.Codec;
import dev.plinth.kernel.Journal;
import dev.plinth.kernel.Limits;
import dev.plinth.kernel.Partition;
import dev.plinth.kernel.Refused;
import dev.plinth.kernel.Watcher;
import dev.plinth.trust.Appraiser;
import dev.plinth.trust.AttestationResult;
import dev.plinth.trust.Challenge;
import dev.plinth.trust.CollateralStore;
import dev.plinth.trust.Endorsement;
import dev.plinth.trust.Evidence;
import dev.plinth.trust.PolicyBook;
import dev.plinth.trust.RecordedAppraisal;
import dev.plinth.trust.RecordedAppraisals;
import dev.plinth.trust.TrustAnchors;
import dev.plinth.trust.Vendor;
import dev.plinth.trust.audit.AuditEntry;
import dev.plinth.trust.audit.AuditHead;
import java.io.IOException;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Executor;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The keys and secrets of this server, on its journal.
 *
 * <p>Callable from any thread; nothing waits. Futures fail with {@link SecretsProblem} and with {@link Refused}, and with nothing
 * else. {@code actor} is who asks, for the audit log; one who sets policies needs a name of letters, digits and . _ / @ -.
 */
public final class Secrets implements AutoCloseable {
    /*
     * Everything random is drawn here, and sealed before the engine hears of it. Here too evidence is appraised and policies are asked,
     * for both need the time; what they said is then confirmed by the engine, which knows the policy that is in force.
     *
     * A root key in a file is made, or found, without anybody's help: with the first request that needs it.
     */
    private static final Logger log = LoggerFactory.getLogger(Secrets.class);
    private static final String SERVER = "server";
    private static final String DRY_RUN = "dry-run";

    /** Kinds of proofs, as they are recorded. */
    private static final String EVIDENCE = "evidence";

    private static final String EVIDENCE_BEFORE = "evidence of its session or token";

    /** How often a decision is made anew whose policy was changed meanwhile. */
    private static final int DECISIONS_MAX = 5;

    private static final Duration AGAIN_AFTER = Duration.ofMillis(500);

    private final Partition<SecretsEngine, SecretsCommand, SecretsOutcome, Void, AuditHead> partition;
    private final RootKeeper keeper;
    private final Envelope.Suite suite;
    private final List<Endorsement> collateral;
    private final Clock clock;
    private final Executor workers;
    private final SecureRandom random;
    private final Keyring keyring;
    private final KeyMaker maker;
    private final KeyUse use;
    private final Guards guards = new Guards();
    private final RecordedAppraisals recorded = new RecordedAppraisals();

    /** Read by every appraisal, replaced when what is believed has changed. */
    private volatile @Nullable Ready ready;

    private volatile boolean closed;

    private record Ready(SecretsEngine.Believed believed, Appraiser appraiser) {}

    /** What was given out; whoever has it wipes it. */
    @SuppressWarnings("ArrayRecordComponent") // it is handed on and wiped, never compared
    public record Released(long version, SecretAlgorithm algorithm, byte[] secret) {
        @Override
        public String toString() {
            return "a secret, version " + version;
        }
    }

    /** What came of using a key. */
    @SuppressWarnings("ArrayRecordComponent") // it is handed on and wiped, never compared
    public record Used(long version, byte[] result) {
        @Override
        public String toString() {
            return "a result of version " + version;
        }
    }

    /**
     * What may be known of one version.
     *
     * @param publicKey SubjectPublicKeyInfo; empty if there is none, or it is revoked
     */
    public record VersionInfo(
            long number, String owner, Instant at, Optional<Instant> revokedAt, ByteString publicKey) {}

    /** What may be known of a secret. */
    public record SecretInfo(
            ResourceName name, SecretAlgorithm algorithm, boolean exportable, List<VersionInfo> versions) {
        public SecretInfo {
            versions = List.copyOf(versions);
        }
    }

    /**
     * How it is kept.
     *
     * @param sm4 seals with SM4-GCM instead of AES-256-GCM; has an effect on a root key that is made from now on
     * @param collateral what vendors say of their hardware
     */
    public record Options(RootKeeper keeper, boolean sm4, List<Endorsement> collateral) {
        public Options {
            collateral = List.copyOf(collateral);
        }

        public static Options of(RootKeeper keeper) {
            return new Options(keeper, false, List.of());
        }
    }

    private Secrets(
            Partition<SecretsEngine, SecretsCommand, SecretsOutcome, Void, AuditHead> partition,
            Options options,
            Clock clock,
            Executor workers,
            SecureRandom random) {
        this.partition = partition;
        this.keeper = options.keeper();
        this.suite = options.sm4() ? Envelope.Suite.SM4_GCM : Envelope.Suite.AES_256_GCM;
        this.collateral = options.collateral();
        this.clock = clock;
        this.workers = workers;
        this.random = random;
        this.keyring = new Keyring(random);
        this.maker = new KeyMaker(random);
        this.use = new KeyUse(random);
    }

    /** How the commands look in the journal that {@link #open} is given. */
    public static Codec<SecretsCommand> commandCodec() {
        return SecretsCodecs.COMMANDS;
    }

    /**
     * Replays the journal, and serves: unsealed as soon as it can be, if a file keeps the root key.
     *
     * @param workers do what takes long: make keys, appraise evidence; they refuse nothing
     * @throws IOException if the journal is damaged
     */
    public static Secrets open(
            Journal<SecretsCommand> journal, Options options, Clock clock, Executor workers, SecureRandom random)
            throws IOException {
        var secrets = new Secrets(
                Partition.durable(
                        new SecretsEngine(), journal, SecretsCodecs.ALL, dev.plinth.kernel.Performer.none(), clock),
                options,
                clock,
                workers,
                random);
        if (options.keeper() instanceof RootKeeper.InFile) {
            secrets.settle();
        }
        return secrets;
    }

    /** Loads what the journal says, and forgets it again: for backups, which need nobody's key. */
    public static void rehearse(Journal<SecretsCommand> journal, Clock clock) throws IOException {
        Partition.durable(new SecretsEngine(), journal, SecretsCodecs.ALL, dev.plinth.kernel.Performer.none(), clock)
                .close();
    }

    // ---- the root key

    public CompletableFuture<SealStatus> status() {
        return partition
                .read(SecretsEngine::root)
                .thenApply(root -> new SealStatus(
                        root.isPresent(),
                        !keyring.isOpen(),
                        root.map(Root::keeper).orElse(keeper.name()),
                        root.map(Root::cipher)
                                .orElse(suite)
                                .name()
                                .toLowerCase(java.util.Locale.ROOT)
                                .replace('_', '-'),
                        root.map(Root::threshold).orElse(0),
                        root.map(Root::shares).orElse(0),
                        keyring.given()));
    }

    /**
     * Makes the root key, and splits it among operators. This server is unsealed then.
     *
     * @return the shares, which are shown once and kept nowhere
     */
    public CompletableFuture<List<String>> initialize(int threshold, int shares, String actor) {
        if (!(keeper instanceof RootKeeper.Shared)) {
            return failed(
                    SecretsProblem.Code.CONFLICT,
                    "the root key is configured to be kept by " + keeper.name() + "; expected "
                            + RootKeeper.Shared.NAME);
        }
        return onWorkers(() -> {
                    Shares.checkNumbers(threshold, shares);
                    return Envelope.newKey(random);
                })
                .thenCompose(key -> {
                    var root = keyring.root(keeper, suite, threshold, shares, key);
                    return submit(new SecretsCommand.Initialize(root, actor)).thenApply(_ -> {
                        keyring.unseal(root, key);
                        var split = Shares.split(key, threshold, shares, random).stream()
                                .map(Shares.Share::text)
                                .toList();
                        Arrays.fill(key, (byte) 0);
                        return split;
                    });
                });
    }

    /** Takes one operator's share. */
    public CompletableFuture<SealStatus> unseal(String share, String actor) {
        return partition
                .read(SecretsEngine::root)
                .thenComposeAsync(
                        root -> {
                            var there = root.orElseThrow(Secrets::notInitialized);
                            if (there.threshold() == 0) {
                                throw new SecretsProblem(
                                        SecretsProblem.Code.CONFLICT,
                                        "the root key is kept by " + there.keeper() + ", not by shares");
                            }
                            boolean was = keyring.isOpen();
                            Shares.Share parsed;
                            try {
                                parsed = Shares.Share.parse(share);
                            } catch (IllegalArgumentException e) {
                                throw new SecretsProblem(SecretsProblem.Code.INVALID, String.valueOf(e.getMessage()));
                            }
                            keyring.give(there, parsed);
                            return !was && keyring.isOpen()
                                    ? submit(new SecretsCommand.Note(
                                            "unseal", "root key", parsed.toString() + " was the last needed", actor))
                                    : CompletableFuture.completedFuture(new SecretsOutcome.Done(0));
                        },
                        workers)
                .thenCompose(_ -> status());
    }

    /** Forgets the root key: from now on this server opens nothing. */
    public CompletableFuture<SealStatus> seal(String actor) {
        keyring.seal();
        return submit(new SecretsCommand.Note("seal", "root key", "", actor)).thenCompose(_ -> status());
    }

    private static SecretsProblem notInitialized() {
        return new SecretsProblem(
                SecretsProblem.Code.NOT_INITIALIZED, "not initialized: nobody has made a root key yet");
    }

    /** Makes or finds the root key in its file, until it has worked. */
    private void settle() {
        var _ = partition
                .read(SecretsEngine::root)
                .thenComposeAsync(this::settle, workers)
                .whenComplete((_, failure) -> {
                    if (failure == null || closed) {
                        return;
                    }
                    if (cause(failure) instanceof Refused refused && refused.code() != Refused.Code.STOPPED) {
                        clock.schedule(AGAIN_AFTER, () -> workers.execute(this::settle));
                    } else if (cause(failure) instanceof SecretsProblem problem
                            && problem.code() == SecretsProblem.Code.CONFLICT) {
                        // Another server of the cluster was first.
                        workers.execute(this::settle);
                    } else {
                        log.error("this server stays sealed: {}", cause(failure).getMessage());
                    }
                });
    }

    private CompletableFuture<Void> settle(Optional<Root> root) {
        var file = ((RootKeeper.InFile) keeper).file();
        if (root.isPresent() && root.get().threshold() != 0) {
            throw new SecretsProblem(
                    SecretsProblem.Code.INVALID,
                    "the root key is kept by " + root.get().keeper() + ", and the configuration says " + keeper.name());
        }
        byte[] key;
        try {
            key = root.isPresent() ? RootFile.read(file) : RootFile.readOrMake(file, random);
        } catch (IOException e) {
            throw new SecretsProblem(SecretsProblem.Code.INVALID, String.valueOf(e.getMessage()));
        }
        try {
            if (root.isPresent()) {
                if (!keyring.unseal(root.get(), key)) {
                    throw new SecretsProblem(
                            SecretsProblem.Code.INVALID, file + ": expected this cluster's root key, found another");
                }
                return CompletableFuture.completedFuture(null);
            }
            var made = keyring.root(keeper, suite, 0, 0, key);
            return submit(new SecretsCommand.Initialize(made, SERVER))
                    .thenCompose(_ -> partition.read(SecretsEngine::root))
                    .thenComposeAsync(this::settle, workers);
        } finally {
            Arrays.fill(key, (byte) 0);
        }
    }

    /** The key that signs tokens; fails while this server is sealed. */
    public ECKey tokenKey() {
        return keyring.tokenKey();
    }

    /** The key that signs checkpoints of the audit log, while this server is unsealed. */
    public Optional<ECKey> tokenKeyIfOpen() {
        return keyring.tokenKeyIfOpen();
    }

    /** The public part of the key that signs, with its id; it outlives restarts. */
    public CompletableFuture<Optional<ECKey>> publicTokenKey() {
        return partition.read(SecretsEngine::root).thenApply(root -> root.map(Keyring::publicTokenKey));
    }

    // ---- secrets

    /** Makes a secret's first version. */
    public CompletableFuture<Long> generate(
            ResourceName name, SecretAlgorithm algorithm, boolean exportable, String actor) {
        return put(name, algorithm, exportable, 0, actor, () -> maker.make(algorithm));
    }

    /**
     * Takes in what was made elsewhere, as the first version or the next.
     *
     * @param secret bytes; a symmetric key; or a private key as PKCS 8; wiped
     */
    public CompletableFuture<Long> take(
            ResourceName name, SecretAlgorithm algorithm, boolean exportable, byte[] secret, String actor) {
        return partition
                .read(engine -> engine.find(name).map(Resource::lastNumber).orElse(0L))
                .thenCompose(last -> put(name, algorithm, exportable, last, actor, () -> maker.take(algorithm, secret)))
                .whenComplete((_, _) -> Arrays.fill(secret, (byte) 0));
    }

    /** Makes the next version of a secret that can be made. */
    public CompletableFuture<Long> rotate(ResourceName name, String actor) {
        return partition.read(engine -> engine.find(name)).thenCompose(found -> {
            var there = found.orElseThrow(() -> absent(name));
            return put(
                    name,
                    there.algorithm(),
                    there.exportable(),
                    there.lastNumber(),
                    actor,
                    () -> maker.make(there.algorithm()));
        });
    }

    private CompletableFuture<Long> put(
            ResourceName name,
            SecretAlgorithm algorithm,
            boolean exportable,
            long after,
            String actor,
            java.util.function.Supplier<KeyMaker.Made> made) {
        return opened().thenComposeAsync(
                        _ -> {
                            var secret = made.get();
                            try {
                                return submit(new SecretsCommand.Put(
                                        name, algorithm, exportable, keyring.seal(name, secret), after, actor));
                            } finally {
                                Arrays.fill(secret.secret(), (byte) 0);
                            }
                        },
                        workers)
                .thenApply(Secrets::number);
    }

    /** Has nobody get or use a version any more; it cannot be brought back. */
    public CompletableFuture<Long> revoke(ResourceName name, long version, String actor) {
        return submit(new SecretsCommand.Revoke(name, version, actor)).thenApply(Secrets::number);
    }

    /** By name. */
    public CompletableFuture<List<SecretInfo>> list(String after, int limit) {
        int most = Math.clamp(limit, 1, Limits.READ_ITEMS_MAX);
        return partition
                .read(engine -> engine.list(after, most))
                .thenApply(all -> all.stream().map(Secrets::info).toList());
    }

    public CompletableFuture<Optional<SecretInfo>> find(ResourceName name) {
        return partition.read(engine -> engine.find(name)).thenApply(found -> found.map(Secrets::info));
    }

    private static SecretInfo info(Resource resource) {
        return new SecretInfo(
                resource.name(),
                resource.algorithm(),
                resource.exportable(),
                resource.versions().stream()
                        .map(version -> new VersionInfo(
                                version.number(),
                                version.owner(),
                                version.at(),
                                version.revokedAt(),
                                version.material().map(Material::publicKey).orElse(ByteString.EMPTY)))
                        .toList());
    }

    private static SecretsProblem absent(ResourceName name) {
        return new SecretsProblem(SecretsProblem.Code.NOT_FOUND, "there is no secret " + name);
    }

    // ---- giving and using

    /**
     * Gives a secret to whom this result is about, if the policy that guards it grants. The audit log says so before it is given.
     *
     * @param version 0 for the newest that is not revoked
     */
    public CompletableFuture<Released> release(
            ResourceName name, long version, AttestationResult result, String actor) {
        return taken(name, version, SecretsCommand.Purpose.RELEASE, Optional.of(result), actor)
                .thenApplyAsync(
                        taken -> new Released(taken.version(), taken.algorithm(), keyring.open(name, taken.material())),
                        workers);
    }

    /**
     * Signs with a key that does not leave.
     *
     * @param result of whom the policy is asked about; empty: the administrator, who needs no policy
     */
    public CompletableFuture<Used> sign(
            ResourceName name, long version, byte[] message, Optional<AttestationResult> result, String actor) {
        return using(
                name,
                version,
                SecretsCommand.Purpose.SIGN,
                result,
                actor,
                (algorithm, key) -> use.sign(algorithm, key, message));
    }

    /** As {@link #sign}. */
    public CompletableFuture<Used> decrypt(
            ResourceName name, long version, byte[] encrypted, Optional<AttestationResult> result, String actor) {
        return using(
                name,
                version,
                SecretsCommand.Purpose.DECRYPT,
                result,
                actor,
                (algorithm, key) -> use.decrypt(algorithm, key, encrypted));
    }

    /** As {@link #sign}; for symmetric keys. */
    public CompletableFuture<Used> encrypt(
            ResourceName name, long version, byte[] plain, Optional<AttestationResult> result, String actor) {
        return using(
                name,
                version,
                SecretsCommand.Purpose.ENCRYPT,
                result,
                actor,
                (algorithm, key) -> use.encrypt(algorithm, key, plain));
    }

    private interface Operation {
        byte[] with(SecretAlgorithm algorithm, byte[] key);
    }

    private CompletableFuture<Used> using(
            ResourceName name,
            long version,
            SecretsCommand.Purpose purpose,
            Optional<AttestationResult> result,
            String actor,
            Operation operation) {
        return taken(name, version, purpose, result, actor)
                .thenApplyAsync(
                        taken -> {
                            var key = keyring.open(name, taken.material());
                            try {
                                return new Used(taken.version(), operation.with(taken.algorithm(), key));
                            } finally {
                                Arrays.fill(key, (byte) 0);
                            }
                        },
                        workers);
    }

    private CompletableFuture<SecretsOutcome.Taken> taken(
            ResourceName name,
            long version,
            SecretsCommand.Purpose purpose,
            Optional<AttestationResult> result,
            String actor) {
        return opened().thenCompose(_ -> result.isEmpty()
                        ? submit(new SecretsCommand.Take(name, version, purpose, "", actor))
                        : decided(name, version, purpose, result.get(), actor, DECISIONS_MAX))
                .thenApply(outcome -> (SecretsOutcome.Taken) outcome);
    }

    private CompletableFuture<SecretsOutcome> decided(
            ResourceName name,
            long version,
            SecretsCommand.Purpose purpose,
            AttestationResult result,
            String actor,
            int decisions) {
        record Asked(boolean exists, Optional<ReleasePolicy> guard) {}
        return partition
                .read(engine -> new Asked(engine.find(name).isPresent(), engine.guard(name)))
                .thenComposeAsync(
                        asked -> {
                            if (!asked.exists()) {
                                throw absent(name);
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
                                return refused(name.toString(), String.join("; ", objections), actor);
                            }
                            var take = new SecretsCommand.Take(
                                    name,
                                    version,
                                    purpose,
                                    asked.guard().orElseThrow().label(),
                                    actor);
                            return partition
                                    .submit(take)
                                    .thenCompose(outcome -> outcome instanceof SecretsOutcome.Denied denied
                                                    && denied.reason() == SecretsOutcome.Reason.CONFLICT
                                                    && decisions > 1
                                            ? decided(name, version, purpose, result, actor, decisions - 1)
                                            : done(outcome));
                        },
                        workers);
    }

    private CompletableFuture<SecretsOutcome> refused(String subject, String reason, String actor) {
        return submit(new SecretsCommand.Refuse(subject, reason, actor)).thenApply(_ -> {
            throw new SecretsProblem(SecretsProblem.Code.DENIED, subject + ": " + reason);
        });
    }

    // ---- policies, and what is believed

    /** Sets what guards a subject: a resource, {@link ReleasePolicy#ALL}, or an attestation policy. */
    public CompletableFuture<Long> setPolicy(String subject, String condition, Set<String> waivers, String actor) {
        return onWorkers(() -> {
                    var set = new SecretsCommand.SetPolicy(
                            ReleasePolicy.checkSubject(subject), condition, waivers, actor);
                    Guards.check(new ReleasePolicy(subject, 1, condition, waivers, actor, Instant.EPOCH));
                    return set;
                })
                .thenCompose(this::submit)
                .thenApply(Secrets::number);
    }

    /** All kept versions, oldest first; none if there never was one. */
    public CompletableFuture<List<ReleasePolicy>> policy(String subject) {
        return partition.read(engine -> engine.policyHistory(subject));
    }

    /** The newest version of each policy, by subject. */
    public CompletableFuture<List<ReleasePolicy>> policies(String after, int limit) {
        int most = Math.clamp(limit, 1, Limits.READ_ITEMS_MAX);
        return partition.read(engine -> engine.policies(after, most));
    }

    /** What guards each of these, if anything does, with its version; at most {@link Limits#READ_ITEMS_MAX}. */
    public CompletableFuture<Map<ResourceName, String>> guards(Collection<ResourceName> names) {
        var some = names.stream().limit(Limits.READ_ITEMS_MAX).toList();
        return partition.read(engine -> {
            var labels = new HashMap<ResourceName, String>();
            some.forEach(name -> engine.guard(name).ifPresent(policy -> labels.put(name, policy.label())));
            return labels;
        });
    }

    /**
     * What a proposed policy of this subject would decide of recorded results, each at its own time, beside what the present one does.
     * Changes nothing.
     *
     * @throws RuntimeException {@link SecretsProblem} at once, if the subject or the condition cannot be
     */
    public CompletableFuture<List<PolicyBook.Comparison>> dryRun(
            String subject, String condition, Set<String> waivers, List<AttestationResult> results) {
        String checked;
        ReleasePolicy unnumbered;
        try {
            checked = ReleasePolicy.checkSubject(subject);
            unnumbered = new ReleasePolicy(checked, 1, condition, waivers, DRY_RUN, Instant.EPOCH);
        } catch (IllegalArgumentException e) {
            throw new SecretsProblem(SecretsProblem.Code.INVALID, String.valueOf(e.getMessage()));
        }
        Guards.check(unnumbered);
        return partition
                .read(engine -> engine.newest(checked))
                .thenApplyAsync(
                        present -> {
                            var proposed = new ReleasePolicy(
                                    checked,
                                    present.map(ReleasePolicy::version).orElse(0) + 1,
                                    condition,
                                    waivers,
                                    DRY_RUN,
                                    Instant.EPOCH);
                            return results.stream()
                                    .map(result -> new PolicyBook.Comparison(
                                            result,
                                            present.map(policy -> decision(policy, result))
                                                    .orElse(new PolicyBook.Decision(
                                                            false,
                                                            List.of(),
                                                            List.of("there is no policy of " + checked))),
                                            decision(proposed, result)))
                                    .toList();
                        },
                        workers);
    }

    private PolicyBook.Decision decision(ReleasePolicy policy, AttestationResult result) {
        var objections = guards.objections(policy, result, result.at());
        return new PolicyBook.Decision(objections.isEmpty(), List.of(policy.label()), objections);
    }

    /** The newest evidence that was handed in at this server, and refusals of secrets to whom it was let in for. */
    public RecordedAppraisals recorded() {
        return recorded;
    }

    /** An owner vouches for a key without a chain of certificates, such as a TPM's attestation key; or no longer does. */
    public CompletableFuture<Long> vouch(Vendor vendor, String fingerprint, String owner, boolean holds, String actor) {
        return onWorkers(() -> new SecretsCommand.Vouch(vendor, fingerprint, owner, holds, actor))
                .thenCompose(this::submit)
                .thenApply(Secrets::number);
    }

    /** A vendor's root is trusted, beside those that come with this release; or no longer is. */
    public CompletableFuture<Long> anchor(Vendor vendor, String fingerprint, boolean holds, String actor) {
        return onWorkers(() -> new SecretsCommand.Anchor(vendor, fingerprint, holds, actor))
                .thenCompose(this::submit)
                .thenApply(Secrets::number);
    }

    /**
     * What evidence is worth now, by what is believed here, and whether the attestation policy of this id lets it in.
     *
     * @return the result, and the policy that granted, if there is one; without a policy, evidence needs no more than to hold
     */
    public CompletableFuture<Attested> attest(Evidence evidence, Challenge challenge, String policyId, String actor) {
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
                            var attested = new Attested(result, asked.policy());
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
                                    : refused(subject, String.join("; ", objections), actor)
                                            .thenApply(_ -> attested);
                        },
                        workers);
    }

    /** Evidence that was let in. */
    public record Attested(AttestationResult result, Optional<ReleasePolicy> policy) {}

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

    // ---- the audit log

    /** Puts something else into the audit log. */
    public CompletableFuture<Long> note(String action, String subject, String detail, String actor) {
        return submit(new SecretsCommand.Note(action, subject, detail, actor)).thenApply(Secrets::number);
    }

    public CompletableFuture<AuditHead> auditHead() {
        return partition.read(SecretsEngine::head);
    }

    /** Entries after this one, oldest first, as far as they are not on disk alone by now. */
    public CompletableFuture<List<AuditEntry>> auditAfter(long sequence, int limit) {
        int most = Math.clamp(limit, 1, Limits.READ_ITEMS_MAX);
        return partition.read(engine -> engine.auditAfter(sequence, most));
    }

    /** Watches where the audit log stands: at once, and whenever it has grown. */
    public Watcher.Subscription watchAudit(Watcher<AuditHead> watcher) {
        return partition.watch(SecretsEngine.AUDIT, watcher);
    }

    // ---- how it is asked

    /** Completes if this server is unsealed; tells apart why not. */
    private CompletableFuture<Void> opened() {
        if (keyring.isOpen()) {
            return CompletableFuture.completedFuture(null);
        }
        return partition.read(SecretsEngine::root).thenAccept(root -> {
            if (root.isEmpty()) {
                throw notInitialized();
            }
            keyring.demandOpen();
        });
    }

    private <T> CompletableFuture<T> onWorkers(java.util.function.Supplier<T> work) {
        return CompletableFuture.supplyAsync(
                () -> {
                    try {
                        return work.get();
                    } catch (IllegalArgumentException e) {
                        throw new SecretsProblem(SecretsProblem.Code.INVALID, String.valueOf(e.getMessage()));
                    }
                },
                workers);
    }

    private CompletableFuture<SecretsOutcome> submit(SecretsCommand command) {
        return partition.submit(command).thenCompose(Secrets::done);
    }

    private static CompletableFuture<SecretsOutcome> done(SecretsOutcome outcome) {
        return outcome instanceof SecretsOutcome.Denied(SecretsOutcome.Reason reason, String message)
                ? failed(
                        switch (reason) {
                            case NOT_FOUND -> SecretsProblem.Code.NOT_FOUND;
                            case CONFLICT -> SecretsProblem.Code.CONFLICT;
                            case DENIED -> SecretsProblem.Code.DENIED;
                            case INVALID -> SecretsProblem.Code.INVALID;
                            case OVERLOADED -> SecretsProblem.Code.OVERLOADED;
                        },
                        message)
                : CompletableFuture.completedFuture(outcome);
    }

    private static long number(SecretsOutcome outcome) {
        return outcome instanceof SecretsOutcome.Done(long number) ? number : 0;
    }

    private static <T> CompletableFuture<T> failed(SecretsProblem.Code code, String message) {
        return CompletableFuture.failedFuture(new SecretsProblem(code, message));
    }

    static Throwable cause(Throwable failure) {
        return failure instanceof CompletionException && failure.getCause() != null ? failure.getCause() : failure;
    }

    /** Why a future of this class failed, in one line. */
    public static <T> T explain(Throwable failure, Function<SecretsProblem, T> problem, Function<Throwable, T> other) {
        return cause(failure) instanceof SecretsProblem known ? problem.apply(known) : other.apply(cause(failure));
    }

    @Override
    public void close() {
        closed = true;
        keyring.seal();
        partition.close();
    }
}
