package dev.plinth.transactions.door.grpc;

import com.google.protobuf.Duration;
import com.google.protobuf.Timestamp;
import dev.plinth.transactions.BranchView;
import dev.plinth.transactions.Command;
import dev.plinth.transactions.PhaseTwo;
import dev.plinth.transactions.TimelineEvent;
import dev.plinth.transactions.TransactionCounts;
import dev.plinth.transactions.TransactionFilter;
import dev.plinth.transactions.TransactionId;
import dev.plinth.transactions.TransactionLimits;
import dev.plinth.transactions.TransactionPage;
import dev.plinth.transactions.TransactionPulse;
import dev.plinth.transactions.TransactionView;
import dev.plinth.transactions.Xid;
import dev.plinth.wire.transactions.v1.Branch;
import dev.plinth.wire.transactions.v1.DecideRowsRequest;
import dev.plinth.wire.transactions.v1.Event;
import dev.plinth.wire.transactions.v1.ForceRequest;
import dev.plinth.wire.transactions.v1.GlobalStatus;
import dev.plinth.wire.transactions.v1.ListTransactionsRequest;
import dev.plinth.wire.transactions.v1.ListTransactionsResponse;
import dev.plinth.wire.transactions.v1.LockKey;
import dev.plinth.wire.transactions.v1.Pulse;
import dev.plinth.wire.transactions.v1.PulseSecond;
import dev.plinth.wire.transactions.v1.Transaction;
import dev.plinth.wire.transactions.v1.TransactionSummary;
import java.time.Instant;
import java.util.EnumSet;
import java.util.List;
import java.util.OptionalLong;
import java.util.function.Function;

/** Turns messages into what the coordinator takes, and its views into messages. What is not sound is an IllegalArgumentException. */
final class Messages {
    /** Lock keys of one transaction that a message names, for a message has its limit too. */
    static final int LOCK_KEYS_MAX = 1_000;

    private final Function<TransactionId, Xid> xids;
    private final Function<TransactionId, String> cells;

    Messages(Function<TransactionId, Xid> xids, Function<TransactionId, String> cells) {
        this.xids = xids;
        this.cells = cells;
    }

    static TransactionFilter filter(ListTransactionsRequest request) {
        var statuses = EnumSet.noneOf(dev.plinth.wire.seata.GlobalStatus.class);
        for (GlobalStatus status : request.getStatusesList()) {
            if (status == GlobalStatus.GLOBAL_STATUS_UNSPECIFIED || status == GlobalStatus.UNRECOGNIZED) {
                throw new IllegalArgumentException("statuses holds " + status + ": expected one that is listed");
            }
            statuses.add(dev.plinth.wire.seata.GlobalStatus.valueOf(status.name()));
        }
        if (request.getText().length() > TransactionFilter.TEXT_CHARS_MAX) {
            throw new IllegalArgumentException("text has " + request.getText().length()
                    + " characters: expected at most " + TransactionFilter.TEXT_CHARS_MAX);
        }
        return new TransactionFilter(statuses, request.getText());
    }

    static int limit(int limit) {
        if (limit < 1 || limit > TransactionLimits.PAGE_MAX) {
            throw new IllegalArgumentException("limit is " + Integer.toUnsignedString(limit) + ": expected 1 to "
                    + TransactionLimits.PAGE_MAX + ", or 0 for 100");
        }
        return limit;
    }

    static OptionalLong pageToken(String token) {
        if (token.isEmpty()) {
            return OptionalLong.empty();
        }
        try {
            return OptionalLong.of(Long.parseLong(token));
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException(
                    "page_token is '" + token + "': expected the next_page_token of a page, or nothing", e);
        }
    }

    static TransactionId id(String xid) {
        try {
            return Xid.parse(xid).id();
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException("xid: " + e.getMessage(), e);
        }
    }

    static PhaseTwo.Direction direction(ForceRequest.Direction direction) {
        return switch (direction) {
            case COMMIT -> PhaseTwo.Direction.COMMIT;
            case ROLLBACK -> PhaseTwo.Direction.ROLLBACK;
            case DIRECTION_UNSPECIFIED, UNRECOGNIZED ->
                throw new IllegalArgumentException("direction: expected COMMIT or ROLLBACK");
        };
    }

    static Command.RowDecision decision(DecideRowsRequest.Decision decision) {
        return switch (decision) {
            case KEEP -> Command.RowDecision.KEEP;
            case RESTORE -> Command.RowDecision.RESTORE;
            case DECISION_UNSPECIFIED, UNRECOGNIZED ->
                throw new IllegalArgumentException("decision: expected KEEP or RESTORE");
        };
    }

    static GlobalStatus status(dev.plinth.wire.seata.GlobalStatus status) {
        return GlobalStatus.valueOf(status.name());
    }

    ListTransactionsResponse page(TransactionPage page) {
        var response = ListTransactionsResponse.newBuilder();
        page.transactions().forEach(view -> response.addTransactions(summary(view)));
        page.next().ifPresent(next -> response.setNextPageToken(Long.toString(next)));
        return response.build();
    }

    private TransactionSummary summary(TransactionView view) {
        var summary = TransactionSummary.newBuilder()
                .setXid(xids.apply(view.id()).toString())
                .setName(view.name())
                .setApplication(view.applicationId())
                .setServiceGroup(view.serviceGroup())
                .setStatus(status(view.status()))
                .setBegun(timestamp(view.begun()))
                .setBranches(view.branches().size())
                .setCell(cells.apply(view.id()));
        view.ended().ifPresent(ended -> summary.setEnded(timestamp(ended)));
        return summary.build();
    }

    Transaction transaction(TransactionView view) {
        var message = Transaction.newBuilder()
                .setSummary(summary(view))
                .setTimeout(Duration.newBuilder()
                        .setSeconds(view.timeout().toSeconds())
                        .setNanos(view.timeout().toNanosPart()));
        int keysLeft = LOCK_KEYS_MAX;
        for (BranchView branch : view.branches()) {
            var keys = branch.lockKeys().stream().limit(keysLeft).toList();
            keysLeft -= keys.size();
            message.addBranches(branch(branch, keys));
        }
        view.timeline().forEach(event -> message.addTimeline(event(event)));
        return message.build();
    }

    private static Branch branch(BranchView view, List<dev.plinth.transactions.LockKey> keys) {
        var branch = Branch.newBuilder()
                .setId(view.id())
                .setType(Branch.Type.valueOf(view.type().name()))
                .setResource(view.resourceId())
                .setClient(view.clientId())
                .setStatus(Branch.Status.valueOf(view.status().name()))
                .setAttempts(view.attempts())
                .setRows(view.rows());
        keys.forEach(key ->
                branch.addLockKeys(LockKey.newBuilder().setTable(key.table()).setPrimaryKey(key.primaryKey())));
        return branch.build();
    }

    private static Event event(TimelineEvent event) {
        return Event.newBuilder()
                .setAt(timestamp(event.at()))
                .setKind(Event.Kind.valueOf(event.kind().name()))
                .setBranch(event.branchId())
                .setNote(event.note())
                .build();
    }

    static Pulse pulse(TransactionCounts counts, List<TransactionPulse> seconds) {
        var pulse = Pulse.newBuilder()
                .setLive(counts.live())
                .setUnsettled(counts.unsettled())
                .setLocks(counts.locks());
        for (TransactionPulse second : seconds) {
            pulse.addSeconds(PulseSecond.newBuilder()
                    .setSecond(timestamp(second.second()))
                    .setBegun(second.begun())
                    .setCommitted(second.committed())
                    .setRolledBack(second.rolledBack())
                    .setP50Micros(second.p50Micros())
                    .setP99Micros(second.p99Micros())
                    .setMaxMicros(second.maxMicros()));
        }
        return pulse.build();
    }

    private static Timestamp timestamp(Instant instant) {
        return Timestamp.newBuilder()
                .setSeconds(instant.getEpochSecond())
                .setNanos(instant.getNano())
                .build();
    }
}
