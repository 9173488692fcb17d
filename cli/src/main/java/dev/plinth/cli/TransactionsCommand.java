package dev.plinth.cli;

import com.google.protobuf.Timestamp;
import dev.plinth.wire.transactions.v1.GetTransactionRequest;
import dev.plinth.wire.transactions.v1.ListTransactionsRequest;
import dev.plinth.wire.transactions.v1.Transaction;
import dev.plinth.wire.transactions.v1.TransactionSummary;
import dev.plinth.wire.transactions.v1.TransactionsGrpc;
import io.grpc.ManagedChannel;
import java.io.PrintWriter;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code plinth transactions}: those that live, those that ended, and everything about one. */
@Command(
        name = "transactions",
        description =
                "Lists global transactions, or shows one with its branches and what happened to it; decides for one that hangs.",
        mixinStandardHelpOptions = true,
        subcommands = {
            ForceCommands.Commit.class,
            ForceCommands.Rollback.class,
            ForceCommands.Settle.class,
            ForceCommands.Keep.class,
            ForceCommands.Restore.class,
            ForceCommands.Retry.class
        })
final class TransactionsCommand implements Callable<Integer> {
    private static final int LIMIT_MAX = 10_000;
    private static final int PAGE = 1_000;

    @Parameters(arity = "0..1", paramLabel = "XID", description = "Show this one.")
    private String xid = "";

    @Option(names = "--live", description = "Those that have not ended. Default: those that ended.")
    private boolean live;

    @Option(names = "--search", paramLabel = "TEXT", description = "A part of XID, name, application or status.")
    private String search = "";

    @Option(
            names = "--limit",
            paramLabel = "N",
            description = "At most so many, the newest first. Default: ${DEFAULT-VALUE}",
            defaultValue = "20")
    private int limit;

    @Mixin
    private Connection connection = new Connection();

    @Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it before call()
    private CommandSpec spec;

    @Override
    public Integer call() throws InterruptedException {
        if (limit < 1 || limit > LIMIT_MAX) {
            throw new ParameterException(
                    spec.commandLine(), "--limit: expected 1 to " + LIMIT_MAX + ", found " + limit);
        }
        PrintWriter out = spec.commandLine().getOut();
        if (xid.isEmpty()) {
            list(out, connection.ask(this::summaries));
        } else {
            show(
                    out,
                    connection.ask(channel -> stub(channel)
                            .getTransaction(GetTransactionRequest.newBuilder()
                                    .setXid(xid)
                                    .build())));
        }
        return 0;
    }

    private static TransactionsGrpc.TransactionsBlockingStub stub(ManagedChannel channel) {
        return TransactionsGrpc.newBlockingStub(channel)
                .withDeadlineAfter(Connection.ANSWER_MAX.toMillis(), TimeUnit.MILLISECONDS);
    }

    private List<TransactionSummary> summaries(ManagedChannel channel) {
        List<TransactionSummary> found = new ArrayList<>();
        var request = ListTransactionsRequest.newBuilder().setText(search);
        do {
            request.setLimit(Math.min(PAGE, limit - found.size()));
            var page = live
                    ? stub(channel).listLive(request.build())
                    : stub(channel).listRecent(request.build());
            found.addAll(page.getTransactionsList());
            request.setPageToken(page.getNextPageToken());
        } while (found.size() < limit && !request.getPageToken().isEmpty());
        return found;
    }

    private void list(PrintWriter out, List<TransactionSummary> found) {
        if (found.isEmpty()) {
            out.println(live ? "No transaction is under way." : "No transaction has ended yet.");
            return;
        }
        boolean cells = found.stream().anyMatch(summary -> !summary.getCell().isEmpty());
        var table = cells
                ? new Table("XID", "CELL", "STATUS", "NAME", "APPLICATION", "BRANCHES", "BEGUN", "TOOK")
                : new Table("XID", "STATUS", "NAME", "APPLICATION", "BRANCHES", "BEGUN", "TOOK");
        for (var summary : found) {
            List<String> row = new ArrayList<>(List.of(
                    summary.getXid(),
                    summary.getStatus().name(),
                    summary.getName(),
                    summary.getApplication(),
                    Integer.toString(summary.getBranches()),
                    instant(summary.getBegun()).toString(),
                    took(summary)));
            if (cells) {
                row.add(1, summary.getCell());
            }
            table.row(row.toArray(String[]::new));
        }
        table.print(out);
    }

    private static void show(PrintWriter out, Transaction transaction) {
        var summary = transaction.getSummary();
        out.printf(
                "%s  %s%s  %s by %s, begun %s, took %s, time-out %d s%n",
                summary.getXid(),
                summary.getCell().isEmpty() ? "" : "in " + summary.getCell() + "  ",
                summary.getStatus(),
                summary.getName(),
                summary.getApplication(),
                instant(summary.getBegun()),
                took(summary),
                transaction.getTimeout().getSeconds());
        var branches = new Table("BRANCH", "TYPE", "STATUS", "RESOURCE", "CLIENT", "LOCKS");
        for (var branch : transaction.getBranchesList()) {
            branches.row(
                    Long.toString(branch.getId()),
                    branch.getType().name(),
                    branch.getStatus().name(),
                    branch.getResource(),
                    branch.getClient(),
                    Integer.toString(branch.getLockKeysCount()));
        }
        out.println();
        branches.print(out);
        DirtyRows.print(transaction, out);
        var events = new Table("AFTER", "WHAT", "BRANCH", "NOTE");
        for (var event : transaction.getTimelineList()) {
            events.row(
                    millis(Duration.between(instant(summary.getBegun()), instant(event.getAt()))),
                    event.getKind().name(),
                    event.getBranch() == 0 ? "" : Long.toString(event.getBranch()),
                    event.getNote());
        }
        out.println();
        events.print(out);
    }

    private static String took(TransactionSummary summary) {
        return summary.hasEnded()
                ? millis(Duration.between(instant(summary.getBegun()), instant(summary.getEnded())))
                : "-";
    }

    private static String millis(Duration duration) {
        return "%.1f ms".formatted(duration.toNanos() / 1e6);
    }

    private static Instant instant(Timestamp time) {
        return Instant.ofEpochSecond(time.getSeconds(), time.getNanos());
    }
}
