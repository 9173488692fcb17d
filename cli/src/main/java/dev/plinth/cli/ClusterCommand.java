package dev.plinth.cli;

import dev.plinth.wire.cluster.v1.ClusterGrpc;
import dev.plinth.wire.cluster.v1.GetClusterRequest;
import dev.plinth.wire.cluster.v1.GetClusterResponse;
import dev.plinth.wire.cluster.v1.Group;
import dev.plinth.wire.cluster.v1.Role;
import dev.plinth.wire.cluster.v1.Server;
import java.io.PrintWriter;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code plinth cluster}: the servers that run as one, and who leads what. */
@Command(
        name = "cluster",
        description = "Shows the servers that run as one and their groups, as the server that is asked sees them.",
        mixinStandardHelpOptions = true,
        subcommands = {ClusterRemoveCommand.class, ClusterTransferCommand.class})
final class ClusterCommand implements Callable<Integer> {
    @Mixin
    private Connection connection = new Connection();

    @Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it before call()
    private CommandSpec spec;

    @Override
    public Integer call() throws InterruptedException {
        PrintWriter out = spec.commandLine().getOut();
        var cluster = connection.ask(channel -> ClusterGrpc.newBlockingStub(channel)
                .withDeadlineAfter(Connection.ANSWER_MAX.toMillis(), TimeUnit.MILLISECONDS)
                .getCluster(GetClusterRequest.getDefaultInstance()));
        if (cluster.getSelf().isEmpty()) {
            out.println("This server is alone.");
            return 0;
        }
        servers(cluster).print(out);
        out.println();
        groups(cluster).print(out);
        return 0;
    }

    private static Table servers(GetClusterResponse cluster) {
        var table = new Table("SERVER", "HTTP", "RAFT");
        for (Server server : cluster.getServersList()) {
            table.row(
                    server.getName() + (server.getName().equals(cluster.getSelf()) ? " (asked)" : ""),
                    server.getHttp(),
                    server.getRaft());
        }
        return table;
    }

    private static Table groups(GetClusterResponse cluster) {
        Map<String, String> names =
                cluster.getServersList().stream().collect(Collectors.toMap(Server::getRaft, Server::getName));
        var table = new Table("GROUP", "LEADER", "TERM", "MEMBERS", "ROLE HERE", "APPLIED", "LAG", "TROUBLE");
        for (Group group : cluster.getGroupsList()) {
            table.row(
                    group.getName(),
                    group.getLeader().isEmpty() ? "nobody" : names.getOrDefault(group.getLeader(), group.getLeader()),
                    Long.toUnsignedString(group.getTerm()),
                    group.getMembersList().stream()
                            .map(member -> names.getOrDefault(member, member))
                            .collect(Collectors.joining(",")),
                    inWords(group.getRole()),
                    Long.toUnsignedString(group.getApplied()),
                    Long.toUnsignedString(group.getLag()),
                    group.getTrouble().isEmpty() ? "-" : group.getTrouble());
        }
        return table;
    }

    private static String inWords(Role role) {
        return role.name().substring("ROLE_".length()).toLowerCase(Locale.ROOT);
    }
}
