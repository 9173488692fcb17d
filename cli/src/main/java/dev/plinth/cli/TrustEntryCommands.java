package dev.plinth.cli;

import dev.plinth.wire.trust.v1.Entry;
import dev.plinth.wire.trust.v1.ListEntriesRequest;
import dev.plinth.wire.trust.v1.PutEntryRequest;
import dev.plinth.wire.trust.v1.RemoveEntryRequest;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code plinth trust entries}, {@code entry} and {@code remove}: which attested properties get which identity. */
final class TrustEntryCommands {
    private TrustEntryCommands() {}

    /** Lists them. */
    @Command(
            name = "entries",
            description = "Lists which attested properties get which identity.",
            mixinStandardHelpOptions = true)
    static final class Entries extends TrustOptions {
        @Override
        public Integer call() throws InterruptedException, IOException {
            List<Entry> entries = ask(trust -> {
                List<Entry> all = new ArrayList<>();
                var request = ListEntriesRequest.newBuilder();
                do {
                    var page = trust.listEntries(request.build());
                    all.addAll(page.getEntriesList());
                    request.setAfter(page.getNext());
                } while (!request.getAfter().isEmpty());
                return all;
            });
            if (entries.isEmpty()) {
                out().println("Nobody gets an identity yet. See plinth trust entry --help.");
                return 0;
            }
            var table = new Table("NAME", "SPIFFE ID", "WHO", "VERSION", "OWNER");
            for (Entry entry : entries) {
                table.row(
                        entry.getName(),
                        entry.getSpiffeId(),
                        String.join(" ", entry.getSelectorsList()),
                        Long.toString(entry.getVersion()),
                        entry.getOwner());
            }
            table.print(out());
            return 0;
        }
    }

    /** Puts one. */
    @Command(
            name = "entry",
            description =
                    "Gives an identity to every process of the server's host that is all of what the selectors say.",
            mixinStandardHelpOptions = true)
    static final class Put extends TrustOptions {
        @Parameters(index = "0", paramLabel = "NAME")
        private String name = "";

        @Option(names = "--id", paramLabel = "SPIFFE-ID", required = true)
        private String id = "";

        @Option(
                names = "--selector",
                paramLabel = "SELECTOR",
                required = true,
                description = {
                    "What it has to be, all of it. A process of the server's host: unix:uid:N, unix:gid:N, unix:path:/..., unix:sha256:HEX.",
                    "One that attests from anywhere: join-token:NAME, tpm:ek:HEX, evidence:TENANT/RESOURCE, k8s:CLUSTER:ns:NAME,",
                    "k8s:CLUSTER:sa:NAMESPACE/NAME, k8s:CLUSTER:pod:NAMESPACE/NAME, k8s:CLUSTER:pod-uid:UID, k8s:CLUSTER:node:NAME.",
                    "May be repeated."
                })
        private List<String> selectors = new ArrayList<>();

        @Option(
                names = "--life",
                paramLabel = "SECONDS",
                description = "Of its certificates. Default: the domain's.",
                defaultValue = "0")
        private long life;

        @Option(names = "--hint", paramLabel = "TEXT", defaultValue = "")
        private String hint = "";

        @Option(
                names = "--federates-with",
                paramLabel = "DOMAIN",
                description = "Gets that domain's bundle, too. May be repeated.")
        private List<String> federatesWith = new ArrayList<>();

        @Option(names = "--owner", paramLabel = "NAME", required = true, description = "Who says so.")
        private String owner = "";

        @Override
        public Integer call() throws InterruptedException, IOException {
            var changed = ask(trust -> trust.putEntry(PutEntryRequest.newBuilder()
                    .setEntry(Entry.newBuilder()
                            .setName(name)
                            .setSpiffeId(id)
                            .addAllSelectors(selectors)
                            .setLifeSeconds(life)
                            .setHint(hint)
                            .addAllFederatesWith(federatesWith)
                            .setOwner(owner))
                    .build()));
            out().println(name + "@" + changed.getVersion());
            return 0;
        }
    }

    /** Removes one. */
    @Command(
            name = "remove",
            description = "Takes an entry away. What it gave is good until it ends.",
            mixinStandardHelpOptions = true)
    static final class Remove extends TrustOptions {
        @Parameters(index = "0", paramLabel = "NAME")
        private String name = "";

        @Override
        public Integer call() throws InterruptedException, IOException {
            ask(trust -> trust.removeEntry(
                    RemoveEntryRequest.newBuilder().setName(name).build()));
            return 0;
        }
    }
}
