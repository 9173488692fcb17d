package dev.plinth.cli;

import dev.plinth.wire.trust.v1.GetAttestorsRequest;
import dev.plinth.wire.trust.v1.HardwareRoot;
import dev.plinth.wire.trust.v1.KubernetesCluster;
import dev.plinth.wire.trust.v1.NamedAttestor;
import dev.plinth.wire.trust.v1.PutJoinTokenRequest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Optional;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code plinth trust attestors}, {@code join-token}, {@code root}, {@code tpm}, {@code k8s}: how others than processes of this host prove what they are. */
final class TrustAttestorCommands {
    private TrustAttestorCommands() {}

    /** Lists what is known. */
    @Command(
            name = "attestors",
            description = "Lists join tokens, roots of hardware, enrolled TPMs and Kubernetes clusters.",
            mixinStandardHelpOptions = true)
    static final class Attestors extends TrustOptions {
        @Override
        public Integer call() throws InterruptedException, IOException {
            var known = ask(trust -> trust.getAttestors(GetAttestorsRequest.getDefaultInstance()));
            var table = new Table("KIND", "NAME", "MORE");
            known.getTokensList()
                    .forEach(token -> table.row(
                            "join token",
                            token.getName(),
                            token.getUsed() ? "in use" : "good until " + Instant.ofEpochMilli(token.getUntilMillis())));
            known.getRootsList()
                    .forEach(root -> table.row(
                            "root", root.getVendor() + " " + root.getFingerprint(), "owner " + root.getOwner()));
            known.getTpmsList().forEach(tpm -> table.row("TPM", tpm, "enrolled"));
            known.getClustersList()
                    .forEach(cluster -> table.row(
                            "Kubernetes",
                            cluster.getName(),
                            "issuer " + cluster.getIssuer() + ", audience " + cluster.getAudience()));
            table.print(out());
            return 0;
        }
    }

    /** Makes or removes a token. */
    @Command(
            name = "join-token",
            description = {
                "Makes a token that lets its holder in once, and prints it; entries ask for join-token:NAME. It is printed here and stored",
                "nowhere. Another one of the same name is void from now on."
            },
            mixinStandardHelpOptions = true)
    static final class JoinTokens extends TrustOptions {
        @Parameters(index = "0", paramLabel = "NAME")
        private String name = "";

        @Option(
                names = "--life",
                paramLabel = "SECONDS",
                description = "How long it may be used. Default: ${DEFAULT-VALUE}",
                defaultValue = "600")
        private long life;

        @Option(names = "--remove", description = "Whoever came in with it cannot renew any more.")
        private boolean remove;

        @Override
        public Integer call() throws InterruptedException, IOException {
            if (remove) {
                ask(trust -> trust.removeJoinToken(named(name)));
                return 0;
            }
            out().println(ask(trust -> trust.putJoinToken(PutJoinTokenRequest.newBuilder()
                            .setName(name)
                            .setLifeSeconds(life)
                            .build()))
                    .getToken());
            return 0;
        }
    }

    private static NamedAttestor named(String name) {
        return NamedAttestor.newBuilder().setName(name).build();
    }

    /** Trusts a root, or does so no more. */
    @Command(
            name = "root",
            description = "Trusts a root certificate for hardware of a vendor, beside those that are built in.",
            mixinStandardHelpOptions = true)
    static final class Root extends TrustOptions {
        @Parameters(
                index = "0",
                paramLabel = "VENDOR",
                description = "tpm, intel, amd, aws, nvidia, hygon, arm or simulation.")
        private String vendor = "";

        @Parameters(index = "1", paramLabel = "SHA-256", description = "Of the certificate, 64 hexadecimal digits.")
        private String fingerprint = "";

        @Option(
                names = "--owner",
                paramLabel = "NAME",
                description = "Who says so. Default: ${DEFAULT-VALUE}",
                defaultValue = "${sys:user.name}")
        private String owner = "";

        @Option(names = "--remove", description = "It is trusted no more.")
        private boolean remove;

        @Override
        public Integer call() throws InterruptedException, IOException {
            var root = HardwareRoot.newBuilder()
                    .setVendor(vendor)
                    .setFingerprint(fingerprint)
                    .setOwner(owner)
                    .build();
            ask(trust -> remove ? trust.removeRoot(root) : trust.putRoot(root));
            return 0;
        }
    }

    /** Expels a TPM. */
    @Command(
            name = "expel",
            description = "Believes a TPM that was enrolled no more, until it enrols again.",
            mixinStandardHelpOptions = true)
    static final class Tpm extends TrustOptions {
        @Parameters(
                index = "0",
                paramLabel = "SELECTOR",
                description = "tpm:ek:HEX, as plinth trust attestors shows it.")
        private String selector = "";

        @Override
        public Integer call() throws InterruptedException, IOException {
            ask(trust -> trust.expelTpm(named(selector)));
            return 0;
        }
    }

    /** Believes a cluster's tokens, or does so no more. */
    @Command(
            name = "k8s",
            description = {
                "Believes the projected service account tokens of a Kubernetes cluster: entries ask for k8s:CLUSTER:ns:NAME and the like.",
                "Its keys are as kubectl get --raw /openid/v1/jwks prints them; when they change, say it again."
            },
            mixinStandardHelpOptions = true)
    static final class Cluster extends TrustOptions {
        @Parameters(index = "0", paramLabel = "CLUSTER", description = "A name for it.")
        private String name = "";

        @Option(names = "--issuer", paramLabel = "URL", description = "As in the tokens.", defaultValue = "")
        private String issuer = "";

        @Option(
                names = "--audience",
                paramLabel = "TEXT",
                description = "That its tokens have to be for. Default: ${DEFAULT-VALUE}",
                defaultValue = "plinth")
        private String audience = "";

        @Option(names = "--jwks", paramLabel = "FILE", description = "The cluster's keys.")
        private Optional<Path> jwks = Optional.empty();

        @Option(names = "--remove", description = "Its tokens are believed no more.")
        private boolean remove;

        @Override
        public Integer call() throws InterruptedException, IOException {
            if (remove) {
                ask(trust -> trust.removeCluster(named(name)));
                return 0;
            }
            if (jwks.isEmpty()) {
                throw new IOException("--jwks: missing; expected the file with the cluster's keys");
            }
            var keys = Files.readString(jwks.get());
            ask(trust -> trust.putCluster(KubernetesCluster.newBuilder()
                    .setName(name)
                    .setIssuer(issuer)
                    .setAudience(audience)
                    .setJwks(keys)
                    .build()));
            return 0;
        }
    }
}
