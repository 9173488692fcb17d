package dev.plinth.cli;

import dev.plinth.wire.transactions.v1.ForceRequest;
import dev.plinth.wire.transactions.v1.ForceRequest.Direction;
import dev.plinth.wire.transactions.v1.GlobalStatus;
import dev.plinth.wire.transactions.v1.SettleRequest;
import dev.plinth.wire.transactions.v1.TransactionsGrpc;
import dev.plinth.wire.transactions.v1.TransactionsGrpc.TransactionsBlockingStub;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/**
 * {@code plinth transactions force-commit | force-rollback | settle XID --reason TEXT}: what only a person may decide. Name and reason
 * stay in the transaction's timeline.
 */
final class ForceCommands {
    private ForceCommands() {}

    /** What all three want to know. */
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
