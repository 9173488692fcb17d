package dev.plinth.cli;

import dev.plinth.server.backup.Archive;
import dev.plinth.server.backup.StoppedServer;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code plinth restore}: a backup becomes a server's data. */
@Command(
        name = "restore",
        description = {
            "Makes a backup into the data of a server. Refuses a file that is damaged or no backup, and a folder that is not",
            "empty. Every state is loaded into its engine, and its hash compared, before the folder is there.",
            "Then: plinth server --data DIR, alone; or with --adopt, --name, --raft and --http as the first of a cluster."
        },
        mixinStandardHelpOptions = true)
final class RestoreCommand implements Callable<Integer> {
    @Option(names = "--from", paramLabel = "FILE", required = true, description = "The backup.")
    private Path from = Path.of("backup");

    @Option(
            names = "--data",
            paramLabel = "DIR",
            required = true,
            description = "The folder of the server that shall have it: empty, or not there.")
    private Path data = Path.of("plinth-data");

    @Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it before call()
    private CommandSpec spec;

    @Override
    public Integer call() throws IOException {
        try (var archive = Archive.open(from)) {
            new StoppedServer(data).restore(archive);
            var out = spec.commandLine().getOut();
            for (var partition : archive.manifest().partitions()) {
                out.println(partition.name() + ": restored at index " + (partition.index() + partition.entries())
                        + (partition.stateSha256().isEmpty()
                                ? ""
                                : ", its state hashes to " + partition.stateSha256() + " as it did"));
            }
            out.println(data + " is as " + archive.manifest().server() + " was at "
                    + archive.manifest().takenAt() + "; start it with ./plinth server --data " + data);
        }
        return 0;
    }
}
