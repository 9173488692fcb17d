package dev.plinth.cli;

import dev.plinth.server.TrustConfiguration;
import dev.plinth.wire.trust.v1.Authority;
import dev.plinth.wire.trust.v1.GetBundleRequest;
import dev.plinth.wire.trust.v1.GetDomainRequest;
import dev.plinth.wire.trust.v1.PutFederatedRequest;
import dev.plinth.wire.trust.v1.RemoveFederatedRequest;
import dev.plinth.wire.trust.v1.RotateRequest;
import dev.plinth.wire.trust.v1.SetLivesRequest;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code plinth trust}: the trust domain and its authorities; below it, who gets which identity and what is believed. */
@Command(
        name = "trust",
        description = "Shows the trust domain and its authorities; says who gets which identity, and what is believed.",
        mixinStandardHelpOptions = true,
        subcommands = {
            TrustEntryCommands.Entries.class,
            TrustEntryCommands.Put.class,
            TrustEntryCommands.Remove.class,
            TrustAttestorCommands.Attestors.class,
            TrustAttestorCommands.JoinTokens.class,
            TrustAttestorCommands.Root.class,
            TrustAttestorCommands.Tpm.class,
            TrustAttestorCommands.Cluster.class,
            TrustCommand.Rotate.class,
            TrustCommand.Lives.class,
            TrustCommand.Bundle.class,
            TrustCommand.Federate.class,
            TrustCommand.Part.class,
            TrustCommand.RootKey.class,
            TrustRootCommands.RotateRoot.class,
            TrustPolicyCommands.Policy.class,
            TrustPolicyCommands.Reference.class,
            TrustPolicyCommands.Guard.class,
        })
final class TrustCommand extends TrustOptions {

    @Override
    public Integer call() throws InterruptedException, IOException {
        PrintWriter out = out();
        var domain = ask(trust -> trust.getDomain(GetDomainRequest.getDefaultInstance()));
        out.printf(
                "trust domain %s, keys of %s: authorities live %d s, identities %d s; an authority signs %d s after it was published%n",
                domain.getName(),
                domain.getAlgorithm(),
                domain.getAuthorityLifeSeconds(),
                domain.getSvidLifeSeconds(),
                domain.getPublishingSeconds());
        var table = new Table("AUTHORITY", "STATE", "PUBLISHED", "SIGNS FROM", "UNTIL");
        for (Authority authority : domain.getAuthoritiesList()) {
            table.row(
                    Long.toString(authority.getNumber()),
                    authority.getState().name().toLowerCase(Locale.ROOT),
                    Instant.ofEpochMilli(authority.getPublishedAtMillis()).toString(),
                    Instant.ofEpochMilli(authority.getSignsFromMillis()).toString(),
                    Instant.ofEpochMilli(authority.getNotAfterMillis()).toString());
        }
        table.print(out);
        if (domain.hasNextRoot()) {
            out.println(TrustRootCommands.line(domain.getNextRoot()));
        }
        if (domain.getFederatedCount() > 0) {
            out.println("trusts " + String.join(", ", domain.getFederatedList()));
        }
        return 0;
    }

    /** {@code plinth trust rotate}. */
    @Command(
            name = "rotate",
            description =
                    "Has the next authority made and published now; it signs when the time of publishing is over.",
            mixinStandardHelpOptions = true)
    static final class Rotate extends TrustOptions {
        @Override
        public Integer call() throws InterruptedException, IOException {
            var changed = ask(trust -> trust.rotate(RotateRequest.getDefaultInstance()));
            out().println("authority " + changed.getVersion() + " is the next");
            return 0;
        }
    }

    /** {@code plinth trust lives}. */
    @Command(
            name = "lives",
            description = "Says how long authorities and identities last that are made from now on, in seconds.",
            mixinStandardHelpOptions = true)
    static final class Lives extends TrustOptions {
        @Option(names = "--authority", paramLabel = "SECONDS", required = true)
        private long authority;

        @Option(names = "--identity", paramLabel = "SECONDS", required = true)
        private long identity;

        @Option(
                names = "--publishing",
                paramLabel = "SECONDS",
                required = true,
                description = "How long an authority is published before it signs.")
        private long publishing;

        @Override
        public Integer call() throws InterruptedException, IOException {
            ask(trust -> trust.setLives(SetLivesRequest.newBuilder()
                    .setAuthorityLifeSeconds(authority)
                    .setSvidLifeSeconds(identity)
                    .setPublishingSeconds(publishing)
                    .build()));
            return 0;
        }
    }

    /** {@code plinth trust bundle}. */
    @Command(
            name = "bundle",
            description = "Prints what verifies this domain's identities, for another domain to import.",
            mixinStandardHelpOptions = true)
    static final class Bundle extends TrustOptions {
        @Override
        public Integer call() throws InterruptedException, IOException {
            out().println(ask(trust -> trust.getBundle(GetBundleRequest.getDefaultInstance()))
                    .getJwks());
            return 0;
        }
    }

    /** {@code plinth trust federate}. */
    @Command(
            name = "federate",
            description = "Trusts another domain's bundle for that domain's identities.",
            mixinStandardHelpOptions = true)
    static final class Federate extends TrustOptions {
        @Parameters(index = "0", paramLabel = "DOMAIN")
        private String domain = "";

        @Parameters(index = "1", paramLabel = "FILE", description = "What plinth trust bundle printed there.")
        private Path file = Path.of("");

        @Option(
                names = "--url",
                paramLabel = "URL",
                description =
                        "Where the next bundles are fetched from: https://host:port/. Without: they come by hand.",
                defaultValue = "")
        private String url = "";

        @Option(
                names = "--endpoint-id",
                paramLabel = "SPIFFE-ID",
                description = "The identity that the server there shows. Default: spiffe://DOMAIN/plinth/federation",
                defaultValue = "")
        private String id = "";

        @Override
        public Integer call() throws InterruptedException, IOException {
            var jwks = Files.readString(file);
            ask(trust -> trust.putFederated(PutFederatedRequest.newBuilder()
                    .setDomain(domain)
                    .setJwks(jwks)
                    .setUrl(url)
                    .setEndpointId(id.isEmpty() ? "spiffe://" + domain + "/plinth/federation" : id)
                    .build()));
            return 0;
        }
    }

    /** {@code plinth trust part}. */
    @Command(name = "part", description = "Trusts another domain no more.", mixinStandardHelpOptions = true)
    static final class Part extends TrustOptions {
        @Parameters(index = "0", paramLabel = "DOMAIN")
        private String domain = "";

        @Override
        public Integer call() throws InterruptedException, IOException {
            ask(trust -> trust.removeFederated(
                    RemoveFederatedRequest.newBuilder().setDomain(domain).build()));
            return 0;
        }
    }

    /** {@code plinth trust root-key}. */
    @Command(
            name = "root-key",
            description = {
                "Makes a root key: private keys are sealed under it before they are stored. The servers of a cluster need the",
                "same one, each as trust.rootKey of its configuration. A server that is alone makes its own.",
                "Keep a copy apart from the backups: without it, their private keys cannot be opened."
            },
            mixinStandardHelpOptions = true)
    static final class RootKey implements Callable<Integer> {
        @Parameters(index = "0", paramLabel = "FILE", description = "A new file.")
        private Path file = Path.of("");

        @Override
        public Integer call() throws IOException {
            TrustConfiguration.makeRootKey(file);
            return 0;
        }
    }
}
