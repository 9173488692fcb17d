package dev.plinth.cli;

import com.google.protobuf.ByteString;
import dev.plinth.wire.trust.v1.AdmissionsGrpc;
import dev.plinth.wire.trust.v1.AdmitRequest;
import dev.plinth.wire.trust.v1.AskAdmissionRequest;
import dev.plinth.wire.trust.v1.GetVerdictsRequest;
import dev.plinth.wire.trust.v1.ListVerdictsRequest;
import dev.plinth.wire.trust.v1.Piece;
import dev.plinth.wire.trust.v1.Submission;
import dev.plinth.wire.trust.v1.Verdict;
import io.grpc.Status;
import io.grpc.StatusException;
import io.grpc.stub.BlockingClientCall;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code plinth admit}: has an artifact examined; below it, under which rules, and what came of it. */
@Command(
        name = "admit",
        description = {
            "Has an artifact examined by a policy: who signed it, what is in it, how it was built. The verdict is stored.",
            "Exit status 0: admitted; 1: refused."
        },
        mixinStandardHelpOptions = true,
        subcommands = {AdmitCommand.Show.class, AdmitCommand.Ask.class, AdmitPolicyCommand.class})
final class AdmitCommand extends AdmitOptions {
    private static final int PIECE_BYTES = 1 << 20;
    private static final int MINUTES_MAX = 30;

    @Parameters(
            index = "0",
            arity = "0..1",
            paramLabel = "FILE",
            description = "A jar, a module, an archive; or sha256:HEX, the digest of an image's manifest.")
    private Optional<String> artifact = Optional.empty();

    @Option(names = "--policy", paramLabel = "NAME", description = "Whose rules hold: plinth admit policy.")
    private Optional<String> policy = Optional.empty();

    @Option(
            names = "--bundle",
            paramLabel = "FILE",
            description = "A Sigstore bundle (*.sigstore.json) over the artifact, or with a statement about it.")
    private Optional<Path> bundle = Optional.empty();

    @Option(
            names = "--signature",
            paramLabel = "FILE",
            description = "A signature by a key of the policy (*.sig), in Base64 or as it is.")
    private Optional<Path> signature = Optional.empty();

    @Option(
            names = "--payload",
            paramLabel = "FILE",
            description = "Of an image: what cosign signed, if the signature is over that.")
    private Optional<Path> payload = Optional.empty();

    @Option(
            names = "--sbom",
            paramLabel = "FILE",
            description =
                    "Its components in CycloneDX, or in a signed statement. Default: the list within the artifact.")
    private Optional<Path> sbom = Optional.empty();

    @Option(
            names = "--provenance",
            paramLabel = "FILE",
            description = "How it was built: a signed statement. Default: the statement in --bundle.")
    private Optional<Path> provenance = Optional.empty();

    @Option(names = "--list", description = "Shows the newest verdicts instead.")
    private boolean list;

    @Option(names = "--all", description = "Shows the checks that passed, too.")
    private boolean all;

    @Override
    public Integer call() throws InterruptedException, IOException {
        if (list) {
            return list();
        }
        if (artifact.isEmpty() || policy.isEmpty()) {
            throw new CommandLine.ParameterException(
                    spec().commandLine(), "expected FILE and --policy NAME; or --list, show, ask, policy");
        }
        var verdict = connected((channel, showing) -> {
            try {
                return admit(AdmissionsGrpc.newBlockingV2Stub(channel)
                        .withInterceptors(showing)
                        .withDeadlineAfter(MINUTES_MAX, TimeUnit.MINUTES)
                        .admit());
            } catch (StatusException e) {
                throw e.getStatus().asRuntimeException(e.getTrailers());
            } catch (IOException e) {
                throw new UncheckedIOException(e.getMessage(), e);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw Status.CANCELLED.withDescription("interrupted").asRuntimeException();
            }
        });
        print(out(), verdict, all);
        return verdict.getAdmitted() ? CommandLine.ExitCode.OK : CommandLine.ExitCode.SOFTWARE;
    }

    private Verdict admit(BlockingClientCall<AdmitRequest, Verdict> call)
            throws InterruptedException, StatusException, IOException {
        var what = artifact.orElseThrow();
        var submission = Submission.newBuilder().setPolicy(policy.orElseThrow()).setActor(by());
        Map<Piece.Kind, Path> files = new LinkedHashMap<>();
        if (isDigest(what)) {
            submission.setName(what).setSha256(digest(what));
        } else {
            var file = Path.of(what);
            submission.setName(String.valueOf(file.getFileName()));
            files.put(Piece.Kind.ARTIFACT, file);
        }
        bundle.ifPresent(file -> files.put(Piece.Kind.BUNDLE, file));
        signature.ifPresent(file -> files.put(Piece.Kind.SIGNATURE, file));
        payload.ifPresent(file -> files.put(Piece.Kind.PAYLOAD, file));
        sbom.ifPresent(file -> files.put(Piece.Kind.SBOM, file));
        provenance.ifPresent(file -> files.put(Piece.Kind.PROVENANCE, file));
        for (var file : files.values()) {
            if (!Files.isReadable(file)) {
                throw new IOException(file + ": there is no such file, or it cannot be read");
            }
        }
        boolean open =
                call.write(AdmitRequest.newBuilder().setSubmission(submission).build());
        for (var file : files.entrySet()) {
            open = open && send(call, file.getKey(), file.getValue());
        }
        if (open) {
            call.halfClose();
        }
        var verdict = call.read();
        if (verdict == null) {
            throw Status.UNAVAILABLE
                    .withDescription("the server ended the call without a verdict")
                    .asException();
        }
        return verdict;
    }

    /** Piece by piece, each when there is room for it; false if the server wants no more. */
    private static boolean send(BlockingClientCall<AdmitRequest, Verdict> call, Piece.Kind kind, Path file)
            throws InterruptedException, StatusException, IOException {
        try (var in = Files.newInputStream(file)) {
            for (var bytes = in.readNBytes(PIECE_BYTES); bytes.length > 0; bytes = in.readNBytes(PIECE_BYTES)) {
                var piece = Piece.newBuilder().setKind(kind).setBytes(ByteString.copyFrom(bytes));
                if (!call.write(AdmitRequest.newBuilder().setPiece(piece).build())) {
                    return false;
                }
            }
        }
        return true;
    }

    private int list() throws InterruptedException, IOException {
        var table = new Table("VERDICT", "AT", "", "POLICY", "ARTIFACT", "SHA-256", "SIGNED BY");
        ask(admissions -> admissions.listVerdicts(
                        ListVerdictsRequest.newBuilder().setLimit(100).build()))
                .getVerdictsList()
                .forEach(one -> table.row(
                        Long.toString(one.getNumber()),
                        Instant.ofEpochMilli(one.getAtMillis()).toString(),
                        one.getAdmitted() ? "admitted" : "refused",
                        label(one),
                        one.getArtifact(),
                        one.getSha256(),
                        String.join(", ", one.getSignersList())));
        table.print(out());
        return 0;
    }

    /** {@code plinth admit show}. */
    @Command(
            name = "show",
            description = "Shows the verdicts on an artifact, the newest first, with all that was found.",
            mixinStandardHelpOptions = true)
    static final class Show extends AdmitOptions {
        @Parameters(index = "0", paramLabel = "SHA", description = "SHA-256 of the artifact, in hexadecimal.")
        private String sha256 = "";

        @Override
        public Integer call() throws InterruptedException, IOException {
            var verdicts = ask(admissions -> admissions.getVerdicts(GetVerdictsRequest.newBuilder()
                            .setSha256(digest(sha256))
                            .build()))
                    .getVerdictsList();
            verdicts.forEach(one -> print(out(), one, true));
            if (verdicts.isEmpty()) {
                throw new IOException("no verdict on sha256:" + digest(sha256));
            }
            return 0;
        }
    }

    /** {@code plinth admit ask}. */
    @Command(
            name = "ask",
            description =
                    "Says whether an artifact may be run under a policy, as other features ask it. Exit status 0: it may.",
            mixinStandardHelpOptions = true)
    static final class Ask extends AdmitOptions {
        @Parameters(index = "0", paramLabel = "SHA", description = "SHA-256 of the artifact, in hexadecimal.")
        private String sha256 = "";

        @Option(names = "--policy", paramLabel = "NAME", required = true)
        private String policy = "";

        @Override
        public Integer call() throws InterruptedException, IOException {
            var answer = ask(admissions -> admissions.askAdmission(AskAdmissionRequest.newBuilder()
                    .setPolicy(policy)
                    .setSha256(digest(sha256))
                    .build()));
            out().println(answer.getReason());
            out().flush();
            return answer.getAdmitted() ? CommandLine.ExitCode.OK : CommandLine.ExitCode.SOFTWARE;
        }
    }
}
