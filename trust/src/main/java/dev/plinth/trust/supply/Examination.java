package dev.plinth.trust.supply;

import dev.plinth.trust.Bytes;
import dev.plinth.trust.Finding;
import dev.plinth.trust.Json;
import dev.plinth.trust.Malformed;
import dev.plinth.trust.Where;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * What came of looking at an artifact and what speaks for it, by somebody's rules.
 *
 * @param findings every check with its outcome
 * @param signers who signed, as far as that holds: an identity and who vouches for it, or a key's SHA-256
 */
public record Examination(List<Finding> findings, Set<String> signers) {
    /*
     * All that is handed in has to hold, needed or not: a signature that does not verify is nothing to be passed over because another one
     * does. And it goes on after a failed check, so that a person sees all that is wrong.
     */
    /** Clocks of logs and time-stamping authorities may be ahead by so much. */
    public static final Duration CLOCKS_APART_MAX = Duration.ofMinutes(1);

    /** The types of statements whose predicate is a CycloneDX document. */
    private static final String SBOM = "https://cyclonedx.org/bom";

    public Examination {
        findings = List.copyOf(findings);
        signers = Set.copyOf(signers);
    }

    /** Whether the artifact may be admitted. */
    public boolean holds() {
        return !signers.isEmpty() && findings.stream().noneMatch(one -> one.outcome() == Finding.Outcome.FAILED);
    }

    /**
     * Looks at it.
     *
     * @param at the time for which is asked; nothing here asks a clock
     * @throws IOException if the artifact's file cannot be read
     */
    public static Examination of(AdmissionRules rules, Submission submission, Instant at) throws IOException {
        var run = new Run(rules, submission, at);
        run.signatures();
        run.provenance();
        run.sbom();
        return new Examination(run.findings.all(), run.signers);
    }

    private static final class Run {
        private final Findings findings = new Findings();
        private final Set<String> signers = new LinkedHashSet<>();
        private final AdmissionRules rules;
        private final Submission submission;
        private final Artifact artifact;
        private final Instant at;

        /** The one in the bundle, if it holds. */
        private Optional<Vouched> inBundle = Optional.empty();

        private record Vouched(Statement statement, String by) {}

        Run(AdmissionRules rules, Submission submission, Instant at) {
            this.rules = rules;
            this.submission = submission;
            this.artifact = submission.artifact();
            this.at = at;
        }

        void signatures() {
            submission.bundle().ifPresent(this::bundle);
            submission.signature().ifPresent(this::detached);
            if (submission.payload().isPresent() && submission.signature().isEmpty()) {
                findings.fail(
                        "payload",
                        "a signature over it",
                        "none",
                        submission.payload().get().where());
            }
            if (submission.bundle().isEmpty() && submission.signature().isEmpty()) {
                findings.fail(
                        "signature", "a Sigstore bundle or a signature", "neither", Where.field("submission", ""));
            }
        }

        private void bundle(Bytes text) {
            try {
                var document = Json.parse(text);
                var bundle = SigstoreBundle.read(document);
                if (bundle.content() instanceof SigstoreBundle.Content.Envelope(DsseEnvelope envelope)) {
                    inBundle = vouched(document);
                    inBundle.ifPresent(one -> signers.add(one.by()));
                } else {
                    new BundleCheck(findings, rules, at)
                            .check(bundle, artifact, document.where())
                            .ifPresent(signers::add);
                }
            } catch (Malformed e) {
                findings.malformed("bundle.form", e);
            }
        }

        private void detached(Bytes given) {
            var signature = decoded(given);
            var payload = submission.payload();
            var signed = payload.<Signed>map(Signed.Text::new).orElse(artifact);
            payload.ifPresent(text -> SimpleSigning.check(findings, text, artifact));
            if (rules.log()) {
                findings.fail("log.required", "an entry of a transparency log", "a signature alone", given.where());
            }
            var key = rules.publicKeys().stream()
                    .filter(one -> PublicKeys.verifies(one, signature, signed))
                    .findFirst();
            findings.verified(
                    key.isPresent(),
                    "signature",
                    "a signature of one of " + rules.keys().size() + " keys",
                    given.where());
            key.ifPresent(one -> signers.add(PublicKeys.name(one)));
        }

        /** A signature in DER begins with 0x30, which is a digit of Base64, but what follows then is no text. */
        private static byte[] decoded(Bytes given) {
            var text = given.text(StandardCharsets.ISO_8859_1).strip();
            try {
                return Base64.getDecoder().decode(text);
            } catch (IllegalArgumentException e) {
                return given.copy();
            }
        }

        /** A statement about the artifact, from a bundle or an envelope; empty if it does not hold. */
        private Optional<Vouched> vouched(Json document) {
            DsseEnvelope envelope;
            Optional<String> by;
            if (SigstoreBundle.isOne(document)) {
                var bundle = SigstoreBundle.read(document);
                if (!(bundle.content() instanceof SigstoreBundle.Content.Envelope(DsseEnvelope inside))) {
                    throw new Malformed(document.where(), "a bundle with a statement", "one with a signature");
                }
                envelope = inside;
                by = new BundleCheck(findings, rules, at)
                        .check(bundle, new Signed.Text(envelope.signed()), document.where());
            } else {
                envelope = DsseEnvelope.read(document);
                by = enveloped(envelope);
            }
            var statement = Statement.read(envelope);
            return statement.isAbout(findings, artifact)
                    ? by.map(one -> new Vouched(statement, one))
                    : Optional.empty();
        }

        private Optional<String> enveloped(DsseEnvelope envelope) {
            var signed = envelope.signed();
            if (rules.log()) {
                findings.fail(
                        "log.required",
                        "an entry of a transparency log",
                        "an envelope alone",
                        envelope.payload().where());
            }
            var key = rules.publicKeys().stream()
                    .filter(one -> envelope.signatures().stream()
                            .anyMatch(signature -> PublicKeys.verifies(one, signature.copy(), signed)))
                    .findFirst();
            findings.verified(
                    key.isPresent(),
                    "envelope.signature",
                    "a signature of one of " + rules.keys().size() + " keys",
                    envelope.payload().where());
            return key.map(PublicKeys::name);
        }

        void provenance() {
            Optional<Vouched> statement = Optional.empty();
            if (submission.provenance().isPresent()) {
                try {
                    statement = vouched(Json.parse(submission.provenance().get()));
                } catch (Malformed e) {
                    findings.malformed("provenance.form", e);
                }
            } else {
                statement = inBundle.filter(one -> ProvenanceCheck.isProvenance(one.statement()));
            }
            if (rules.provenance().isEmpty()) {
                return;
            }
            if (statement.isPresent()) {
                ProvenanceCheck.check(
                        findings, rules.provenance().get(), statement.get().statement());
            } else {
                findings.fail(
                        "provenance",
                        "a statement about how it was built, by somebody who may sign",
                        submission.provenance().isPresent() ? "one that does not hold" : "none",
                        Where.field("submission", "provenance"));
            }
        }

        void sbom() throws IOException {
            if (rules.sbom().isEmpty() && submission.sbom().isEmpty()) {
                return;
            }
            Optional<Contents> contents = Optional.empty();
            try {
                contents = artifact.file().isPresent()
                        ? Contents.of(artifact.file().get())
                        : Optional.empty();
            } catch (Malformed e) {
                findings.malformed("artifact.contents", e);
            }
            try {
                var given = submission.sbom().isPresent()
                        ? handedIn(submission.sbom().get())
                        : within(contents);
                if (given.isEmpty()) {
                    findings.fail(
                            "sbom",
                            "a list of components, handed in or within the artifact",
                            "none that holds",
                            Where.field("submission", "sbom"));
                } else if (rules.sbom().isPresent()) {
                    SbomCheck.check(findings, rules.sbom().get(), given.get(), artifact, contents);
                } else {
                    var _ = CycloneDx.read(given.get().document());
                }
            } catch (Malformed e) {
                findings.malformed("sbom.form", e);
            }
        }

        private Optional<SbomCheck.Given> handedIn(Bytes text) {
            var document = Json.parse(text);
            if (document.find("bomFormat").isPresent()) {
                return Optional.of(new SbomCheck.Given(document, Optional.empty()));
            }
            return vouched(document).map(one -> {
                if (!one.statement().predicateType().equals(SBOM)
                        && !one.statement().predicateType().startsWith(SBOM + "/")) {
                    throw new Malformed(
                            document.where(),
                            "a statement of type " + SBOM,
                            Bytes.shorten(one.statement().predicateType()));
                }
                return new SbomCheck.Given(one.statement().predicate(), Optional.of(one.by()));
            });
        }

        private static Optional<SbomCheck.Given> within(Optional<Contents> contents) {
            var found = contents.map(Contents::sboms).orElse(List.of());
            if (found.size() > 1) {
                throw new Malformed(Where.field("artifact", ""), "one list of components", found.size() + " lists");
            }
            return found.stream()
                    .findFirst()
                    .map(one -> new SbomCheck.Given(Json.parse(one), Optional.of(Contents.WITHIN)));
        }
    }
}
