package dev.plinth.cli;

import dev.plinth.wire.transactions.v1.DecideRowsRequest;
import dev.plinth.wire.transactions.v1.DecideRowsRequest.Decision;
import dev.plinth.wire.transactions.v1.ForceRequest;
import dev.plinth.wire.transactions.v1.ForceRequest.Direction;
import dev.plinth.wire.transactions.v1.GetTransactionRequest;
import dev.plinth.wire.transactions.v1.GlobalStatus;
import dev.plinth.wire.transactions.v1.SettleRequest;
import dev.plinth.wire.transactions.v1.TransactionsGrpc;
import dev.plinth.wire.transactions.v1.TransactionsGrpc.TransactionsBlockingStub;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/**
 * {@code plinth transactions force-commit | force-rollback | settle | keep | restore | retry XID --reason TEXT}: what only a person may decide. Name and reason
 * stay in the transaction's timeline.
 */
final class ForceCommands {
    private ForceCommands() {}

    /** What all of them want to know. */
    abstract static class Deed implements Callable<Integer> {
        @Parameters(paramLabel = "XID", description = "host:port:id")
        String xid = "";

        @Option(names = "--reason", required = true, paramLabel = "TEXT", description = "Why; kept for ever.")
        String reason = "";

        @Option(
                names = "--by",
                paramLabel = "NAME",
                description = "Who does it; kept for ever. Default: ${DEFAULT-VALUE}",
                defaultValue = "${sys:user.name}")
        String by = "";

        @Mixin
        private Connection connection = new Connection();

        @Spec
        @SuppressWarnings("NullAway.Init") // picocli sets it before call()
        private CommandSpec spec;

        abstract GlobalStatus done(TransactionsBlockingStub transactions);

        @Override
        public Integer call() throws InterruptedException {
            var status = connection.ask(channel -> done(TransactionsGrpc.newBlockingStub(channel)
                    .withDeadlineAfter(Connection.ANSWER_MAX.toMillis(), TimeUnit.MILLISECONDS)));
            spec.commandLine().getOut().println(xid + " is " + status);
            return 0;
        }

        final GlobalStatus force(TransactionsBlockingStub transactions, Direction direction) {
            return transactions
                    .force(ForceRequest.newBuilder()
                            .setXid(xid)
                            .setDirection(direction)
                            .setOperator(by)
                            .setReason(reason)
                            .build())
                    .getStatus();
        }
    }

    @Command(
            name = "force-commit",
            description =
                    "Commits a transaction that its application does not decide, or has it committed again at once.",
            mixinStandardHelpOptions = true)
    static final class Commit extends Deed {
        @Override
        GlobalStatus done(TransactionsBlockingStub transactions) {
            return force(transactions, Direction.COMMIT);
        }
    }

    @Command(
            name = "force-rollback",
            description =
                    "Rolls back a transaction that its application does not decide, or tries again what could not be undone.",
            mixinStandardHelpOptions = true)
    static final class Rollback extends Deed {
        @Override
        GlobalStatus done(TransactionsBlockingStub transactions) {
            return force(transactions, Direction.ROLLBACK);
        }
    }

    @Command(
            name = "retry",
            description = "Asks once more for what could not be undone, such as after rows were put right by hand.",
            mixinStandardHelpOptions = true)
    static final class Retry extends Deed {
        @Override
        GlobalStatus done(TransactionsBlockingStub transactions) {
            return force(transactions, Direction.ROLLBACK);
        }
    }

    /** A decision about rows that were changed behind a branch's back. */
    abstract static class Rows extends Deed {
        @Option(
                names = "--seen",
                split = ",",
                paramLabel = "FINGERPRINT",
                description =
                        "Only these rows, as `plinth transactions XID` shows them. Default: all that are reported now.")
        private List<String> seen = List.of();

        final GlobalStatus decide(TransactionsBlockingStub transactions, Decision decision) {
            var request = DecideRowsRequest.newBuilder()
                    .setXid(xid)
                    .setDecision(decision)
                    .setOperator(by)
                    .setReason(reason);
            if (seen.isEmpty()) {
                var shown = transactions.getTransaction(
                        GetTransactionRequest.newBuilder().setXid(xid).build());
                DirtyRows.of(shown).forEach(row -> request.addSeen(row.fingerprint()));
            } else {
                request.addAllSeen(seen);
            }
            return transactions.decideRows(request.build()).getStatus();
        }
    }

    @Command(
            name = "keep",
            description =
                    "Leaves rows that were changed behind a branch's back as they are, and undoes the rest of it.",
            mixinStandardHelpOptions = true)
    static final class Keep extends Rows {
        @Override
        GlobalStatus done(TransactionsBlockingStub transactions) {
            return decide(transactions, Decision.KEEP);
        }
    }

    @Command(
            name = "restore",
            description =
                    "Makes rows that were changed behind a branch's back what they were before it, and undoes the rest of it.",
            mixinStandardHelpOptions = true)
    static final class Restore extends Rows {
        @Override
        GlobalStatus done(TransactionsBlockingStub transactions) {
            return decide(transactions, Decision.RESTORE);
        }
    }

    @Command(
            name = "settle",
            description =
                    "Ends a transaction whose rollback failed, after its rows were put right: their locks are released.",
            mixinStandardHelpOptions = true)
    static final class Settle extends Deed {
        @Override
        GlobalStatus done(TransactionsBlockingStub transactions) {
            return transactions
                    .settle(SettleRequest.newBuilder()
                            .setXid(xid)
                            .setOperator(by)
                            .setReason(reason)
                            .build())
                    .getStatus();
        }
    }
}
