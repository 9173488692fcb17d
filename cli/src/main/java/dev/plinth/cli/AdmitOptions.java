package dev.plinth.cli;

import dev.plinth.wire.trust.v1.AdmissionsGrpc;
import dev.plinth.wire.trust.v1.Note;
import dev.plinth.wire.trust.v1.Verdict;
import java.io.IOException;
import java.io.PrintWriter;
import java.time.Instant;
import java.util.Locale;
import java.util.function.Function;

/** What the commands on admission have in common. */
abstract class AdmitOptions extends AuditedOptions {
    private static final String DIGEST = "sha256:";

    <R> R ask(Function<AdmissionsGrpc.AdmissionsBlockingStub, R> question) throws InterruptedException, IOException {
        return ask(AdmissionsGrpc::newBlockingStub, Connection.ANSWER_MAX.toSeconds(), question);
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
