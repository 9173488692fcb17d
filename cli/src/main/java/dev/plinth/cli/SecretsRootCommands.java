package dev.plinth.cli;

import dev.plinth.wire.secrets.v1.EndRootRotationRequest;
import dev.plinth.wire.secrets.v1.InitializeRequest;
import dev.plinth.wire.secrets.v1.NextRoot;
import dev.plinth.wire.secrets.v1.RotateRootRequest;
import dev.plinth.wire.secrets.v1.SealRequest;
import dev.plinth.wire.secrets.v1.SealStatus;
import dev.plinth.wire.secrets.v1.UnsealRequest;
import java.io.Console;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeSet;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code plinth secrets}: what is done with the root key. */
final class SecretsRootCommands {
    private SecretsRootCommands() {}

    /** Whether the server is sealed, and how far a change of root keys is. */
    static String line(SealStatus status) {
        if (!status.getInitialized()) {
            return "not initialized; the root key will be kept by " + status.getKeeper();
        }
        return (status.getSealed() ? "sealed" : "unsealed") + "; root key kept by " + status.getKeeper()
                + (status.getShares() == 0 ? "" : " (" + status.getThreshold() + " of " + status.getShares() + ")")
                + (status.getRoot() > 1 ? "; number " + status.getRoot() : "") + "; sealed with " + status.getCipher()
                + (status.getGiven() == 0
                        ? ""
                        : "; " + status.getGiven() + " of " + status.getThreshold() + " shares given")
                + status.getRefusalsList().stream()
                        .map(refusal -> System.lineSeparator() + "not given by another server: " + refusal)
                        .collect(Collectors.joining())
                + (status.hasNext() ? System.lineSeparator() + nextLine(status.getNext()) : "");
    }

    private static String nextLine(NextRoot next) {
        var missing = new TreeSet<>(next.getServersList());
        missing.removeAll(next.getHoldersList());
        return "root key " + next.getNumber() + " is the next, kept by " + next.getKeeper()
                + (next.getShares() == 0 ? "" : " (" + next.getThreshold() + " of " + next.getShares() + ")")
                + (missing.isEmpty() ? "" : "; not yet on " + String.join(", ", missing))
                + (next.getGiven() == 0
                        ? ""
                        : "; " + next.getGiven() + " of " + next.getThreshold() + " of its shares given here")
                + "; " + next.getLeft() + " data keys to be sealed under it";
    }

    @Command(
            name = "init",
            description = "Makes the root key and splits it among operators. The shares are shown once, here.",
            mixinStandardHelpOptions = true)
    static final class Init extends SecretsOptions {
        @Option(names = "--threshold", paramLabel = "M", required = true, description = "How many of them it takes.")
        private int threshold;

        @Option(names = "--shares", paramLabel = "N", required = true, description = "How many there are; at most 32.")
        private int shares;

        @Override
        public Integer call() throws InterruptedException, IOException {
            ask(secrets -> secrets.initialize(InitializeRequest.newBuilder()
                            .setThreshold(threshold)
                            .setShares(shares)
                            .setActor(by())
                            .build()))
                    .getSharesList()
                    .forEach(out()::println);
            out().flush();
            return 0;
        }
    }

    @Command(
            name = "unseal",
            description =
                    "Gives the server one operator's share, which is read from the terminal or the standard input.",
            mixinStandardHelpOptions = true)
    static final class Unseal extends SecretsOptions {
        @Override
        public Integer call() throws InterruptedException, IOException {
            // Not as an argument: others see those.
            var console = Optional.ofNullable(System.console()).filter(Console::isTerminal);
            var share = console.isPresent()
                    ? new String(Objects.requireNonNull(console.get().readPassword("share: ")))
                    : new String(System.in.readAllBytes(), StandardCharsets.US_ASCII);
            out().println(line(ask(secrets -> secrets.unseal(UnsealRequest.newBuilder()
                    .setShare(share.strip())
                    .setActor(by())
                    .build()))));
            out().flush();
            return 0;
        }
    }

    @Command(
            name = "seal",
            description = "Has the server forget the root key at once.",
            mixinStandardHelpOptions = true)
    static final class Seal extends SecretsOptions {
        @Override
        public Integer call() throws InterruptedException, IOException {
            out().println(line(ask(secrets ->
                    secrets.seal(SealRequest.newBuilder().setActor(by()).build()))));
            out().flush();
            return 0;
        }
    }

    @Command(
            name = "rotate-root",
            description = {
                "Puts another root key in the place of the one in force: everything is sealed under it as well, and when each server",
                "has it, it is in force. Until then nothing changes. Backups of before need the key of before: keep it as long as them.",
                "With root: shares the new shares are shown once, here; as many as it takes have to be given to each server with",
                "plinth secrets unseal, beside the old ones that it has. With root: file on a cluster, put the same next key on all",
                "servers first, as FILE.next beside each one's rootKey: plinth trust root-key FILE.next makes one."
            },
            mixinStandardHelpOptions = true)
    static final class RotateRoot extends SecretsOptions {
        @Option(names = "--threshold", paramLabel = "M", description = "With root: shares: how many of them it takes.")
        private int threshold;

        @Option(
                names = "--shares",
                paramLabel = "N",
                description = "With root: shares: how many there are; at most 32.")
        private int shares;

        @Option(
                names = "--finish",
                description = {
                    "Does not wait for servers that do not have the next key: those that were away, or taken out. They are",
                    "sealed until they have it."
                })
        private boolean finish;

        @Option(names = "--abandon", description = "Gives the next key up.")
        private boolean abandon;

        @Override
        public Integer call() throws InterruptedException, IOException {
            if (finish && abandon) {
                throw new IOException("--finish and --abandon: expected one of them");
            }
            if (finish || abandon) {
                out().println(line(ask(secrets -> secrets.endRootRotation(EndRootRotationRequest.newBuilder()
                        .setFinish(finish)
                        .setActor(by())
                        .build()))));
            } else {
                var response = ask(secrets -> secrets.rotateRoot(RotateRootRequest.newBuilder()
                        .setThreshold(threshold)
                        .setShares(shares)
                        .setActor(by())
                        .build()));
                response.getSharesList().forEach(out()::println);
                out().println(line(response.getStatus()));
            }
            out().flush();
            return 0;
        }
    }
}
