package dev.plinth.server;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.plinth.server.console.BranchStatus;
import dev.plinth.server.console.Decision;
import dev.plinth.server.console.TransactionDetail;
import dev.plinth.server.console.TransactionPage;
import dev.plinth.server.console.TransactionQuery;
import dev.plinth.server.console.TransactionStatus;
import dev.plinth.server.console.TransactionSummary;
import dev.plinth.transactions.BranchView;
import dev.plinth.transactions.Command;
import dev.plinth.transactions.Coordinator;
import dev.plinth.transactions.LockKey;
import dev.plinth.transactions.Outcome;
import dev.plinth.transactions.PhaseTwo;
import dev.plinth.transactions.TimelineEvent;
import dev.plinth.transactions.TransactionFilter;
import dev.plinth.transactions.TransactionId;
import dev.plinth.transactions.TransactionView;
import dev.plinth.transactions.Xid;
import dev.plinth.wire.seata.BranchType;
import dev.plinth.wire.seata.GlobalStatus;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.function.Function;

/** The coordinator's transactions as the console shows them: Seata's many statuses drawn together to what a person asks. */
final class TransactionsView {
    private static final ObjectMapper JSON = new ObjectMapper();

    private final Coordinator coordinator;
    private final Function<TransactionId, Xid> xids;

    TransactionsView(Coordinator coordinator, Function<TransactionId, Xid> xids) {
        this.coordinator = coordinator;
        this.xids = xids;
    }

    /** Reads one page; blocks. */
    TransactionPage page(TransactionQuery query) {
        var filter = new TransactionFilter(Set.of(), query.text());
        var from = query.after().map(TransactionsView::position).orElse(OptionalLong.empty());
        var page = switch (query.state()) {
            case LIVE -> coordinator.live(filter, from, query.limit()).join();
            case RECENT -> coordinator.recent(filter, from, query.limit()).join();
        };
        return new TransactionPage(
                page.transactions().stream().map(this::summary).toList(),
                page.next().isPresent() ? Optional.of(Long.toString(page.next().getAsLong())) : Optional.empty());
    }

    private static OptionalLong position(String after) {
        try {
            return OptionalLong.of(Long.parseLong(after));
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException("after: expected the next of the page before, not '" + after + "'", e);
        }
    }

    /** Everything about one; blocks. Empty if nothing is known of it, or the text is no XID. */
    Optional<TransactionDetail> detail(String xid) {
        Xid parsed;
        try {
            parsed = Xid.parse(xid);
        } catch (IllegalArgumentException e) {
            return Optional.empty();
        }
        return coordinator.get(parsed.id()).join().map(this::detail);
    }

    /** Does what a person decided; blocks. */
    Decision.Outcome decide(String xid, Decision decision) {
        Xid parsed;
        try {
            parsed = Xid.parse(xid);
        } catch (IllegalArgumentException e) {
            return Decision.Outcome.UNKNOWN_TRANSACTION;
        }
        if (coordinator.get(parsed.id()).join().isEmpty()) {
            return Decision.Outcome.UNKNOWN_TRANSACTION;
        }
        var audit = Command.Audit.of(decision.operator(), decision.reason());
        return switch (decision.deed()) {
            case COMMIT -> force(parsed, PhaseTwo.Direction.COMMIT, audit);
            case ROLLBACK -> force(parsed, PhaseTwo.Direction.ROLLBACK, audit);
            case KEEP -> decideRows(parsed, Command.RowDecision.KEEP, decision, audit);
            case RESTORE -> decideRows(parsed, Command.RowDecision.RESTORE, decision, audit);
            case SETTLE -> {
                coordinator.settle(parsed.id(), audit).join();
                yield Decision.Outcome.DONE;
            }
        };
    }

    private Decision.Outcome force(Xid xid, PhaseTwo.Direction direction, Command.Audit audit) {
        return coordinator.force(xid.id(), direction, audit).join().isPresent()
                ? Decision.Outcome.DONE
                : Decision.Outcome.GOES_OTHER_WAY;
    }

    private Decision.Outcome decideRows(Xid xid, Command.RowDecision what, Decision decision, Command.Audit audit) {
        var decide = new Command.DecideRows(xid.id(), what, String.join(",", decision.seen()), audit);
        return switch (coordinator.decideRows(decide).join()) {
            case Outcome.Decided _ -> Decision.Outcome.DONE;
            case Outcome.NoRows _ -> Decision.Outcome.NO_ROWS;
            case Outcome.GoesOtherWay _ -> Decision.Outcome.GOES_OTHER_WAY;
            case Outcome.NotFound _ -> Decision.Outcome.UNKNOWN_TRANSACTION;
        };
    }

    private TransactionSummary summary(TransactionView view) {
        return new TransactionSummary(
                xids.apply(view.id()).toString(),
                view.name(),
                status(view.status()),
                view.applicationId(),
                view.begun(),
                view.ended(),
                view.branches().size(),
                coordinator.partitions().cell(view.id()));
    }

    private TransactionDetail detail(TransactionView view) {
        return new TransactionDetail(
                summary(view),
                view.timeout().toMillis(),
                view.branches().stream().map(branch -> branch(view, branch)).toList(),
                view.timeline().stream().map(TransactionsView::event).toList());
    }

    private static TransactionDetail.Branch branch(TransactionView view, BranchView branch) {
        var events = view.timeline().stream()
                .filter(event -> event.branchId() == branch.id())
                .toList();
        return new TransactionDetail.Branch(
                Long.toString(branch.id()),
                branch.resourceId(),
                switch (branch.type()) {
                    case AT -> TransactionDetail.BranchKind.AT;
                    case TCC -> TransactionDetail.BranchKind.TCC;
                    case SAGA, SAGA_ANNOTATION -> TransactionDetail.BranchKind.SAGA;
                    case XA -> TransactionDetail.BranchKind.XA;
                },
                status(branch),
                "",
                branch.clientId(),
                events.stream()
                        .filter(event -> event.kind() == TimelineEvent.Kind.BRANCH_REGISTERED)
                        .findFirst()
                        .map(TimelineEvent::at)
                        .orElse(view.begun()),
                events.stream()
                        .filter(event -> event.kind() == TimelineEvent.Kind.BRANCH_COMMITTED
                                || event.kind() == TimelineEvent.Kind.BRANCH_ROLLED_BACK)
                        .findFirst()
                        .map(TimelineEvent::at),
                branch.lockKeys().stream().map(LockKey::toString).toList(),
                step(branch),
                branch.rows());
    }

    /** What a participant wrote is not ours: what cannot be read names no step. */
    private static String step(BranchView branch) {
        if (branch.type() != BranchType.SAGA || branch.applicationData().isEmpty()) {
            return "";
        }
        try {
            return JSON.readTree(branch.applicationData()).path("step").asText("");
        } catch (JsonProcessingException e) {
            return "";
        }
    }

    private static TransactionDetail.Event event(TimelineEvent event) {
        return new TransactionDetail.Event(
                event.at(),
                switch (event.kind()) {
                    case BEGUN -> TransactionDetail.EventKind.BEGUN;
                    case BRANCH_REGISTERED -> TransactionDetail.EventKind.BRANCH_REGISTERED;
                    case BRANCH_REPORTED, STATUS_REPORTED -> TransactionDetail.EventKind.BRANCH_REPORTED;
                    case COMMIT_DECIDED -> TransactionDetail.EventKind.COMMIT_DECIDED;
                    case ROLLBACK_DECIDED -> TransactionDetail.EventKind.ROLLBACK_DECIDED;
                    case TIMED_OUT -> TransactionDetail.EventKind.TIMED_OUT;
                    case BRANCH_COMMITTED -> TransactionDetail.EventKind.BRANCH_COMMITTED;
                    case BRANCH_ROLLED_BACK -> TransactionDetail.EventKind.BRANCH_ROLLED_BACK;
                    case ATTEMPT_FAILED, BRANCH_FAILED -> TransactionDetail.EventKind.PHASE_TWO_FAILED;
                    case SETTLED -> TransactionDetail.EventKind.SETTLED;
                    case COMMIT_FORCED -> TransactionDetail.EventKind.COMMIT_FORCED;
                    case ROLLBACK_FORCED -> TransactionDetail.EventKind.ROLLBACK_FORCED;
                    case ROWS_KEPT -> TransactionDetail.EventKind.ROWS_KEPT;
                    case ROWS_RESTORED -> TransactionDetail.EventKind.ROWS_RESTORED;
                    case ENDED -> TransactionDetail.EventKind.ENDED;
                },
                event.branchId() == 0 ? Optional.empty() : Optional.of(Long.toString(event.branchId())),
                event.note());
    }

    private static TransactionStatus status(GlobalStatus status) {
        return switch (status) {
            case UNKNOWN, BEGIN -> TransactionStatus.ACTIVE;
            case COMMITTING, COMMIT_RETRYING, ASYNC_COMMITTING, STOP_COMMIT_OR_COMMIT_RETRY ->
                TransactionStatus.COMMITTING;
            case COMMITTED -> TransactionStatus.COMMITTED;
            case ROLLBACKING, ROLLBACK_RETRYING, STOP_ROLLBACK_OR_ROLLBACK_RETRY -> TransactionStatus.ROLLING_BACK;
            case ROLLBACKED -> TransactionStatus.ROLLED_BACK;
            case TIMEOUT_ROLLBACKING, TIMEOUT_ROLLBACK_RETRYING -> TransactionStatus.TIMEOUT_ROLLING_BACK;
            case TIMEOUT_ROLLBACKED -> TransactionStatus.TIMED_OUT;
            case COMMIT_FAILED,
                    ROLLBACK_FAILED,
                    TIMEOUT_ROLLBACK_FAILED,
                    COMMIT_RETRY_TIMEOUT,
                    ROLLBACK_RETRY_TIMEOUT -> TransactionStatus.FAILED;
            case FINISHED, DELETING -> TransactionStatus.COMMITTED;
        };
    }

    private static BranchStatus status(BranchView branch) {
        return switch (branch.status()) {
            case UNKNOWN, REGISTERED -> branch.attempts() > 0 ? BranchStatus.RETRYING : BranchStatus.REGISTERED;
            case PHASE_ONE_DONE, PHASE_ONE_RDONLY ->
                branch.attempts() > 0 ? BranchStatus.RETRYING : BranchStatus.PREPARED;
            case PHASE_ONE_FAILED, PHASE_ONE_TIMEOUT -> BranchStatus.PREPARE_FAILED;
            case PHASE_TWO_COMMITTED -> BranchStatus.COMMITTED;
            case PHASE_TWO_ROLLBACKED -> BranchStatus.ROLLED_BACK;
            case PHASE_TWO_COMMIT_FAILED_RETRYABLE,
                    PHASE_TWO_ROLLBACK_FAILED_RETRYABLE,
                    PHASE_TWO_COMMIT_FAILED_XAER_NOTA_RETRYABLE,
                    PHASE_TWO_ROLLBACK_FAILED_XAER_NOTA_RETRYABLE -> BranchStatus.RETRYING;
            case PHASE_TWO_COMMIT_FAILED_UNRETRYABLE, PHASE_TWO_ROLLBACK_FAILED_UNRETRYABLE, STOP_RETRY ->
                BranchStatus.FAILED;
        };
    }
}
