package dev.plinth.transactions.door.seata;

import dev.plinth.transactions.Participants;
import dev.plinth.transactions.Peers.NotReached;
import dev.plinth.transactions.PhaseTwo;
import dev.plinth.transactions.TransactionId;
import dev.plinth.transactions.Xid;
import dev.plinth.wire.seata.BranchType;
import dev.plinth.wire.seata.SeataFrame;
import dev.plinth.wire.seata.SeataMessage;
import dev.plinth.wire.seata.SeataMessage.BranchEndResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Reaches resource managers over the channels that they opened to this process's Seata door.
 *
 * <p>Made before the coordinator, which needs it to perform phase two; until the door is open nobody is connected, and every attempt
 * fails and is tried again.
 */
public final class SeataParticipants implements Participants {
    /*
     * Who is asked: the client that registered the branch, if its channel still lives; else the same application on the same host
     * (it reconnected, or restarted); else the same application elsewhere; and for AT, whose phase two needs nothing but the
     * database, any application that serves it. A TCC resource is a name that two applications may have given to different things,
     * so another application is never asked about it. That is Seata's rule too.
     *
     * The client that registered the branch is found by its name; only if it is gone, the others are looked through. Among equals
     * the turn goes round, so that the next attempt meets another client.
     *
     * An answer is paired by our request id, and must name the same XID and branch: ids start anew with the process, and a client
     * may still be answering its predecessor. It may come over another channel than the question, as a client that reconnected
     * answers over its new one.
     */
    /** As Seata's server: after it the attempt counts as failed, and its answer is not waited for. */
    static final Duration ANSWER_MAX_DEFAULT = Duration.ofSeconds(15);

    private record Pending(
            PhaseTwo phaseTwo,
            String xid,
            ClientConnection connection,
            CompletableFuture<Answer> answer,
            long deadlineNanos) {}

    /** One client as the server of one resource. */
    private record Serving(String resourceId, String clientId) {}

    private final Duration answerMax;
    private final Map<String, List<ClientConnection>> byResource = new ConcurrentHashMap<>();
    private final Map<Serving, ClientConnection> byClient = new ConcurrentHashMap<>();
    private final Map<Integer, Pending> pending = new ConcurrentHashMap<>();
    private final AtomicInteger requestIds = new AtomicInteger();
    private final AtomicInteger turns = new AtomicInteger();

    /** Set when the door opens, before the first client can be there; read on the engine's thread. */
    private volatile @Nullable Function<TransactionId, Xid> xids;

    public SeataParticipants() {
        this(ANSWER_MAX_DEFAULT);
    }

    /** @param answerMax how long a resource manager may take to answer one attempt */
    SeataParticipants(Duration answerMax) {
        this.answerMax = answerMax;
    }

    void opened(Function<TransactionId, Xid> names) {
        xids = names;
    }

    /** From now on this connection serves these resources too. */
    void serves(ClientConnection connection, Set<String> resources) {
        for (String resource : resources) {
            connection.client().ifPresent(client -> byClient.put(new Serving(resource, client.id()), connection));
            byResource.compute(resource, (_, serving) -> {
                if (serving == null) {
                    return List.of(connection);
                }
                if (serving.contains(connection)) {
                    return serving;
                }
                var more = new ArrayList<>(serving);
                more.add(connection);
                return List.copyOf(more);
            });
        }
    }

    /** Whether a client that is connected here serves this resource. */
    boolean serves(String resource) {
        return byResource.containsKey(resource);
    }

    /** The connection is closed: nobody is asked over it any more, and what was asked over it will not be answered. */
    void gone(ClientConnection connection, Set<String> resources) {
        for (String resource : resources) {
            connection.client().ifPresent(client -> byClient.remove(new Serving(resource, client.id()), connection));
            byResource.computeIfPresent(resource, (_, serving) -> {
                var left = serving.stream().filter(one -> one != connection).toList();
                return left.isEmpty() ? null : left;
            });
        }
        pending.forEach((id, waiting) -> {
            if (waiting.connection == connection) {
                fail(id, "the connection was closed before the answer");
            }
        });
    }

    /** Asks one client of each resource to delete undo records that are older than this; nobody waits for it. */
    void deleteUndoLogs(int saveDays) {
        byResource.forEach((resource, serving) -> serving.getFirst()
                .send(SeataFrame.oneWay(
                        requestIds.incrementAndGet(),
                        new SeataMessage.UndoLogDeleteRequest(BranchType.AT, resource, saveDays))));
    }

    @Override
    public boolean reaches(PhaseTwo phaseTwo) {
        return choose(phaseTwo).isPresent();
    }

    @Override
    public CompletableFuture<Answer> perform(PhaseTwo phaseTwo) {
        var names = xids;
        var chosen = choose(phaseTwo);
        if (names == null || chosen.isEmpty()) {
            return CompletableFuture.failedFuture(
                    new NotReached("no client that serves " + phaseTwo.resourceId() + " is connected"));
        }
        var connection = chosen.get();
        if (!connection.writable()) {
            return CompletableFuture.failedFuture(
                    new NotReached("the client does not read what it was sent, and too much waits for it"));
        }
        String xid = (phaseTwo.xidAddress().isEmpty()
                        ? names.apply(phaseTwo.transaction()).address()
                        : phaseTwo.xidAddress())
                + ":" + phaseTwo.transaction();
        var answer = new CompletableFuture<Answer>();
        int id = requestIds.incrementAndGet();
        pending.put(id, new Pending(phaseTwo, xid, connection, answer, System.nanoTime() + answerMax.toNanos()));
        connection.send(
                SeataFrame.request(id, message(phaseTwo, xid)),
                failure -> failure.ifPresent(why -> fail(id, "the request could not be sent: " + why)));
        if (!connection.open()) {
            // It may have closed before the attempt was noted, and so without failing it.
            fail(id, "the connection was closed");
        }
        return answer;
    }

    /** How often {@link #giveUp} is to be called: an attempt waits a sixteenth longer at most. */
    Duration giveUpPeriod() {
        return Duration.ofNanos(Math.max(answerMax.toNanos() / 16, 1_000_000));
    }

    /*
     * Nearly all attempts are answered in a moment: an alarm for each of them would be set and cancelled for nothing, and costs more
     * than the look through what waits.
     */
    /** Fails the attempts that have waited long enough. */
    void giveUp() {
        long now = System.nanoTime();
        pending.forEach((id, waiting) -> {
            if (now - waiting.deadlineNanos >= 0) {
                fail(id, "no answer within " + answerMax.toMillis() + " ms");
            }
        });
    }

    /** A resource manager's answer; one that nobody waits for changes nothing. */
    void answered(int requestId, BranchEndResponse response) {
        var waiting = pending.get(requestId);
        if (waiting == null || !answers(response, waiting)) {
            return;
        }
        pending.remove(requestId);
        waiting.answer.complete(
                new Answer(response.branchStatus(), response.result().message()));
    }

    private static boolean answers(BranchEndResponse response, Pending waiting) {
        boolean sameDirection = switch (response) {
            case SeataMessage.BranchCommitResponse _ -> waiting.phaseTwo.direction() == PhaseTwo.Direction.COMMIT;
            case SeataMessage.BranchRollbackResponse _ -> waiting.phaseTwo.direction() == PhaseTwo.Direction.ROLLBACK;
        };
        return sameDirection
                && response.branchId() == waiting.phaseTwo.branchId()
                && response.xid().equals(waiting.xid);
    }

    private void fail(int requestId, String why) {
        var waiting = pending.remove(requestId);
        if (waiting != null) {
            waiting.answer.completeExceptionally(new NotReached(why));
        }
    }

    private static SeataMessage message(PhaseTwo phaseTwo, String xid) {
        return switch (phaseTwo.direction()) {
            case COMMIT ->
                new SeataMessage.BranchCommitRequest(
                        xid, phaseTwo.branchId(), phaseTwo.type(), phaseTwo.resourceId(), phaseTwo.applicationData());
            case ROLLBACK ->
                new SeataMessage.BranchRollbackRequest(
                        xid, phaseTwo.branchId(), phaseTwo.type(), phaseTwo.resourceId(), phaseTwo.applicationData());
        };
    }

    private Optional<ClientConnection> choose(PhaseTwo phaseTwo) {
        String id = phaseTwo.clientId();
        var itself = byClient.get(new Serving(phaseTwo.resourceId(), id));
        if (itself != null && itself.open()) {
            return Optional.of(itself);
        }
        var serving = byResource.getOrDefault(phaseTwo.resourceId(), List.of());
        return pick(serving, client -> id.startsWith(client.applicationOnHost()))
                .or(() -> pick(serving, client -> id.startsWith(client.applicationId() + ":")))
                .or(() -> anyoneWillDo(phaseTwo) ? pick(serving, _ -> true) : Optional.empty());
    }

    private static boolean anyoneWillDo(PhaseTwo phaseTwo) {
        return phaseTwo.type() == BranchType.AT || phaseTwo.branchId() == PhaseTwo.WHOLE_SAGA;
    }

    private Optional<ClientConnection> pick(List<ClientConnection> serving, Predicate<Client> wanted) {
        var candidates = serving.stream()
                .filter(connection ->
                        connection.open() && connection.client().filter(wanted).isPresent())
                .toList();
        return candidates.isEmpty()
                ? Optional.empty()
                : Optional.of(candidates.get(Math.floorMod(turns.getAndIncrement(), candidates.size())));
    }
}
