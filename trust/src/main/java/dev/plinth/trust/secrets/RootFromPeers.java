package dev.plinth.trust.secrets;

import dev.plinth.kernel.Clock;
import dev.plinth.wire.secrets.v1.BeginHandoverRequest;
import dev.plinth.wire.secrets.v1.RootKeysGrpc;
import dev.plinth.wire.secrets.v1.TakeRootRequest;
import io.grpc.Channel;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.io.IOException;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Predicate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Asks the other servers of the cluster for a root key, one after the other, until one gives it. */
final class RootFromPeers {
    /*
     * Whoever is asked proves first what it is: a root key from a server that is not what it has to be would be known to that server, and what
     * is sealed under it from now on as well.
     *
     * Who has nothing to give is asked again soon, for operators may be about to unseal it. After a refusal the pauses grow, since each
     * refusal stands in the audit log.
     */
    private static final Logger log = LoggerFactory.getLogger(RootFromPeers.class);

    private static final Duration AGAIN_AFTER = Duration.ofSeconds(1);
    private static final Duration REFUSED_AGAIN_MAX = Duration.ofMinutes(5);
    private static final Duration ANSWER_MAX = Duration.ofSeconds(30);

    private final SecretsPartition partition;
    private final String self;
    private final PeerPolicy policy;
    private final Clock clock;
    private final Executor workers;
    private final SecureRandom random;
    private final Runnable again;
    private final AtomicBoolean asking = new AtomicBoolean();

    /** Written by whoever is asking, read by whoever wants to know. */
    private volatile List<String> refusals = List.of();

    /** Of whoever is asking. */
    private Duration pause = AGAIN_AFTER;

    /** @param again run when it is time to ask again, if the key is wanted still */
    RootFromPeers(
            SecretsPartition partition,
            String self,
            PeerPolicy policy,
            Clock clock,
            Executor workers,
            SecureRandom random,
            Runnable again) {
        this.partition = partition;
        this.self = self;
        this.policy = policy;
        this.clock = clock;
        this.workers = workers;
        this.random = random;
        this.again = again;
    }

    /** Why they did not give it when they were asked last, a line each. */
    List<String> refusals() {
        return refusals;
    }

    /**
     * Begins to ask; does nothing while it is being asked for.
     *
     * @param accept takes it in, if it is that root key; and says whether it is
     */
    void want(Root root, Predicate<RootKey.InMemory> accept) {
        if (asking.compareAndSet(false, true)) {
            workers.execute(() -> ask(root, accept));
        }
    }

    private void ask(Root root, Predicate<RootKey.InMemory> accept) {
        var reasons = new ArrayList<String>();
        boolean got = false;
        boolean refused = false;
        for (var channel : policy.peers().channels().get()) {
            try {
                var giver = take(root, channel, accept);
                log.info("server {} gave root key {}", giver, root.number());
                got = true;
                break;
            } catch (NotGiven e) {
                refused |= e.isRefusal;
                reasons.add(e.getMessage());
            } catch (RuntimeException e) {
                log.error("another server cannot be asked for root key {}", root.number(), e);
                reasons.add("a server cannot be asked: " + e);
            }
        }
        if (!got && !reasons.equals(refusals)) {
            reasons.forEach(reason -> log.warn("root key {} is not given: {}", root.number(), reason));
        }
        refusals = got ? List.of() : List.copyOf(reasons);
        pause = refused ? longer(pause) : AGAIN_AFTER;
        if (got) {
            asking.set(false);
            again.run();
        } else {
            clock.schedule(pause, () -> {
                asking.set(false);
                workers.execute(again);
            });
        }
    }

    private static Duration longer(Duration pause) {
        var twice = pause.multipliedBy(2);
        return twice.compareTo(REFUSED_AGAIN_MAX) < 0 ? twice : REFUSED_AGAIN_MAX;
    }

    /** Why one server did not give it. */
    private static final class NotGiven extends Exception {
        private final boolean isRefusal;

        NotGiven(String message, boolean isRefusal) {
            super(message, null, false, false);
            this.isRefusal = isRefusal;
        }
    }

    /** @return who gave it */
    private String take(Root root, Channel channel, Predicate<RootKey.InMemory> accept) throws NotGiven {
        var subject = "root key " + root.number();
        try {
            var keys = HandoverTerms.makeKeys();
            var own = HandoverTerms.Side.of(self, keys, random);
            var begun = stub(channel)
                    .begin(BeginHandoverRequest.newBuilder()
                            .setServer(self)
                            .setRoot(root.number())
                            .setNonce(own.nonce())
                            .setKey(own.key())
                            .build());
            var terms = new HandoverTerms(
                    root.number(), own, RootGiving.side(begun.getServer(), begun.getNonce(), begun.getKey()));
            var giver = terms.giver().server();
            var proved = proved(begun.getEvidence(), terms, subject, giver);
            var given = stub(channel)
                    .take(TakeRootRequest.newBuilder()
                            .setHandover(begun.getHandover())
                            .setEvidence(policy.peers().prover().prove(terms.takersChallenge()))
                            .build());
            var key = new RootKey.InMemory(terms.open(keys.getPrivate(), given.getSealed()));
            if (!accept.test(key)) {
                throw new NotGiven("server " + giver + " gave another key than " + subject, true);
            }
            var _ = partition
                    .submit(new SecretsCommand.Note(
                            "take-root", subject, "from server " + giver + ": " + proved, "server/" + self))
                    .whenComplete((_, failure) -> {
                        if (failure != null) {
                            log.debug("that {} came is noted by the one who gave it alone", subject, failure);
                        }
                    });
            return giver;
        } catch (StatusRuntimeException e) {
            throw notGiven(e.getStatus());
        } catch (SecretsProblem | IllegalArgumentException e) {
            throw new NotGiven(String.valueOf(e.getMessage()), true);
        } catch (IOException e) {
            throw new NotGiven("this server cannot prove what it is: " + e.getMessage(), true);
        }
    }

    private String proved(
            dev.plinth.wire.trust.v1.AttestationEvidence evidence, HandoverTerms terms, String subject, String giver) {
        try {
            return policy.demand(evidence, terms.giversChallenge(), subject + ", to be taken", giver);
        } catch (SecretsProblem e) {
            if (e.code() == SecretsProblem.Code.DENIED) {
                var _ = partition
                        .submit(new SecretsCommand.Refuse(subject, String.valueOf(e.getMessage()), "server/" + self))
                        .whenComplete((_, failure) -> {
                            if (failure != null) {
                                log.warn("not in the audit log: {}", e.getMessage());
                            }
                        });
            }
            throw e;
        }
    }

    private static NotGiven notGiven(Status status) {
        var words = Optional.ofNullable(status.getDescription()).orElse("");
        return switch (status.getCode()) {
            case PERMISSION_DENIED, INVALID_ARGUMENT -> new NotGiven(words, true);
            case UNIMPLEMENTED -> new NotGiven("a server has no section secrets.peers", false);
            case UNAVAILABLE, DEADLINE_EXCEEDED -> new NotGiven("a server is not reached", false);
            default -> new NotGiven(words.isEmpty() ? status.getCode().toString() : words, false);
        };
    }

    private static RootKeysGrpc.RootKeysBlockingStub stub(Channel channel) {
        return RootKeysGrpc.newBlockingStub(channel).withDeadlineAfter(ANSWER_MAX.toMillis(), TimeUnit.MILLISECONDS);
    }
}
