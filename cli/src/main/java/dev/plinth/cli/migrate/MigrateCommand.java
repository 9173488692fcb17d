package dev.plinth.cli.migrate;

import dev.plinth.cli.Termination;
import java.io.PrintWriter;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code plinth migrate}: what a running system needs to come here from elsewhere. */
@Command(
        name = "migrate",
        description = "Moves a running system here from another one, without stopping it.",
        mixinStandardHelpOptions = true,
        synopsisSubcommandLabel = "COMMAND",
        subcommands = MigrateCommand.RegistryCommand.class)
public final class MigrateCommand {

    /** {@code plinth migrate registry}. */
    @Command(
            name = "registry",
            description = {
                "Has a Nacos server and Plinth know one another's services, until it is ended (Ctrl-C).",
                "Start it, point the applications at Plinth one after the other, and end it when Nacos has none of its own left."
            },
            mixinStandardHelpOptions = true)
    static final class RegistryCommand implements Callable<Integer> {
        @Option(names = "--from", required = true, paramLabel = "nacos://HOST:PORT", description = "The Nacos server.")
        private String from = "";

        @Option(
                names = "--to",
                paramLabel = "nacos://HOST:PORT",
                description = "Plinth's door for Nacos's clients. Default: ${DEFAULT-VALUE}",
                defaultValue = "nacos://127.0.0.1:8848")
        private String to = "";

        @Option(
                names = "--namespace",
                paramLabel = "ID",
                description = "The namespace. Default: ${DEFAULT-VALUE}",
                defaultValue = "public")
        private String namespace = "";

        @Option(
                names = "--group",
                paramLabel = "NAME",
                description = "A group of services; may be given several times. Default: ${DEFAULT-VALUE}",
                defaultValue = "DEFAULT_GROUP")
        private List<String> groups = List.of();

        @Mixin
        private Offsets offsets = new Offsets();

        @Spec
        @SuppressWarnings("NullAway.Init") // picocli sets it before call()
        private CommandSpec spec;

        @Override
        public Integer call() throws InterruptedException {
            var nacos = address("--from", from).with(offsets.from);
            var plinth = address("--to", to).with(offsets.to);
            if (nacos.equals(plinth)) {
                throw new ParameterException(
                        spec.commandLine(), "--from and --to are both " + nacos + ": expected two registries");
            }
            PrintWriter out = spec.commandLine().getOut();
            // The process lives until the copies are taken back.
            try (var termination = new Termination().expect();
                    var _ = Migration.begin(nacos, plinth, namespace, groups, line -> {
                        out.println(line);
                        out.flush();
                    })) {
                termination.await();
            }
            return 0;
        }

        private NacosAddress address(String option, String text) {
            try {
                return NacosAddress.parse(text);
            } catch (IllegalArgumentException e) {
                throw new ParameterException(spec.commandLine(), option + ": expected " + e.getMessage());
            }
        }
    }

    /** How far above the ports gRPC is; Nacos's clients have a property for that, too. */
    static final class Offsets {
        @Option(
                names = "--from-grpc-offset",
                paramLabel = "N",
                description = "The Nacos server's gRPC is so far above its port. Default: ${DEFAULT-VALUE}",
                defaultValue = "1000")
        private int from = NacosAddress.OFFSET_DEFAULT;

        @Option(
                names = "--to-grpc-offset",
                paramLabel = "N",
                description = "Plinth's door is so far above the port. Default: ${DEFAULT-VALUE}",
                defaultValue = "1000")
        private int to = NacosAddress.OFFSET_DEFAULT;
    }

    MigrateCommand() {}
}
