package dev.plinth.trust.secrets;

import dev.plinth.kernel.Clock;
import dev.plinth.kernel.Refused;
import dev.plinth.kernel.Watcher;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
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
     * A root key in a file is made, or found, without anybody's help. Of shares each server needs its own, also of the next root key: what
     * operators give before it is in force proves that they have it, so that no root key is ever in force whose shares were lost with an
     * answer.
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
    private final Watcher.Subscription watch;

    /** The newest that was told, for whoever looks again. */
    private volatile @Nullable SecretsView newest;

    /** Somebody wants it so: then nothing is unsealed by itself. */
    private volatile boolean sealedByHand;

    private volatile boolean closed;

    /** Guarded by this: what was last said to be wrong, so that it is said once. */
    private String trouble = "";

    RootCustody(
            SecretsPartition partition,
            Keyring keyring,
            Secrets.Options options,
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
        this.watch = partition.watch(SecretsEngine.ROOT, this::told);
        watch.next();
        if (file().isPresent()) {
            settle();
        }
    }

    private Optional<RootFile> file() {
        return options.keeper() instanceof RootKeeper.InFile(Path path)
                ? Optional.of(new RootFile(path))
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

    // ---- the first one

    /** As {@link Secrets#initialize}. */
    CompletableFuture<List<String>> initialize(int threshold, int shares, String actor) {
        if (!(options.keeper() instanceof RootKeeper.Shared)) {
            return SecretsPartition.failed(
                    SecretsProblem.Code.CONFLICT,
                    "the root key is configured to be kept by "
                            + options.keeper().name() + "; expected " + RootKeeper.Shared.NAME);
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
                                keyring.unseal(root, key);
                                return split;
                            });
                });
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
        if (!keyring.unseal(root, key.get())) {
            throw unfit();
        }
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
        if (!keyring.hold(next, key.get())) {
            throw unfit();
        }
        return partition.submit(new SecretsCommand.HoldRoot(next.number(), options.self()));
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

    // ---- a root key in a file

    /** Makes or finds the root key in its file, until it has worked. */
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
                    }
                });
    }

    private CompletableFuture<Void> settle(Optional<Root> root) {
        var file = file().orElseThrow();
        if (root.filter(Root::isShared).isPresent()) {
            throw new SecretsProblem(
                    SecretsProblem.Code.INVALID,
                    "the root key is kept by " + root.get().keeper() + ", and the configuration says "
                            + options.keeper().name());
        }
        try {
            if (root.isPresent()) {
                open(root.get(), file);
                return CompletableFuture.completedFuture(null);
            }
            var key = RootFile.readOrMake(file.file(), random);
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

    /** This server may have been away, or killed, when the next root key became the one in force. */
    private synchronized void open(Root root, RootFile file) throws IOException {
        if (Files.exists(file.next()) && keyring.unseal(root, RootFile.read(file.next()))) {
            file.promote();
        } else if (!keyring.unseal(root, RootFile.read(file.file()))) {
            throw new SecretsProblem(
                    SecretsProblem.Code.INVALID, file.file() + ": expected this cluster's root key, found another");
        }
    }

    // ---- another root key

    /** As {@link Secrets#rotateRoot}. */
    CompletableFuture<List<String>> rotate(int threshold, int shares, String actor) {
        return opened().thenCompose(_ -> partition.read(Roots::of))
                .thenComposeAsync(
                        roots -> {
                            var key = nextKey(threshold, shares);
                            var next = keyring.next(
                                    roots.last() + 1,
                                    options.keeper(),
                                    suite,
                                    isShared() ? threshold : 0,
                                    isShared() ? shares : 0,
                                    key);
                            return partition
                                    .submit(new SecretsCommand.BeginRotation(
                                            next, options.servers().get(), actor))
                                    .thenApply(_ -> isShared() ? split(next, key) : List.<String>of())
                                    .whenComplete((_, _) -> key.forget());
                        },
                        workers);
    }

    private boolean isShared() {
        return options.keeper() instanceof RootKeeper.Shared;
    }

    private RootKey.InMemory nextKey(int threshold, int shares) {
        if (isShared()) {
            try {
                Shares.checkNumbers(threshold, shares);
            } catch (IllegalArgumentException e) {
                throw new SecretsProblem(SecretsProblem.Code.INVALID, String.valueOf(e.getMessage()));
            }
            return RootKey.InMemory.make(random);
        }
        if (threshold != 0 || shares != 0) {
            throw new SecretsProblem(
                    SecretsProblem.Code.INVALID,
                    "threshold and shares: expected none, for the root key is kept by "
                            + options.keeper().name());
        }
        var next = file().orElseThrow().next();
        try {
            if (options.servers().get().size() > 1 && Files.notExists(next)) {
                throw new IOException(next + ": there is no such file; expected the same next root key on all servers"
                        + " of the cluster: plinth trust root-key makes one");
            }
            return RootFile.readOrMake(next, random);
        } catch (IOException e) {
            throw new SecretsProblem(SecretsProblem.Code.INVALID, String.valueOf(e.getMessage()));
        }
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
        try {
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
        var file = file();
        if (file.isPresent() && !keyring.has(next.number())) {
            if (Files.notExists(file.get().next())) {
                lookAgain();
                return;
            }
            if (!keyring.hold(next, RootFile.read(file.get().next()))) {
                throw new IOException(file.get().next() + ": expected the next root key of this cluster, number "
                        + next.number() + ", found another");
            }
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
        var file = file();
        if (file.isPresent()
                && keyring.has(root.number())
                && Files.exists(file.get().next())) {
            var next = RootFile.read(file.get().next());
            if (keyring.unseal(root, next)) {
                file.get().promote();
                log.info(
                        "root key {} is in force, and in {}",
                        root.number(),
                        file.get().file());
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
