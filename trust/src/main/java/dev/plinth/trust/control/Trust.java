package dev.plinth.trust.control;

import dev.plinth.kernel.Clock;
import dev.plinth.kernel.Codec;
import dev.plinth.kernel.Journal;
import dev.plinth.kernel.Limits;
import dev.plinth.kernel.Partition;
import dev.plinth.kernel.Watcher;
import dev.plinth.trust.AppraisalPolicy;
import dev.plinth.trust.AttestationResult;
import dev.plinth.trust.Endorsement;
import dev.plinth.trust.PolicyBook;
import dev.plinth.trust.RecordedAppraisals;
import dev.plinth.trust.ReferenceValue;
import dev.plinth.trust.supply.Admission;
import dev.plinth.trust.supply.AdmissionPolicy;
import dev.plinth.trust.supply.Artifact;
import dev.plinth.trust.supply.Verdict;
import java.io.IOException;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executor;
import java.util.function.Consumer;

/**
 * What this server trusts, and who signs for it, on its journal.
 *
 * <p>Callable from any thread; nothing waits. Futures fail with {@link dev.plinth.kernel.Refused} alone, and are completed on the
 * engine's thread.
 */
public final class Trust implements AutoCloseable {
    private final Partition<TrustEngine, TrustCommand, TrustOutcome, TrustEffect, Identities> partition;
    private final RootKeyPlace root;
    private final Issuer issuer;
    private final Appraisals appraisals;
    private final Clock clock;
    private final List<Runnable> followers = new CopyOnWriteArrayList<>();
    private final RecordedAppraisals recorded = new RecordedAppraisals();
    private final IssuedIdentities issued = new IssuedIdentities();

    private final Watcher.Subscription watch;

    /** Written once, by whoever puts the server together. */
    private volatile Optional<DomainRootFile> rootFile = Optional.empty();

    /** Written on the engine's thread: the newest that it told. Only to say what is wrong, for a leader may know more. */
    private volatile Identities seen = Identities.NONE;

    private Trust(
            Partition<TrustEngine, TrustCommand, TrustOutcome, TrustEffect, Identities> partition,
            RootKeyPlace root,
            List<Endorsement> collateral,
            Clock clock,
            SecureRandom random) {
        this.partition = partition;
        this.root = root;
        this.issuer = new Issuer(root, random);
        this.appraisals = new Appraisals(collateral, random);
        this.clock = clock;
        this.watch = partition.watch(TrustEngine.KEY, this::told);
        watch.next();
    }

    private void told(Watcher.Batch<Identities> batch) {
        batch.items().forEach(item -> seen = item.view().orElse(Identities.NONE));
        followers.forEach(Runnable::run);
        watch.next();
    }

    /** How the commands look in the journal that {@link #open} is given. */
    public static Codec<TrustCommand> commandCodec() {
        return TrustCodecs.COMMANDS;
    }

    /**
     * Replays the journal, and serves; signs when it has been given the root key.
     *
     * @param collateral of hardware's vendors, for the appraisal of evidence
     * @param workers make keys; they refuse nothing
     * @throws IOException if the journal is damaged
     */
    public static Trust open(
            Journal<TrustCommand> journal,
            List<Endorsement> collateral,
            Clock clock,
            Executor workers,
            SecureRandom random)
            throws IOException {
        var root = new RootKeyPlace();
        return new Trust(
                Partition.durable(
                        new TrustEngine(),
                        journal,
                        TrustCodecs.ALL,
                        new AuthorityMaker(root, clock, workers, random),
                        clock),
                root,
                collateral,
                clock,
                random);
    }

    /**
     * From now on it signs.
     *
     * @param key what private keys are sealed under: in a cluster, the same on all servers
     */
    public void unlock(RootKey key) {
        root.put(key);
    }

    /**
     * From now on it signs, with the root key in this file; and when another one takes its place, it follows.
     *
     * @param told of the root keys that are there, that in force first, at once and with each change
     * @throws IOException if there is none, or it is no root key
     */
    public DomainRootFile unlock(
            Path file,
            DomainRootFile.Servers servers,
            Executor workers,
            SecureRandom random,
            Consumer<List<FileRootKey>> told)
            throws IOException {
        var follower = new DomainRootFile(this, root, file, servers, clock, workers, random, told);
        rootFile = Optional.of(follower);
        return follower;
    }

    /** Begins to put another root key in the place of the one in force; {@link Identities#roots} says how far it is. */
    public CompletableFuture<TrustOutcome> rotateRoot() {
        return rootFile.map(DomainRootFile::rotate)
                .orElseGet(() -> CompletableFuture.completedFuture(new TrustOutcome.Denied(
                        TrustOutcome.Reason.CONFLICT, "this server has no root key of a trust domain")));
    }

    /** Why this server cannot sign, though it was given a root key; empty if it can, or was not. */
    public Optional<String> trouble() {
        return root.isEmpty() ? Optional.empty() : issuer.trouble(seen, clock.wall());
    }

    public CompletableFuture<TrustOutcome> submit(TrustCommand command) {
        return partition.submit(command);
    }

    /** Who gets which identity now, and who signs it. */
    public CompletableFuture<Identities> identities() {
        return partition.read(TrustEngine::identities);
    }

    /** All versions of a policy, the oldest first; none if there never was one. */
    public CompletableFuture<List<AppraisalPolicy>> policy(String tenant, String name) {
        return partition.read(engine -> engine.book().policyHistory(tenant, name));
    }

    public CompletableFuture<List<ReferenceValue>> reference(String tenant, String name) {
        return partition.read(engine -> engine.book().referenceHistory(tenant, name));
    }

    public CompletableFuture<List<PolicyBook.Binding>> binding(String tenant, String resource) {
        return partition.read(engine -> engine.book().bindingHistory(tenant, resource));
    }

    /** Whether what this result attests may have the resource at this time. What does not exist denies. */
    public CompletableFuture<PolicyBook.Decision> decide(
            String tenant, String resource, AttestationResult result, Instant at) {
        return partition.read(engine -> engine.book().decide(tenant, resource, result, at));
    }

    /** All kept versions of an admission policy, the oldest first; none if there never was one. */
    public CompletableFuture<List<AdmissionPolicy>> admissionPolicy(String name) {
        return partition.read(engine -> engine.admissions().policy(name));
    }

    /** The newest version of each, by name. */
    public CompletableFuture<List<AdmissionPolicy>> admissionPolicies() {
        return partition.read(engine -> engine.admissions().newest());
    }

    /**
     * Verdicts, the newest first.
     *
     * @param before the number of the last one of the page before; 0 for the first page
     */
    public CompletableFuture<List<Verdict>> verdicts(long before, int limit) {
        return partition.read(engine -> engine.admissions().verdicts(before, Math.min(limit, Limits.READ_ITEMS_MAX)));
    }

    /** Those on one artifact, the newest first. */
    public CompletableFuture<List<Verdict>> verdictsOn(String sha256) {
        Artifact.checkDigest(sha256);
        return partition.read(engine -> engine.admissions().on(sha256));
    }

    /** Says whether something may be run. */
    public Admission admission() {
        return (policy, sha256) -> {
            Artifact.checkDigest(sha256);
            return partition.read(engine -> engine.admissions().answer(policy, sha256));
        };
    }

    /** What holds now, of each name; at most {@link dev.plinth.kernel.Limits#READ_ITEMS_MAX} policies, references and guards. */
    public CompletableFuture<PolicyBook.Contents> policies() {
        return partition.read(engine -> engine.book().newest(Limits.READ_ITEMS_MAX));
    }

    /** As {@link PolicyBook#dryRun}; the conditions are evaluated by these workers, not by the engine's thread. */
    public CompletableFuture<List<PolicyBook.Comparison>> dryRun(
            String tenant,
            String name,
            String condition,
            Set<String> waivers,
            List<AttestationResult> results,
            Executor workers) {
        return partition
                .read(engine -> engine.book().excerpt(tenant, name))
                .thenApplyAsync(book -> book.dryRun(tenant, name, condition, waivers, results), workers);
    }

    /** The newest requests for identities at this server, with their evidence: granted and refused. */
    public RecordedAppraisals recorded() {
        return recorded;
    }

    /** Who got an identity from this server lately. */
    public IssuedIdentities issued() {
        return issued;
    }

    /** Signs for workloads that have been attested. */
    public Issuer issuer() {
        return issuer;
    }

    /** The newest that this server has been told, without asking whether a leader knows more. */
    public Identities seen() {
        return seen;
    }

    /** Appraises evidence. */
    public Appraisals appraisals() {
        return appraisals;
    }

    /**
     * Tells of every change of {@link #identities}, at least once after it.
     *
     * @param follower called on the engine's thread; it hands on and returns
     */
    public Following follow(Runnable follower) {
        followers.add(follower);
        return () -> followers.remove(follower);
    }

    /** Somebody who is told of changes. */
    public interface Following extends AutoCloseable {
        /** It is told no more. */
        @Override
        void close();
    }

    @Override
    public void close() {
        watch.close();
        partition.close();
    }
}
