package dev.plinth.cli;

import dev.plinth.wire.cluster.v1.ClusterGrpc;
import dev.plinth.wire.cluster.v1.RemoveServerRequest;
import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code plinth cluster remove}: a server goes, for good. */
@Command(
        name = "remove",
        aliases = "leave",
        description = {
            "Takes a server out of its cluster, for good.",
            "One that runs hands over what it leads, leaves every group and stops. One that does not run is taken out by the",
            "others. Refused if the others would have no majority. Its data is of no use afterwards: to come back, it joins",
            "with an empty folder."
        },
        mixinStandardHelpOptions = true)
final class ClusterRemoveCommand implements Callable<Integer> {
    private static final Duration ANSWER_MAX = Duration.ofMinutes(3);

    @Mixin
    private Connection connection = new Connection();

    @Parameters(paramLabel = "NAME", description = "The server, by its name in plinth cluster.")
    private String name = "";

    @Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it before call()
    private CommandSpec spec;

    @Override
    public Integer call() throws InterruptedException {
        var answer = connection.ask(channel -> ClusterGrpc.newBlockingStub(channel)
                .withDeadlineAfter(ANSWER_MAX.toMillis(), TimeUnit.MILLISECONDS)
                .removeServer(RemoveServerRequest.newBuilder().setServer(name).build()));
        spec.commandLine()
                .getOut()
                .println(
                        answer.getStops()
                                ? "server " + name + " has left the cluster, and stops"
                                : "server " + name + " could not be reached; it is out of the cluster");
        return 0;
    }
}
