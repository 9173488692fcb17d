package dev.plinth.cli;

import dev.plinth.server.Release;
import dev.plinth.server.backup.Archive;
import dev.plinth.server.backup.Manifest;
import dev.plinth.server.backup.StoppedServer;
import dev.plinth.wire.backup.v1.BackupsGrpc;
import dev.plinth.wire.backup.v1.TakeRequest;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code plinth backup}: everything that is stored, in one file. */
@Command(
        name = "backup",
        description = {
            "Writes everything that is stored into one file: from a server that runs, alone or in a cluster, or with --data",
            "from the folder of one that does not. The file is read again, and every part of it compared with its hash."
        },
        mixinStandardHelpOptions = true)
final class BackupCommand implements Callable<Integer> {
    @Mixin
    private Connection connection = new Connection();

    @Option(
            names = "--to",
            paramLabel = "FILE",
            required = true,
            description = "The file, which must not be there yet.")
    private Path to = Path.of("backup");

    @Option(
            names = "--data",
            paramLabel = "DIR",
            description = "The folder of a server that does not run, instead of --server.")
    private Optional<Path> data = Optional.empty();

    @Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it before call()
    private CommandSpec spec;

    @Override
    public Integer call() throws IOException, InterruptedException {
        if (data.isPresent()) {
            new StoppedServer(data.get())
                    .backup(
                            to,
                            Release.VERSION,
                            report -> spec.commandLine().getErr().println("plinth backup: " + report));
        } else {
            take();
        }
        Manifest manifest;
        try (var archive = Archive.open(to)) {
            manifest = archive.manifest();
        }
        var table = new Table("PARTITION", "INDEX", "ENTRIES", "STATE");
        for (var partition : manifest.partitions()) {
            table.row(
                    partition.name(),
                    Long.toString(partition.index()),
                    Long.toString(partition.entries()),
                    partition.stateSha256().isEmpty() ? "-" : partition.stateSha256());
        }
        table.print(spec.commandLine().getOut());
        spec.commandLine().getOut().println(to + ": " + Files.size(to) + " bytes, every part checked");
        return 0;
    }

    private void take() throws IOException, InterruptedException {
        try {
            StoppedServer.whole(to, out -> {
                try {
                    var _ = connection.ask(channel -> {
                        BackupsGrpc.newBlockingStub(channel)
                                .take(TakeRequest.getDefaultInstance())
                                .forEachRemaining(piece -> {
                                    try {
                                        piece.getBytes().writeTo(out);
                                    } catch (IOException e) {
                                        throw new UncheckedIOException(e);
                                    }
                                });
                        return true;
                    });
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                    throw new IOException("interrupted", e);
                }
            });
        } catch (UncheckedIOException e) {
            throw e.getCause();
        }
    }
}
