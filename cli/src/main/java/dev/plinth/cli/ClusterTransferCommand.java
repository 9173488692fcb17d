package dev.plinth.cli;

import dev.plinth.wire.cluster.v1.ClusterGrpc;
import dev.plinth.wire.cluster.v1.TransferLeadRequest;
import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code plinth cluster transfer}: another server leads. */
@Command(
        name = "transfer",
        description = {
            "Hands the lead of a group to a server.",
            "The servers share the leads evenly, and may hand it on; with balance: false in the configuration's cluster it stays."
        },
        mixinStandardHelpOptions = true)
final class ClusterTransferCommand implements Callable<Integer> {
    private static final Duration ANSWER_MAX = Duration.ofMinutes(1);

    @Mixin
    private Connection connection = new Connection();

    @Parameters(index = "0", paramLabel = "GROUP", description = "The group, by its name in plinth cluster.")
    private String group = "";

    @Parameters(index = "1", paramLabel = "NAME", description = "The server that shall lead it.")
    private String name = "";

    @Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it before call()
    private CommandSpec spec;

    @Override
    public Integer call() throws InterruptedException {
        var _ = connection.ask(channel -> ClusterGrpc.newBlockingStub(channel)
                .withDeadlineAfter(ANSWER_MAX.toMillis(), TimeUnit.MILLISECONDS)
                .transferLead(TransferLeadRequest.newBuilder()
                        .setGroup(group)
                        .setServer(name)
                        .build()));
        spec.commandLine().getOut().println("server " + name + " leads group " + group);
        return 0;
    }
}
