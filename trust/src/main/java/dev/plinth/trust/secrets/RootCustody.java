package dev.plinth.trust.secrets;

import dev.plinth.kernel.Clock;
import dev.plinth.kernel.Refused;
import dev.plinth.kernel.Watcher;
import java.io.IOException;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** How this server comes by the root key, loses it, and follows a change of root keys. */
final class RootCustody implements AutoCloseable {
    /*
     * Where there is a place for it, a root key is found without anybody's help (RootPlace); made so, too, unless it is split among
     * operators. Of shares each server needs its own, also of the next root key: what operators give before it is in force proves that they
     * have it, so that no root key is ever in force whose shares were lost with an answer.
     *
     * What the journal says of root keys comes by a watch. The key before stays a moment longer in memory, for those who took a secret just
     * before the change.
     */
    private static final Logger log = LoggerFactory.getLogger(RootCustody.class);
    private static final String SERVER = "server";
    private static final Duration AGAIN_AFTER = Duration.ofMillis(500);

    /** A secret that was taken is opened within this. */
    private static final Duration OPENED_WITHIN = Duration.ofSeconds(30);

    private final SecretsPartition partition;
    private final Keyring keyring;
    private final Secrets.Options options;
    private final Envelope.Suite suite;
    private final Clock clock;
    private final Executor workers;
    private final SecureRandom random;
    private final GivenShares given = new GivenShares();
    private final Optional<RootPlace> place;
    private final Optional<RootPlace> formerPlace;
    private final Optional<RootFromPeers> fromPeers;
    private final Watcher.Subscription watch;

    /** The newest that was told, for whoever looks again. */
    private volatile @Nullable SecretsView newest;

    /** Somebody wants it so: then nothing is unsealed by itself. */
    private volatile boolean sealedByHand;

    private volatile boolean closed;

    /** Guarded by this: the root key that was last said to be in force. */
    private long seen;

    /** Where the root key is kept on this machine does not give it. */
    private volatile boolean placeFailed;

    /** Guarded by this: what was last said to be wrong, so that it is said once. */
    private String trouble = "";

    RootCustody(
            SecretsPartition partition,
            Keyring keyring,
            Secrets.Options options,
            Optional<PeerPolicy> policy,
            Clock clock,
            Executor workers,
            SecureRandom random) {
        this.partition = partition;
        this.keyring = keyring;
        this.options = options;
        this.suite = options.sm4() ? Envelope.Suite.SM4_GCM : Envelope.Suite.AES_256_GCM;
        this.clock = clock;
        this.workers = workers;
        this.random = random;
        this.place = place(options.keeper(), random);
        this.fromPeers = policy.map(
                of -> new RootFromPeers(partition, options.self(), of, clock, workers, random, this::follow));
        this.formerPlace = options.former().flatMap(former -> place(former, random));
        this.watch = partition.watch(SecretsEngine.ROOT, this::told);
        watch.next();
        if (place.isPresent() || formerPlace.isPresent()) {
            settle();
        }
    }

    private static Optional<RootPlace> place(RootKeeper keeper, SecureRandom random) {
        return switch (keeper) {
            case RootKeeper.InFile inFile -> Optional.of(new RootFile(inFile.file(), random));
            case RootKeeper.Shared _ -> Optional.empty();
            case RootKeeper.InTpm inTpm -> Optional.of(new RootInTpm(inTpm));
            case RootKeeper.InToken inToken -> Optional.of(new RootInToken(inToken));
        };
    }

    /** Where the key of this root is found, if it is kept as the configuration says, or as it said before. */
    private Optional<RootPlace> placeOf(Root root) {
        if (root.keeper().equals(options.keeper().name())) {
            return place;
        }
        return options.former()
                        .filter(former -> former.name().equals(root.keeper()))
                        .isPresent()
                ? formerPlace
                : Optional.empty();
    }

    CompletableFuture<SealStatus> status() {
        return partition.read(engine -> {
            var root = engine.root();
            var rotation = engine.roots().rotation();
            return new SealStatus(
                    root.isPresent(),
                    !keyring.isOpen(),
                    root.map(Root::number).orElse(0L),
                    root.map(Root::keeper).orElse(options.keeper().name()),
                    root.map(Root::cipher)
                            .orElse(suite)
                            .name()
                            .toLowerCase(Locale.ROOT)
                            .replace('_', '-'),
                    root.map(Root::threshold).orElse(0),
                    root.map(Root::shares).orElse(0),
                    root.map(Root::number).map(given::count).orElse(0),
                    lacks(rotation) ? fromPeers.map(RootFromPeers::refusals).orElse(List.of()) : List.of(),
                    rotation.map(under -> new SealStatus.NextRoot(
                            under.next().number(),
                            under.next().keeper(),
                            under.next().threshold(),
                            under.next().shares(),
                            given.count(under.next().number()),
                            List.copyOf(under.servers()),
                            List.copyOf(under.holders()),
                            engine.roots().left())));
        });
    }

    /** Whether a root key is not here that should be. */
    private boolean lacks(Optional<Rotation> rotation) {
        return !keyring.isOpen()
                || rotation.filter(under -> !keyring.has(under.next().number())).isPresent();
    }

    // ---- the first one

    /** As {@link Secrets#initialize}. */
    CompletableFuture<List<String>> initialize(int threshold, int shares, String actor) {
        if (!options.keeper().isSplit()) {
            return SecretsPartition.failed(
                    SecretsProblem.Code.CONFLICT,
                    "the root key is configured to be kept by "
                            + options.keeper().name() + "; expected " + RootKeeper.Shared.NAME + " or "
                            + RootKeeper.InTpm.NAME);
        }
        return partition
                .onWorkers(() -> {
                    Shares.checkNumbers(threshold, shares);
                    return RootKey.InMemory.make(random);
                })
                .thenCompose(key -> {
                    var root = keyring.first(options.keeper(), suite, threshold, shares, key);
                    return partition
                            .submit(new SecretsCommand.Initialize(root, actor))
                            .thenApply(_ -> {
                                var split = split(root, key);
                                keep(root, key, false);
                                keyring.unseal(root, key);
                                return split;
                            });
                });
    }

    /** In a place to which operators bring keys. What goes wrong is no reason not to use the key that is here. */
    private void keep(Root root, RootKey.InMemory key, boolean asNext) {
        try {
            var where = placeOf(root);
            if (where.isPresent()) {
                where.get().keep(root, key, asNext);
            }
        } catch (IOException e) {
            log.error(
                    "root key {} is not kept, and has to be brought again after a restart: {}",
                    root.number(),
                    e.getMessage());
        }
    }

    private List<String> split(Root root, RootKey.InMemory key) {
        return Shares.split(root.number(), key.bytes(), root.threshold(), root.shares(), random).stream()
                .map(Shares.Share::text)
                .toList();
    }

    // ---- sealed and unsealed

    private record Roots(Optional<Root> root, Optional<Rotation> rotation, long last) {
        static Roots of(SecretsEngine engine) {
            return new Roots(
                    engine.root(), engine.roots().rotation(), engine.roots().lastNumber());
        }
    }

    /** As {@link Secrets#unseal}. */
    CompletableFuture<SealStatus> unseal(String share, String actor) {
        return partition
                .read(Roots::of)
                .thenComposeAsync(roots -> give(roots, parsed(share), actor), workers)
                .thenCompose(_ -> status());
    }

    private static Shares.Share parsed(String share) {
        try {
            return Shares.Share.parse(share);
        } catch (IllegalArgumentException e) {
            throw new SecretsProblem(SecretsProblem.Code.INVALID, String.valueOf(e.getMessage()));
        }
    }

    private CompletableFuture<?> give(Roots roots, Shares.Share share, String actor) {
        var root = roots.root().orElseThrow(RootCustody::notInitialized);
        var next = roots.rotation().map(Rotation::next).filter(one -> one.number() == share.root());
        if (next.isPresent() && next.get().isShared()) {
            return giveNext(next.get(), share);
        }
        if (!root.isShared()) {
            throw new SecretsProblem(
                    SecretsProblem.Code.CONFLICT, "the root key is kept by " + root.keeper() + ", not by shares");
        }
        if (share.root() != root.number()) {
            throw new SecretsProblem(
                    SecretsProblem.Code.INVALID,
                    "share: expected one of root key " + root.number() + ", found one of root key " + share.root());
        }
        if (keyring.isOpen()) {
            return CompletableFuture.completedFuture(null);
        }
        var key = given.give(root, share);
        if (key.isEmpty()) {
            return CompletableFuture.completedFuture(null);
        }
        var copy = RootKey.InMemory.of(key.get().bytes());
        if (!keyring.unseal(root, key.get())) {
            copy.forget();
            throw unfit();
        }
        keep(root, copy, false);
        copy.forget();
        sealedByHand = false;
        return partition.submit(
                new SecretsCommand.Note("unseal", "root key", share.toString() + " was the last needed", actor));
    }

    private CompletableFuture<?> giveNext(Root next, Shares.Share share) {
        if (keyring.has(next.number())) {
            return CompletableFuture.completedFuture(null);
        }
        var key = given.give(next, share);
        if (key.isEmpty()) {
            return CompletableFuture.completedFuture(null);
        }
        var copy = RootKey.InMemory.of(key.get().bytes());
        if (!keyring.hold(next, key.get())) {
            copy.forget();
            throw unfit();
        }
        keep(next, copy, true);
        copy.forget();
        return partition.submit(new SecretsCommand.HoldRoot(next.number(), options.self()));
    }

    /** What operators bring to one server, the others give one another, if they prove to one another what they are. */
    private void askOthers(Root root, boolean asNext) {
        if (root.isShared()) {
            fromPeers.ifPresent(peers -> peers.want(root, key -> brought(root, asNext, key)));
        }
    }

    /** Takes in what another server gave; false if it is not that root key, or is not wanted any more. */
    private synchronized boolean brought(Root root, boolean asNext, RootKey.InMemory key) {
        if (sealedByHand || closed) {
            key.forget();
            return false;
        }
        var copy = RootKey.InMemory.of(key.bytes());
        boolean fits = asNext ? keyring.hold(root, key) : keyring.unseal(root, key);
        if (fits) {
            keep(root, copy, asNext);
            given.forget(root.number());
        }
        copy.forget();
        return fits;
    }

    /** Nobody can tell which is wrong, so none is kept. */
    private static SecretsProblem unfit() {
        return new SecretsProblem(
                SecretsProblem.Code.INVALID,
                "the shares do not make the root key: one of them is of another key, or wrong; all have to be given again");
    }

    /** As {@link Secrets#seal}. */
    CompletableFuture<SealStatus> seal(String actor) {
        sealedByHand = true;
        forget();
        return partition
                .submit(new SecretsCommand.Note("seal", "root key", "", actor))
                .thenCompose(_ -> status());
    }

    private void forget() {
        keyring.seal();
        given.forget();
    }

    static SecretsProblem notInitialized() {
        return new SecretsProblem(
                SecretsProblem.Code.NOT_INITIALIZED, "not initialized: nobody has made a root key yet");
    }

    /** Completes if this server is unsealed; tells apart why not. */
    CompletableFuture<Void> opened() {
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

    // ---- a root key that has a place

    /** Makes or finds the root key in its place, until it has worked. */
    private void settle() {
        var _ = partition
                .read(SecretsEngine::root)
                .thenComposeAsync(this::settle, workers)
                .whenComplete((_, failure) -> {
                    if (failure == null || closed) {
                        return;
                    }
                    if (SecretsPartition.cause(failure) instanceof Refused refused
                            && refused.code() != Refused.Code.STOPPED) {
                        clock.schedule(AGAIN_AFTER, () -> workers.execute(this::settle));
                    } else if (SecretsPartition.cause(failure) instanceof SecretsProblem problem
                            && problem.code() == SecretsProblem.Code.CONFLICT) {
                        // Another server of the cluster was first.
                        workers.execute(this::settle);
                    } else {
                        log.error(
                                "this server stays sealed: {}",
                                SecretsPartition.cause(failure).getMessage());
                        placeFailed = true;
                        workers.execute(this::follow);
                    }
                });
    }

    private CompletableFuture<Void> settle(Optional<Root> root) {
        try {
            if (root.isPresent()) {
                open(root.get());
                return CompletableFuture.completedFuture(null);
            }
            if (options.keeper().isSplit()) {
                return CompletableFuture.completedFuture(null);
            }
            var key = place.orElseThrow().make(Root.FIRST, isAlone());
            var made = keyring.first(options.keeper(), suite, 0, 0, key);
            key.forget();
            return partition
                    .submit(new SecretsCommand.Initialize(made, SERVER))
                    .thenCompose(_ -> partition.read(SecretsEngine::root))
                    .thenComposeAsync(this::settle, workers);
        } catch (IOException e) {
            throw new SecretsProblem(SecretsProblem.Code.INVALID, String.valueOf(e.getMessage()));
        }
    }

    private boolean isAlone() {
        return options.servers().get().size() == 1;
    }

    /** This server may have been away, or killed, when the next root key became the one in force. */
    private synchronized void open(Root root) throws IOException {
        var from = placeOf(root);
        if (from.isEmpty()) {
            throw new IOException("the root key is kept by " + root.keeper() + ", and the configuration says "
                    + options.keeper().name() + (root.isShared() ? "; operators have to unseal" : ""));
        }
        for (var found : from.get().find(root)) {
            if (keyring.unseal(root, found.key())) {
                if (found.isNext()) {
                    from.get().promote();
                }
                return;
            }
        }
        throw new IOException("expected this cluster's root key, number " + root.number() + ", kept by "
                + options.keeper() + "; found another");
    }

    // ---- another root key

    /** As {@link Secrets#rotateRoot}. */
    CompletableFuture<List<String>> rotate(int threshold, int shares, String actor) {
        return opened().thenCompose(_ -> partition.read(Roots::of))
                .thenComposeAsync(
                        roots -> {
                            long number = roots.last() + 1;
                            return options.keeper().isSplit()
                                    ? rotateShares(number, threshold, shares, actor)
                                    : rotateInPlace(number, threshold, shares, actor);
                        },
                        workers);
    }

    private CompletableFuture<List<String>> rotateShares(long number, int threshold, int shares, String actor) {
        try {
            Shares.checkNumbers(threshold, shares);
        } catch (IllegalArgumentException e) {
            throw new SecretsProblem(SecretsProblem.Code.INVALID, String.valueOf(e.getMessage()));
        }
        var key = RootKey.InMemory.make(random);
        var next = keyring.next(number, options.keeper(), suite, threshold, shares, key);
        return begin(next, actor)
                .thenApply(_ -> split(next, key))
                // Also this server gets it from the operators alone.
                .whenComplete((_, _) -> key.forget());
    }

    private CompletableFuture<List<String>> rotateInPlace(long number, int threshold, int shares, String actor) {
        if (threshold != 0 || shares != 0) {
            throw new SecretsProblem(
                    SecretsProblem.Code.INVALID,
                    "threshold and shares: expected none, for the root key is kept by "
                            + options.keeper().name());
        }
        try {
            var key = place.orElseThrow().make(number, isAlone());
            var next = keyring.next(number, options.keeper(), suite, 0, 0, key);
            key.forget();
            return begin(next, actor).thenApply(_ -> List.of());
        } catch (IOException e) {
            throw new SecretsProblem(SecretsProblem.Code.INVALID, String.valueOf(e.getMessage()));
        }
    }

    private CompletableFuture<SecretsOutcome> begin(Root next, String actor) {
        return partition.submit(
                new SecretsCommand.BeginRotation(next, options.servers().get(), actor));
    }

    /** As {@link Secrets#endRootRotation}. */
    CompletableFuture<SealStatus> end(boolean finish, String actor) {
        return partition.submit(new SecretsCommand.EndRotation(finish, actor)).thenCompose(_ -> status());
    }

    private void told(Watcher.Batch<SecretsView> batch) {
        batch.items().forEach(item -> item.view().ifPresent(view -> newest = view));
        workers.execute(() -> {
            follow();
            if (!closed) {
                watch.next();
            }
        });
    }

    /** Does for this server what the newest state of root keys asks for. */
    private synchronized void follow() {
        var view = newest;
        if (closed || view == null || view.root().isEmpty()) {
            return;
        }
        var root = view.root().get();
        keyring.inForce(root.number());
        if (sealedByHand) {
            return;
        }
        boolean changed = seen != 0 && seen != root.number();
        seen = root.number();
        try {
            if (changed && !keyring.has(root.number()) && placeOf(root).isPresent()) {
                placeFailed = true;
                open(root);
                placeFailed = false;
            }
            if (!keyring.has(root.number()) && (placeOf(root).isEmpty() || placeFailed)) {
                askOthers(root, false);
            }
            if (view.rotation().isPresent()) {
                findNext(view.rotation().get());
            } else {
                tidy(root);
            }
        } catch (IOException | SecretsProblem e) {
            if (!trouble.equals(e.getMessage())) {
                trouble = String.valueOf(e.getMessage());
                log.error("the rotation of the root key waits for this server: {}", trouble);
            }
            lookAgain();
        }
    }

    private void lookAgain() {
        if (closed) {
            return;
        }
        clock.schedule(AGAIN_AFTER, () -> workers.execute(this::follow));
    }

    private void findNext(Rotation rotation) throws IOException {
        var next = rotation.next();
        var from = placeOf(next);
        if (from.isPresent() && !keyring.has(next.number())) {
            var key = from.get().findNext(next);
            if (key.isEmpty()) {
                askOthers(next, true);
                lookAgain();
                return;
            }
            if (!keyring.hold(next, key.get())) {
                throw new IOException("expected the next root key of this cluster, number " + next.number()
                        + ", kept by " + options.keeper() + "; found another");
            }
        }
        if (from.isEmpty() && !keyring.has(next.number())) {
            askOthers(next, true);
        }
        if (keyring.has(next.number()) && !rotation.holders().contains(options.self())) {
            var _ = partition
                    .submit(new SecretsCommand.HoldRoot(next.number(), options.self()))
                    .whenComplete((_, failure) -> {
                        if (failure != null && !closed) {
                            lookAgain();
                        }
                    });
        }
    }

    /** Nothing is changing: another key than that in force is not needed. */
    private void tidy(Root root) throws IOException {
        var from = placeOf(root).filter(RootPlace::hasNext);
        if (from.isPresent() && keyring.has(root.number())) {
            for (var found : from.get().find(root)) {
                if (!found.isNext()) {
                    found.key().forget();
                } else if (keyring.unseal(root, found.key())) {
                    from.get().promote();
                    log.info("root key {} is in force, and kept by {}", root.number(), options.keeper());
                }
            }
        }
        clock.schedule(OPENED_WITHIN, () -> {
            var view = newest;
            if (view != null && view.rotation().isEmpty() && view.root().isPresent()) {
                keyring.keepOnly(List.of(view.root().get().number()));
            }
        });
    }

    @Override
    public void close() {
        closed = true;
        watch.close();
        forget();
    }
}
