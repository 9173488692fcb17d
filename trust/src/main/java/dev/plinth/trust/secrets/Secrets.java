package dev.plinth.trust.secrets;

import com.google.protobuf.ByteString;
import com.nimbusds.jose.jwk.ECKey;
import dev.plinth.kernel.Clock;
import dev.plinth.kernel.Codec;
import dev.plinth.kernel.Journal;
import dev.plinth.kernel.Limits;
import dev.plinth.kernel.Performer;
import dev.plinth.kernel.Refused;
import dev.plinth.kernel.Watcher;
import dev.plinth.trust.AttestationResult;
import dev.plinth.trust.Challenge;
import dev.plinth.trust.Endorsement;
import dev.plinth.trust.Evidence;
import dev.plinth.trust.PolicyBook;
import dev.plinth.trust.RecordedAppraisals;
import dev.plinth.trust.Vendor;
import dev.plinth.trust.audit.AuditEntry;
import dev.plinth.trust.audit.AuditHead;
import java.io.IOException;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * The keys and secrets of this server, on its journal.
 *
 * <p>Callable from any thread; nothing waits. Futures fail with {@link SecretsProblem} and with {@link Refused}, and with nothing
 * else. {@code actor} is who asks, for the audit log; one who sets policies needs a name of letters, digits and . _ / @ -.
 */
public final class Secrets implements AutoCloseable {
    /*
     * Everything random is drawn here, and sealed before the engine hears of it. Here too evidence is appraised (Appraising) and
     * policies are asked (Taking), for both need the time; what they said is then confirmed by the engine, which knows the policy
     * that is in force. Where root keys come from, and go to, is RootCustody's.
     */
    private final SecretsPartition partition;
    private final Executor workers;
    private final Keyring keyring;
    private final KeyMaker maker;
    private final KeyUse use;
    private static final String DRY_RUN = "dry-run";

    private final Guards guards = new Guards();
    private final RecordedAppraisals recorded = new RecordedAppraisals();
    private final RootCustody custody;
    private final Optional<RootGiving> giving;
    private final Optional<RootPeers.Prover> prover;
    private final Appraising appraising;
    private final Taking taking;
    private final Certifying certifying;

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
     * @param certificates of the public key, DER, its own first
     */
    public record VersionInfo(
            long number,
            String owner,
            Instant at,
            Optional<Instant> revokedAt,
            ByteString publicKey,
            List<ByteString> certificates) {
        public VersionInfo {
            certificates = List.copyOf(certificates);
        }
    }

    /**
     * A certificate that is wanted.
     *
     * @param subject a distinguished name, as {@code CN=payments,O=Bank}
     * @param days 1 to 3,660
     * @param isAuthority whether its key may sign other certificates
     * @param issuer the authority whose key, kept here, signs it; empty: it signs itself
     */
    public record CertificateRequest(
            String subject, int days, boolean isAuthority, List<String> dnsNames, Optional<ResourceName> issuer) {
        private static final int DAYS_MAX = 3_660;
        private static final int DNS_NAMES_MAX = 100;

        public CertificateRequest {
            dnsNames = List.copyOf(dnsNames);
            if (days < 1 || days > DAYS_MAX) {
                throw new IllegalArgumentException("days: expected 1 to " + DAYS_MAX + ", found " + days);
            }
            if (subject.isEmpty() || subject.length() > 1_000) {
                throw new IllegalArgumentException(
                        "subject: expected 1 to 1,000 characters, found " + subject.length());
            }
            if (dnsNames.size() > DNS_NAMES_MAX
                    || dnsNames.stream().anyMatch(dns -> !dns.matches("(\\*\\.)?[A-Za-z0-9][A-Za-z0-9.-]{0,251}"))) {
                throw new IllegalArgumentException(
                        "DNS names: expected at most " + DNS_NAMES_MAX + " such as payments.example.org");
            }
        }
    }

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
     * @param former who kept the root key before the configuration named another keeper: until a rotation has brought it there
     * @param self this server's name
     * @param servers the names of all servers that run as one: each needs the next root key before it is in force
     * @param peers how those give one another root keys; empty: they do not
     */
    public record Options(
            RootKeeper keeper,
            boolean sm4,
            List<Endorsement> collateral,
            Optional<RootKeeper> former,
            String self,
            Supplier<Set<String>> servers,
            Optional<RootPeers> peers) {
        private static final String ALONE = "server";

        public Options {
            collateral = List.copyOf(collateral);
        }

        /** Of a server that is alone. */
        public static Options of(RootKeeper keeper) {
            return new Options(
                    keeper, false, List.of(), Optional.empty(), ALONE, () -> Set.of(ALONE), Optional.empty());
        }

        public Options sealingWithSm4() {
            return new Options(keeper, true, collateral, former, self, servers, peers);
        }

        /** With a root key that another keeper has yet. */
        public Options after(RootKeeper other) {
            return new Options(keeper, sm4, collateral, Optional.of(other), self, servers, peers);
        }

        /** Of one of several servers. */
        public Options among(String name, Supplier<Set<String>> all) {
            return new Options(keeper, sm4, collateral, former, name, all, peers);
        }

        /** Which get root keys from the others, and give them. */
        public Options givingOneAnother(RootPeers others) {
            return new Options(keeper, sm4, collateral, former, self, servers, Optional.of(others));
        }
    }

    private Secrets(
            SecretsPartition partition,
            Keyring keyring,
            Options options,
            Clock clock,
            Executor workers,
            SecureRandom random) {
        this.partition = partition;
        this.workers = workers;
        this.keyring = keyring;
        this.maker = new KeyMaker(random);
        this.use = new KeyUse(random);
        var policy = options.peers().map(peers -> new PeerPolicy(peers, guards, recorded, clock));
        this.custody = new RootCustody(partition, keyring, options, policy, clock, workers, random);
        this.giving = policy.map(of -> new RootGiving(partition, keyring, options, of, clock, workers, random));
        this.prover = options.peers().map(RootPeers::prover);
        this.appraising = new Appraising(partition, guards, options.collateral(), recorded, clock, workers);
        this.taking = new Taking(partition, custody, keyring, guards, recorded, clock, workers);
        this.certifying = new Certifying(partition, taking, use, clock, workers, random);
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
        var keyring = new Keyring(random);
        return new Secrets(
                SecretsPartition.open(journal, new Rewrapper(keyring, workers), clock, workers),
                keyring,
                options,
                clock,
                workers,
                random);
    }

    /** Loads what the journal says, and forgets it again: for backups, which need nobody's key. */
    public static void rehearse(Journal<SecretsCommand> journal, Clock clock) throws IOException {
        Performer<Rewrap, SecretsCommand> idle = (_, _, _, end) -> end.failed("only a rehearsal");
        SecretsPartition.open(journal, idle, clock, Runnable::run).close();
    }

    // ---- the root key

    public CompletableFuture<SealStatus> status() {
        return custody.status();
    }

    /**
     * Makes the root key, and splits it among operators. This server is unsealed then.
     *
     * @return the shares, which are shown once and kept nowhere
     */
    public CompletableFuture<List<String>> initialize(int threshold, int shares, String actor) {
        return custody.initialize(threshold, shares, actor);
    }

    /** Takes one operator's share, of the root key in force or of the next one. */
    public CompletableFuture<SealStatus> unseal(String share, String actor) {
        return custody.unseal(share, actor);
    }

    /** Forgets the root key: from now on this server opens nothing. */
    public CompletableFuture<SealStatus> seal(String actor) {
        return custody.seal(actor);
    }

    /**
     * Begins to put another root key in the place of the one in force; {@link #status} says how far it is. It is in force when every
     * server has it and all data keys are sealed under it; until then nothing changes.
     *
     * @param threshold as in {@link #initialize}, if operators shall have it; else 0, as {@code shares}
     * @return the shares of the next root key, which are shown once and kept nowhere; as many as the threshold have to be given to each
     *     server, with {@link #unseal}. Empty if a file keeps it
     */
    public CompletableFuture<List<String>> rotateRoot(int threshold, int shares, String actor) {
        return custody.rotate(threshold, shares, actor);
    }

    /**
     * Ends a rotation by hand.
     *
     * @param finish the next root key is in force, also without servers that do not have it: they are sealed. False: it is given up
     */
    public CompletableFuture<SealStatus> endRootRotation(boolean finish, String actor) {
        return custody.end(finish, actor);
    }

    /** Gives other servers root keys; empty if this server does not. */
    public Optional<RootGiving> giving() {
        return giving;
    }

    /** What this server proves itself with to others; empty: with nothing. */
    public Optional<RootPeers.Prover> prover() {
        return prover;
    }

    /** The key that signs tokens; fails while this server is sealed. */
    public ECKey tokenKey() {
        return keyring.tokenKey();
    }

    /** The key that signs checkpoints of the audit log, while this server is unsealed. */
    public Optional<ECKey> tokenKeyIfOpen() {
        return keyring.tokenKeyIfOpen();
    }

    /** The public part of the key that signs, with its id; it outlives restarts, and rotations of the root key. */
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
            Supplier<KeyMaker.Made> made) {
        return custody.opened()
                .thenComposeAsync(
                        _ -> {
                            var secret = made.get();
                            try {
                                return partition.submit(new SecretsCommand.Put(
                                        name, algorithm, exportable, keyring.seal(name, secret), after, actor));
                            } finally {
                                Arrays.fill(secret.secret(), (byte) 0);
                            }
                        },
                        workers)
                .thenApply(SecretsPartition::number);
    }

    /** Has nobody get or use a version any more; it cannot be brought back. */
    public CompletableFuture<Long> revoke(ResourceName name, long version, String actor) {
        return partition.submit(new SecretsCommand.Revoke(name, version, actor)).thenApply(SecretsPartition::number);
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
                                version.material().map(Material::publicKey).orElse(ByteString.EMPTY),
                                version.material().map(Material::certificates).orElse(List.of())))
                        .toList());
    }

    static SecretsProblem absent(ResourceName name) {
        return new SecretsProblem(SecretsProblem.Code.NOT_FOUND, "there is no secret " + name);
    }

    /**
     * Gives the newest version of a key a certificate, signed by itself or by an authority whose key is kept here. Whoever gets the key
     * gets it with its certificates, as PEM. A version that is made later has none of its own yet.
     *
     * @return the version
     */
    public CompletableFuture<Long> certify(ResourceName name, CertificateRequest request, String actor) {
        return certifying.certify(name, request, actor);
    }

    // ---- giving and using

    /**
     * Gives a secret to whom this result is about, if the policy that guards it grants. The audit log says so before it is given.
     *
     * @param version 0 for the newest that is not revoked
     */
    public CompletableFuture<Released> release(
            ResourceName name, long version, AttestationResult result, String actor) {
        return taking.release(new Taking.Wanted(name, version, SecretsCommand.Purpose.RELEASE), result, actor);
    }

    /**
     * Signs with a key that does not leave.
     *
     * @param result of whom the policy is asked about; empty: the administrator, who needs no policy
     */
    public CompletableFuture<Used> sign(
            ResourceName name, long version, byte[] message, Optional<AttestationResult> result, String actor) {
        return taking.use(
                new Taking.Wanted(name, version, SecretsCommand.Purpose.SIGN),
                result,
                actor,
                (algorithm, key) -> use.sign(algorithm, key, message));
    }

    /** As {@link #sign}. */
    public CompletableFuture<Used> decrypt(
            ResourceName name, long version, byte[] encrypted, Optional<AttestationResult> result, String actor) {
        return taking.use(
                new Taking.Wanted(name, version, SecretsCommand.Purpose.DECRYPT),
                result,
                actor,
                (algorithm, key) -> use.decrypt(algorithm, key, encrypted));
    }

    /** As {@link #sign}; for symmetric keys. */
    public CompletableFuture<Used> encrypt(
            ResourceName name, long version, byte[] plain, Optional<AttestationResult> result, String actor) {
        return taking.use(
                new Taking.Wanted(name, version, SecretsCommand.Purpose.ENCRYPT),
                result,
                actor,
                (algorithm, key) -> use.encrypt(algorithm, key, plain));
    }

    // ---- policies, and what is believed

    /** Sets what guards a subject: a resource, {@link ReleasePolicy#ALL}, or an attestation policy. */
    public CompletableFuture<Long> setPolicy(String subject, String condition, Set<String> waivers, String actor) {
        return partition
                .onWorkers(() -> {
                    var set = new SecretsCommand.SetPolicy(
                            ReleasePolicy.checkSubject(subject), condition, waivers, actor);
                    Guards.check(new ReleasePolicy(subject, 1, condition, waivers, actor, Instant.EPOCH));
                    return set;
                })
                .thenCompose(partition::submit)
                .thenApply(SecretsPartition::number);
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
        return partition
                .onWorkers(() -> new SecretsCommand.Vouch(vendor, fingerprint, owner, holds, actor))
                .thenCompose(partition::submit)
                .thenApply(SecretsPartition::number);
    }

    /** A vendor's root is trusted, beside those that come with this release; or no longer is. */
    public CompletableFuture<Long> anchor(Vendor vendor, String fingerprint, boolean holds, String actor) {
        return partition
                .onWorkers(() -> new SecretsCommand.Anchor(vendor, fingerprint, holds, actor))
                .thenCompose(partition::submit)
                .thenApply(SecretsPartition::number);
    }

    /**
     * What evidence is worth now, by what is believed here, and whether the attestation policy of this id lets it in.
     *
     * @return the result, and the policy that granted, if there is one; without a policy, evidence needs no more than to hold
     */
    public CompletableFuture<Attested> attest(Evidence evidence, Challenge challenge, String policyId, String actor) {
        return appraising.attest(evidence, challenge, policyId, actor);
    }

    /** Evidence that was let in. */
    public record Attested(AttestationResult result, Optional<ReleasePolicy> policy) {}

    // ---- the audit log

    /** Puts something else into the audit log. */
    public CompletableFuture<Long> note(String action, String subject, String detail, String actor) {
        return partition
                .submit(new SecretsCommand.Note(action, subject, detail, actor))
                .thenApply(SecretsPartition::number);
    }

    public CompletableFuture<AuditHead> auditHead() {
        return partition.read(SecretsEngine::head);
    }

    /** Entries after this one, oldest first, as far as they are not on disk alone by now. */
    public CompletableFuture<List<AuditEntry>> auditAfter(long sequence, int limit) {
        int most = Math.clamp(limit, 1, Limits.READ_ITEMS_MAX);
        return partition.read(engine -> engine.auditAfter(sequence, most));
    }

    /**
     * Watches where the audit log stands: tells at once, and whenever it has grown since {@link Watcher.Subscription#next}.
     *
     * @param grown called on the engine's thread; it hands on and returns
     */
    public Watcher.Subscription watchAudit(Runnable grown) {
        return partition.watch(SecretsEngine.AUDIT, _ -> grown.run());
    }

    static Throwable cause(Throwable failure) {
        return SecretsPartition.cause(failure);
    }

    /** Why a future of this class failed, in one line. */
    public static <T> T explain(Throwable failure, Function<SecretsProblem, T> problem, Function<Throwable, T> other) {
        return cause(failure) instanceof SecretsProblem known ? problem.apply(known) : other.apply(cause(failure));
    }

    @Override
    public void close() {
        custody.close();
        partition.close();
    }
}
