package dev.plinth.cli;

import com.nimbusds.jose.jwk.ECKey;
import dev.plinth.trust.audit.AuditFolder;
import dev.plinth.wire.secrets.v1.GetStatusRequest;
import dev.plinth.wire.secrets.v1.ReadAuditRequest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.text.ParseException;
import java.time.Instant;
import java.util.HexFormat;
import java.util.Optional;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code plinth audit}: who did what, and whether the log of it is as it was written. */
@Command(
        name = "audit",
        description = "Shows the newest entries of the audit log: who did what to what, and when.",
        mixinStandardHelpOptions = true,
        subcommands = {AuditCommand.Verify.class, AuditCommand.Key.class})
final class AuditCommand extends SecretsOptions {
    @Option(
            names = "--last",
            paramLabel = "N",
            description = "How many. Default: ${DEFAULT-VALUE}",
            defaultValue = "50")
    private int last;

    @Override
    public Integer call() throws InterruptedException, IOException {
        var head = ask(secrets -> secrets.readAudit(
                        ReadAuditRequest.newBuilder().setAfter(Long.MAX_VALUE).build()))
                .getHeadSequence();
        var table = new Table("ENTRY", "AT", "WHO", "DID", "TO", "DETAIL");
        ask(secrets -> secrets.readAudit(ReadAuditRequest.newBuilder()
                        .setAfter(Math.max(0, head - Math.clamp(last, 1, 1_000)))
                        .build()))
                .getEntriesList()
                .forEach(entry -> table.row(
                        Long.toString(entry.getSequence()),
                        Instant.ofEpochMilli(entry.getAtMillis()).toString(),
                        entry.getActor(),
                        entry.getAction(),
                        entry.getSubject(),
                        entry.getDetail()));
        table.print(out());
        return 0;
    }

    @Command(
            name = "key",
            description = "Prints the public key that signs checkpoints. Keep it where the server cannot write.",
            mixinStandardHelpOptions = true)
    static final class Key extends SecretsOptions {
        @Override
        public Integer call() throws InterruptedException, IOException {
            var key = ask(secrets -> secrets.getStatus(GetStatusRequest.getDefaultInstance()))
                    .getTokenKey();
            if (key.isEmpty()) {
                throw new IOException("not initialized: nobody has made a root key yet, so nothing is signed");
            }
            out().println(key);
            out().flush();
            return 0;
        }
    }

    @Command(
            name = "verify",
            description = {
                "Looks at every entry and checkpoint of a server's audit log on disk. With --key, checkpoints have to be signed by it;",
                "with --online, by the running server's key, and the log has to reach what that server says."
            },
            mixinStandardHelpOptions = true)
    static final class Verify extends SecretsOptions {
        @Option(
                names = "--data",
                paramLabel = "DIR",
                description = "The server's data folder. Default: ${DEFAULT-VALUE}",
                defaultValue = "plinth-data")
        private Path data = Path.of("");

        @Option(names = "--key", paramLabel = "FILE", description = "What plinth audit key printed.")
        private Optional<Path> key = Optional.empty();

        @Option(names = "--online", description = "Ask the running server.")
        private boolean online;

        @Override
        public Integer call() throws InterruptedException, IOException {
            long entry = 0;
            String hash = "";
            Optional<ECKey> signer =
                    key.isPresent() ? Optional.of(parse(Files.readString(key.get()))) : Optional.empty();
            if (online) {
                var head = ask(secrets -> secrets.readAudit(
                        ReadAuditRequest.newBuilder().setAfter(Long.MAX_VALUE).build()));
                entry = head.getHeadSequence();
                hash = HexFormat.of().formatHex(head.getHeadHash().toByteArray());
                if (signer.isEmpty()) {
                    var ownKey = ask(secrets -> secrets.getStatus(GetStatusRequest.getDefaultInstance()))
                            .getTokenKey();
                    signer = ownKey.isEmpty() ? Optional.empty() : Optional.of(parse(ownKey));
                }
            }
            var report = AuditFolder.verify(data.resolve("audit"), signer);
            report.problems().forEach(out()::println);
            var foundHash = HexFormat.of().formatHex(report.head().hash().toByteArray());
            boolean reaches = !online
                    || report.head().sequence() > entry
                    || (report.head().sequence() == entry && foundHash.equals(hash));
            if (!reaches) {
                out().println("the log ends at entry " + report.head().sequence() + " with hash " + foundHash
                        + "; the server is at entry " + entry + " with hash " + hash);
            }
            boolean good = report.problems().isEmpty() && reaches;
            out().println((good ? "verified: " : "NOT verified: ") + report.entries() + " entries to "
                    + report.head().sequence() + ", " + report.checkpoints() + " checkpoints"
                    + (signer.isPresent()
                            ? " signed by key " + signer.get().getKeyID()
                            : " whose signatures were not looked at, for there is no --key")
                    + ", the newest of entry " + report.checkpointSequence()
                    + (report.missing() == 0 ? "" : "; " + report.missing() + " entries are missing here"));
            out().flush();
            return good ? 0 : 1;
        }

        private static ECKey parse(String jwk) throws IOException {
            try {
                return ECKey.parse(jwk);
            } catch (ParseException e) {
                throw new IOException("--key: expected a JWK, as plinth audit key prints it: " + e.getMessage(), e);
            }
        }
    }
}
