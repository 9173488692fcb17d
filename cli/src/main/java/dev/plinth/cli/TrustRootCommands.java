package dev.plinth.cli;

import dev.plinth.wire.trust.v1.EndRootRotationRequest;
import dev.plinth.wire.trust.v1.GetDomainRequest;
import dev.plinth.wire.trust.v1.NextRoot;
import dev.plinth.wire.trust.v1.RotateRootRequest;
import java.io.IOException;
import java.util.TreeSet;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code plinth trust}: what is done with the root key of the trust domain. */
final class TrustRootCommands {
    private TrustRootCommands() {}

    /** How far a change of root keys is. */
    static String line(NextRoot next) {
        var missing = new TreeSet<>(next.getServersList());
        missing.removeAll(next.getHoldersList());
        return "root key " + next.getNumber() + " is the next"
                + (missing.isEmpty() ? "" : "; not yet on " + String.join(", ", missing));
    }

    @Command(
            name = "rotate-root",
            description = {
                "Puts another root key in the place of the one in force: when each server has it, the authorities' private keys are",
                "sealed under it, and the servers know one another by it. A server that is alone makes it; on a cluster put the same",
                "next key on all servers first, as FILE.next beside each one's rootKey: plinth trust root-key FILE.next makes one.",
                "Backups of before need the key of before: keep it as long as them."
            },
            mixinStandardHelpOptions = true)
    static final class RotateRoot extends TrustOptions {
        @Option(
                names = "--finish",
                description = {
                    "Does not wait for servers that do not have the next key: those that were taken out. They cannot sign, nor",
                    "reach the others, until they have it."
                })
        private boolean finish;

        @Option(names = "--abandon", description = "Gives the next key up.")
        private boolean abandon;

        @Override
        public Integer call() throws InterruptedException, IOException {
            if (finish && abandon) {
                throw new IOException("--finish and --abandon: expected one of them");
            }
            var _ = ask(trust -> finish || abandon
                    ? trust.endRootRotation(EndRootRotationRequest.newBuilder()
                            .setFinish(finish)
                            .build())
                    : trust.rotateRoot(RotateRootRequest.getDefaultInstance()));
            var domain = ask(trust -> trust.getDomain(GetDomainRequest.getDefaultInstance()));
            out().println("root key " + domain.getRoot() + " is in force");
            if (domain.hasNextRoot()) {
                out().println(line(domain.getNextRoot()));
            }
            out().flush();
            return 0;
        }
    }
}
