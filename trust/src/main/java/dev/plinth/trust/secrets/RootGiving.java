package dev.plinth.trust.secrets;

import com.google.protobuf.ByteString;
import dev.plinth.kernel.Clock;
import dev.plinth.wire.secrets.v1.BeginHandoverRequest;
import dev.plinth.wire.secrets.v1.BeginHandoverResponse;
import dev.plinth.wire.secrets.v1.TakeRootRequest;
import dev.plinth.wire.secrets.v1.TakeRootResponse;
import dev.plinth.wire.trust.v1.AttestationEvidence;
import java.io.IOException;
import java.security.PrivateKey;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;

/**
 * Gives other servers of the cluster the root keys that this one has: to whom proves what this server's configuration demands, and after the
 * audit log says so. Futures fail with {@link SecretsProblem}, and with what the journal refuses.
 */
public final class RootGiving {
    /*
     * What was begun is good for one answer, and for a minute: the nonces in it are never asked about twice. It lives on this server alone;
     * who began here and finds this server gone begins with another one.
     */
    private static final int UNDER_WAY_MAX = 64;

    private static final Duration LIFE = Duration.ofMinutes(1);
    private static final int ID_BYTES = 16;

    private final SecretsPartition partition;
    private final Keyring keyring;
    private final Secrets.Options options;
    private final PeerPolicy policy;
    private final Clock clock;
    private final Executor workers;
    private final SecureRandom random;

    private record Begun(HandoverTerms terms, PrivateKey key, long endNanos) {}

    /** Guarded by this. */
    private final Map<ByteString, Begun> underWay = new HashMap<>();

    RootGiving(
            SecretsPartition partition,
            Keyring keyring,
            Secrets.Options options,
            PeerPolicy policy,
            Clock clock,
            Executor workers,
            SecureRandom random) {
        this.partition = partition;
        this.keyring = keyring;
        this.options = options;
        this.policy = policy;
        this.clock = clock;
        this.workers = workers;
        this.random = random;
    }

    /** Proves to another server what this one is. */
    public CompletableFuture<BeginHandoverResponse> begin(BeginHandoverRequest request) {
        var taker = side(request.getServer(), request.getNonce(), request.getKey());
        if (!options.servers().get().contains(taker.server())) {
            throw new SecretsProblem(
                    SecretsProblem.Code.DENIED, "server: expected one of this cluster, found " + taker.server());
        }
        demand(request.getRoot());
        return givable(request.getRoot()).thenApplyAsync(_ -> begun(request.getRoot(), taker), workers);
    }

    private BeginHandoverResponse begun(long root, HandoverTerms.Side taker) {
        var keys = HandoverTerms.makeKeys();
        var terms = new HandoverTerms(root, taker, HandoverTerms.Side.of(options.self(), keys, random));
        var id = remember(terms, keys.getPrivate());
        try {
            return BeginHandoverResponse.newBuilder()
                    .setHandover(id)
                    .setServer(terms.giver().server())
                    .setNonce(terms.giver().nonce())
                    .setKey(terms.giver().key())
                    .setEvidence(policy.peers().prover().prove(terms.giversChallenge()))
                    .build();
        } catch (IOException e) {
            forget(id);
            throw new SecretsProblem(
                    SecretsProblem.Code.CONFLICT, "this server cannot prove what it is: " + e.getMessage());
        }
    }

    static HandoverTerms.Side side(String server, ByteString nonce, ByteString key) {
        try {
            return new HandoverTerms.Side(server, nonce, key);
        } catch (IllegalArgumentException e) {
            throw new SecretsProblem(SecretsProblem.Code.INVALID, String.valueOf(e.getMessage()));
        }
    }

    private void demand(long root) {
        if (!keyring.has(root)) {
            throw new SecretsProblem(SecretsProblem.Code.SEALED, "this server does not have root key " + root);
        }
    }

    /** Fails if it is neither in force nor the next, or was not made to be brought to servers. */
    private CompletableFuture<Root> givable(long number) {
        record Roots(Optional<Root> root, Optional<Root> next) {}
        return partition
                .read(engine ->
                        new Roots(engine.root(), engine.roots().rotation().map(Rotation::next)))
                .thenApply(roots -> roots.root()
                        .filter(root -> root.number() == number)
                        .or(() -> roots.next().filter(root -> root.number() == number))
                        .filter(Root::isShared)
                        .orElseThrow(() -> new SecretsProblem(
                                SecretsProblem.Code.CONFLICT,
                                "root key " + number + ": expected one that operators share, in force or the next")));
    }

    private synchronized ByteString remember(HandoverTerms terms, PrivateKey key) {
        long now = clock.nanoTime();
        underWay.values().removeIf(begun -> begun.endNanos() - now <= 0);
        if (underWay.size() >= UNDER_WAY_MAX) {
            throw new SecretsProblem(
                    SecretsProblem.Code.OVERLOADED,
                    UNDER_WAY_MAX + " handovers of root keys are under way; try again in " + LIFE.toSeconds() + " s");
        }
        var id = new byte[ID_BYTES];
        random.nextBytes(id);
        underWay.put(ByteString.copyFrom(id), new Begun(terms, key, now + LIFE.toNanos()));
        return ByteString.copyFrom(id);
    }

    private synchronized Optional<Begun> forget(ByteString id) {
        return Optional.ofNullable(underWay.remove(id)).filter(begun -> begun.endNanos() - clock.nanoTime() > 0);
    }

    /** Gives what was begun, if the other server proves what this one demands. */
    public CompletableFuture<TakeRootResponse> take(TakeRootRequest request) {
        var begun = forget(request.getHandover())
                .orElseThrow(() -> new SecretsProblem(
                        SecretsProblem.Code.NOT_FOUND,
                        "handover: expected one that was begun within " + LIFE.toSeconds()
                                + " s and not answered yet, found another"));
        return CompletableFuture.completedFuture(begun)
                .thenComposeAsync(one -> judged(one, request.getEvidence()), workers);
    }

    private CompletableFuture<TakeRootResponse> judged(Begun begun, AttestationEvidence evidence) {
        var terms = begun.terms();
        var subject = "root key " + terms.root();
        var self = "server/" + options.self();
        String proved;
        try {
            proved = policy.demand(
                    evidence, terms.takersChallenge(), subject, terms.taker().server());
        } catch (SecretsProblem e) {
            return e.code() == SecretsProblem.Code.DENIED
                    ? Taking.refused(partition, subject, String.valueOf(e.getMessage()), self)
                            .thenApply(_ -> TakeRootResponse.getDefaultInstance())
                    : CompletableFuture.failedFuture(e);
        }
        return givable(terms.root())
                .thenCompose(_ -> partition.submit(new SecretsCommand.Note(
                        "give-root", subject, "to server " + terms.taker().server() + ": " + proved, self)))
                .thenApplyAsync(_ -> sealed(begun), workers);
    }

    private TakeRootResponse sealed(Begun begun) {
        var terms = begun.terms();
        // This server may have been sealed meanwhile.
        var key = keyring.copy(terms.root())
                .orElseThrow(() -> new SecretsProblem(
                        SecretsProblem.Code.SEALED, "this server does not have root key " + terms.root()));
        try {
            return TakeRootResponse.newBuilder()
                    .setSealed(terms.seal(begun.key(), key, random))
                    .build();
        } finally {
            Arrays.fill(key, (byte) 0);
        }
    }
}
