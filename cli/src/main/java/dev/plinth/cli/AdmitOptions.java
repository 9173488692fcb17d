package dev.plinth.cli;

import dev.plinth.wire.trust.v1.AdmissionsGrpc;
import dev.plinth.wire.trust.v1.Note;
import dev.plinth.wire.trust.v1.Verdict;
import io.grpc.ManagedChannel;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.function.BiFunction;
import java.util.function.Function;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** What the commands on admission have in common. */
abstract class AdmitOptions implements Callable<Integer> {
    private static final String DIGEST = "sha256:";

    @Mixin
    private Connection connection = new Connection();

    @Option(
            names = "--token",
            paramLabel = "FILE",
            description =
                    "The token that the server made in its data folder. Default: $PLINTH_TRUST_TOKEN, or ${DEFAULT-VALUE}",
            defaultValue = "${env:PLINTH_TRUST_TOKEN:-plinth-data/trust/admin.token}")
    private Path token = Path.of("");

    @Option(
            names = "--by",
            paramLabel = "NAME",
            description = "Who does it, for the audit log. Default: ${DEFAULT-VALUE}",
            defaultValue = "${sys:user.name}")
    private String by = "";

    @Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it before call()
    private CommandSpec spec;

    PrintWriter out() {
        return spec.commandLine().getOut();
    }

    CommandSpec spec() {
        return spec;
    }

    String by() {
        return by;
    }

    <R> R ask(Function<AdmissionsGrpc.AdmissionsBlockingStub, R> question) throws InterruptedException, IOException {
        return connected((channel, showing) -> question.apply(AdmissionsGrpc.newBlockingStub(channel)
                .withInterceptors(showing)
                .withDeadlineAfter(Connection.ANSWER_MAX.toMillis(), TimeUnit.MILLISECONDS)));
    }

    <R> R connected(BiFunction<ManagedChannel, io.grpc.ClientInterceptor, R> question)
            throws InterruptedException, IOException {
        var showing = TrustOptions.showing(token);
        return connection.ask(channel -> question.apply(channel, showing));
    }

    /** 64 hexadecimal digits, with {@code sha256:} before them or without. */
    static String digest(String text) {
        var digits = text.startsWith(DIGEST) ? text.substring(DIGEST.length()) : text;
        return digits.toLowerCase(Locale.ROOT);
    }

    static boolean isDigest(String text) {
        return text.startsWith(DIGEST);
    }

    /** One verdict, and what was found: all of it, or what denies. */
    static void print(PrintWriter out, Verdict verdict, boolean all) {
        out.printf(
                "%s under %s: %s sha256:%s (verdict %d of %s)%n",
                verdict.getAdmitted() ? "admitted" : "refused",
                label(verdict),
                verdict.getArtifact(),
                verdict.getSha256(),
                verdict.getNumber(),
                Instant.ofEpochMilli(verdict.getAtMillis()));
        verdict.getSignersList().forEach(one -> out.println("  signed by " + one));
        verdict.getNotesList().stream()
                .filter(note -> all || note.getOutcome() != Note.Outcome.PASSED)
                .forEach(note -> out.printf(
                        "  %-7s %s: expected %s, found %s (%s)%n",
                        note.getOutcome().name().toLowerCase(Locale.ROOT),
                        note.getCheck(),
                        note.getExpected(),
                        note.getFound(),
                        note.getWhere()));
        if (verdict.getLeft() > 0) {
            out.println("  and " + verdict.getLeft() + " more");
        }
        out.flush();
    }

    static String label(Verdict verdict) {
        return verdict.getPolicy() + "@" + verdict.getPolicyVersion();
    }
}
