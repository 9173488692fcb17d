package dev.plinth.trust.supply;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.plinth.trust.Bytes;
import dev.plinth.trust.Finding;
import dev.plinth.trust.supply.SigstoreWorld.Form;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.bouncycastle.asn1.x509.GeneralName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Bundles of an authority, of logs and of a clock that imitate Sigstore's: what holds, and everything that must not. */
class ImitatedSigstoreTest {
    private static final byte[] ARTIFACT = "the bytes of an artifact".getBytes(StandardCharsets.UTF_8);
    private static final byte[] OTHER = "the bytes of another one".getBytes(StandardCharsets.UTF_8);
    private static final String PROVENANCE = SigstoreWorld.statement(
            ARTIFACT,
            "https://slsa.dev/provenance/v1",
            "{\"buildDefinition\":{\"externalParameters\":{\"workflow\":{\"repository\":\"https://example.org/ann/app\"}}},"
                    + "\"runDetails\":{\"builder\":{\"id\":\"https://example.org/builder@v2\"}}}");

    @TempDir
    private static Path folder;

    private final SigstoreWorld world = new SigstoreWorld();

    private static Artifact artifact(byte[] bytes) {
        try {
            var file = folder.resolve(SigstoreWorld.hex(SigstoreWorld.sha256(bytes)));
            Files.write(file, bytes);
            return Artifact.of("app.jar", file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Examination examine(AdmissionRules rules, Artifact artifact, Bytes bundle, Instant at) {
        try {
            return Examination.of(
                    rules,
                    new Submission(
                            artifact,
                            Optional.of(bundle),
                            Optional.empty(),
                            Optional.empty(),
                            Optional.empty(),
                            Optional.empty()),
                    at);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Examination examine(AdmissionRules rules, ObjectNode bundle) {
        return examine(rules, artifact(ARTIFACT), SigstoreWorld.bytes(bundle), SigstoreWorld.AT);
    }

    private static List<String> failed(Examination examination) {
        return examination.findings().stream()
                .filter(one -> one.outcome() == Finding.Outcome.FAILED)
                .map(Finding::check)
                .toList();
    }

    record Made(String name, AdmissionRules rules, ObjectNode bundle) {
        @Override
        public String toString() {
            return name;
        }
    }

    static List<Made> forms() {
        var world = new SigstoreWorld();
        var made = new ArrayList<Made>();
        var promiseAlone = new Form().old("0.1");
        promiseAlone.proof = false;
        made.add(new Made("v0.1, a promise", world.rules(), world.bundle(promiseAlone, ARTIFACT)));
        made.add(new Made("v0.1, a promise and a proof", world.rules(), world.bundle(new Form().old("0.1"), ARTIFACT)));
        made.add(new Made("v0.2", world.rules(), world.bundle(new Form().old("0.2"), ARTIFACT)));
        made.add(new Made("v0.3", world.rules(), world.bundle(new Form(), ARTIFACT)));
        var stamped = new Form();
        stamped.timestamp = true;
        made.add(new Made("v0.3 with a timestamp", world.rules(), world.bundle(stamped, ARTIFACT)));
        made.add(new Made(
                "the second log", world.rules(), world.bundle(new Form().second("hashedrekord 0.0.2"), ARTIFACT)));
        for (var kind : List.of("dsse 0.0.1", "intoto 0.0.2", "hashedrekord 0.0.1")) {
            made.add(new Made(
                    "a statement, " + kind, world.rules(), world.statementBundle(new Form().entry(kind), PROVENANCE)));
        }
        made.add(new Made(
                "a statement in the second log",
                world.rules(),
                world.statementBundle(new Form().second("dsse 0.0.2"), PROVENANCE)));
        for (var keys : List.of(SigstoreWorld.ec("secp256r1"), SigstoreWorld.ed25519(), SigstoreWorld.rsa())) {
            var keyed = new Form();
            keyed.key = Optional.of(keys);
            made.add(new Made(
                    "a key, " + keys.getPublic().getAlgorithm(),
                    world.rulesFor(keys.getPublic()),
                    world.bundle(keyed, ARTIFACT)));
        }
        var mail = new Form();
        mail.leaf.names = List.of(new GeneralName(GeneralName.rfc822Name, "ann@example.org"));
        made.add(new Made(
                "an e-mail address",
                new AdmissionRules(
                        List.of(),
                        List.of(new AdmissionRules.Signer("ann@example.org", SigstoreWorld.ISSUER)),
                        world.trustedRoot(),
                        true,
                        Optional.empty(),
                        Optional.empty()),
                world.bundle(mail, ARTIFACT)));
        return made;
    }

    @ParameterizedTest
    @MethodSource("forms")
    void a_bundle_of_every_form_holds(Made made) {
        var examination = examine(made.rules(), made.bundle());

        assertThat(failed(examination)).isEmpty();
        assertThat(examination.holds()).isTrue();
        assertThat(examination.signers()).hasSize(1);
    }

    @ParameterizedTest
    @MethodSource("forms")
    void it_speaks_for_no_other_artifact(Made made) {
        var examination = examine(made.rules(), artifact(OTHER), SigstoreWorld.bytes(made.bundle()), SigstoreWorld.AT);

        assertThat(examination.holds()).isFalse();
        assertThat(failed(examination)).containsAnyOf("signature", "statement.subject");
    }

    /** Everything in Base64 but a timestamp, parts of which nobody signs; and the checkpoint up to its signature. */
    private static void places(JsonNode node, String path, BiConsumer<String, Consumer<byte[]>> each) {
        node.properties().forEach(member -> {
            var name = member.getKey();
            var value = member.getValue();
            if (value.isTextual()
                    && List.of(
                                    "rawBytes",
                                    "keyId",
                                    "signedEntryTimestamp",
                                    "rootHash",
                                    "canonicalizedBody",
                                    "digest",
                                    "signature",
                                    "payload",
                                    "sig")
                            .contains(name)) {
                each.accept(
                        path + name,
                        bytes -> ((ObjectNode) node)
                                .put(name, Base64.getEncoder().encodeToString(bytes)));
            } else if (name.equals("hashes")) {
                for (int i = 0; i < value.size(); i++) {
                    int at = i;
                    each.accept(
                            path + "hashes[" + i + "]",
                            bytes -> ((ArrayNode) value)
                                    .set(at, Base64.getEncoder().encodeToString(bytes)));
                }
            } else if (value.isArray()) {
                value.forEach(item -> places(item, path + name + ".", each));
            } else if (value.isObject()) {
                places(value, path + name + ".", each);
            }
        });
    }

    private static String textAt(JsonNode bundle, String path) {
        var at = bundle;
        for (var step : path.split("\\.")) {
            if (at.isArray()) {
                at = at.get(0);
            }
            int bracket = step.indexOf('[');
            at = bracket < 0
                    ? at.get(step)
                    : at.get(step.substring(0, bracket))
                            .get(Integer.parseInt(step.substring(bracket + 1, step.length() - 1)));
        }
        return at.textValue();
    }

    @ParameterizedTest
    @MethodSource("forms")
    void each_changed_byte_of_a_bundle_is_noticed(Made made) {
        // Of one form each byte, of the others each 13th, for the time it takes.
        int step = made.name().equals("v0.3") ? 1 : 13;
        var whole = artifact(ARTIFACT);
        var bundle = made.bundle();
        var tried = new ArrayList<String>();
        var believed = new ArrayList<String>();
        places(bundle, "", (path, put) -> {
            var bytes = Base64.getDecoder().decode(textAt(bundle, path));
            for (int i = 0; i < bytes.length; i += step) {
                bytes[i] ^= 1;
                put.accept(bytes);
                if (examine(made.rules(), whole, SigstoreWorld.bytes(bundle), SigstoreWorld.AT)
                        .holds()) {
                    believed.add(path + "[" + i + "]");
                }
                bytes[i] ^= 1;
            }
            put.accept(bytes);
            tried.add(path);
        });

        assertThat(believed).isEmpty();
        assertThat(tried.size()).isGreaterThanOrEqualTo(4);
        assertThat(examine(made.rules(), bundle).holds()).isTrue();
    }

    @Test
    void each_changed_character_of_a_checkpoint_is_noticed() {
        var bundle = world.bundle(new Form(), ARTIFACT);
        var checkpoint = (ObjectNode) bundle.at("/verificationMaterial/tlogEntries/0/inclusionProof/checkpoint");
        var text = checkpoint.get("envelope").textValue();
        for (int i = 0; i < text.length(); i++) {
            var changed = new StringBuilder(text);
            changed.setCharAt(i, (char) (text.charAt(i) ^ 1));
            checkpoint.put("envelope", changed.toString());

            assertThat(examine(world.rules(), bundle).holds())
                    .as("character %s of %s", i, text)
                    .isFalse();
        }
    }

    @Test
    void each_changed_byte_of_what_a_clock_signed_is_noticed() {
        var bundle = world.bundle(new Form().second("hashedrekord 0.0.2"), ARTIFACT);
        var stamp = (ObjectNode) bundle.at("/verificationMaterial/timestampVerificationData/rfc3161Timestamps/0");
        var response = Base64.getDecoder().decode(stamp.get("signedTimestamp").textValue());
        var read = Timestamp.parse(Bytes.of("timestamp", response));
        for (var part : List.of(read.said(), read.attributes(), read.signature())) {
            int start = ((dev.plinth.trust.Where.Range) part.where()).offset();
            for (int i = start; i < start + part.length(); i++) {
                response[i] ^= 1;
                stamp.put("signedTimestamp", SigstoreWorld.base64(response));
                assertThat(examine(world.rules(), bundle).holds())
                        .as("byte %s", i)
                        .isFalse();
                response[i] ^= 1;
            }
        }
    }

    @Test
    void numbers_of_an_entry_that_were_changed_are_noticed() {
        for (var name : List.of("logIndex", "integratedTime", "inclusionProof/logIndex", "inclusionProof/treeSize")) {
            var bundle = world.bundle(new Form(), ARTIFACT);
            var steps = name.split("/");
            var at = (ObjectNode)
                    bundle.at("/verificationMaterial/tlogEntries/0" + (steps.length == 2 ? "/" + steps[0] : ""));
            var last = steps[steps.length - 1];
            at.put(last, "" + (Long.parseLong(at.get(last).textValue()) + 1));

            assertThat(examine(world.rules(), bundle).holds()).as(name).isFalse();
        }
    }

    /** A case, and a check that has to fail in it. */
    private static Arguments refusal(
            String name,
            String check,
            BiConsumer<SigstoreWorld, Form> before,
            BiConsumer<SigstoreWorld, ObjectNode> after) {
        return Arguments.of(name, check, before, after);
    }

    private static Arguments form(String name, String check, BiConsumer<SigstoreWorld, Form> before) {
        return refusal(name, check, before, (_, _) -> {});
    }

    private static Arguments changed(String name, String check, BiConsumer<SigstoreWorld, ObjectNode> after) {
        return refusal(name, check, (_, _) -> {}, after);
    }

    private static ObjectNode entry(ObjectNode bundle) {
        return (ObjectNode) bundle.at("/verificationMaterial/tlogEntries/0");
    }

    static Stream<Arguments> refusals() {
        return Stream.of(
                form(
                        "an identity that may not sign",
                        "certificate.identity",
                        (_, form) -> form.leaf.names = List.of(new GeneralName(
                                GeneralName.uniformResourceIdentifier,
                                "https://example.org/eve/app/.github/workflows/release.yml@refs/tags/v1.0"))),
                form(
                        "an identity that only begins like one",
                        "certificate.identity",
                        (_, form) -> form.leaf.names = List.of(new GeneralName(
                                GeneralName.uniformResourceIdentifier,
                                "https://example.org/ann/app/.github/workflows/release.yml.evil@v1"))),
                form(
                        "an issuer that may not say so",
                        "certificate.identity",
                        (_, form) -> form.leaf.issuedBy = "https://token.example.com"),
                form(
                        "two identities in one certificate",
                        "certificate.form",
                        (_, form) -> form.leaf.names = List.of(
                                new GeneralName(GeneralName.uniformResourceIdentifier, SigstoreWorld.IDENTITY),
                                new GeneralName(GeneralName.rfc822Name, "eve@example.org"))),
                form("a certificate for web servers", "certificate.usage", (_, form) -> form.leaf.codeSigning = false),
                form(
                        "another authority of the same name",
                        "certificate.issuer",
                        (_, form) -> form.leaf.signedBy = Optional.of(SigstoreWorld.ec("secp384r1"))),
                form("no certificate log has seen it", "certificate.sct", (_, form) -> form.leaf.sct = false),
                form(
                        "a certificate log that nobody knows",
                        "certificate.sct",
                        (_, form) -> form.leaf.certificateLog = Optional.of(SigstoreWorld.ec("secp256r1"))),
                form(
                        "signed before the certificate's time",
                        "certificate.validity",
                        (_, form) -> form.integrated = SigstoreWorld.SIGNED.minusSeconds(60)),
                form(
                        "signed after the certificate's time",
                        "certificate.validity",
                        (_, form) -> form.integrated = SigstoreWorld.SIGNED.plusSeconds(601)),
                form("a clock says another time than the log", "certificate.validity", (_, form) -> {
                    form.second("hashedrekord 0.0.2");
                    form.integrated = SigstoreWorld.SIGNED.plusSeconds(3_600);
                }),
                form("nothing says when", "certificate.time", (_, form) -> form.promise = false),
                form("no promise, where the version asks for one", "log.promise", (_, form) -> {
                    form.old("0.1");
                    form.promise = false;
                    form.timestamp = true;
                }),
                form("no proof, where the version asks for one", "log.inclusion", (_, form) -> form.proof = false),
                changed(
                        "no entry of a log, though one is asked for",
                        "log.required",
                        (_, bundle) -> ((ObjectNode) bundle.at("/verificationMaterial")).putArray("tlogEntries")),
                changed(
                        "the entry of another signature",
                        "log.entry.signature",
                        (world, bundle) -> ((ArrayNode) bundle.at("/verificationMaterial/tlogEntries"))
                                .set(0, entry(world.bundle(new Form(), ARTIFACT)))),
                changed(
                        "the entry of another artifact",
                        "log.entry.digest",
                        (world, bundle) -> ((ArrayNode) bundle.at("/verificationMaterial/tlogEntries"))
                                .set(0, entry(world.bundle(new Form(), OTHER)))),
                changed(
                        "the proof of another entry",
                        "log.inclusion",
                        (world, bundle) -> entry(bundle)
                                .set(
                                        "inclusionProof",
                                        entry(world.bundle(new Form(), ARTIFACT))
                                                .get("inclusionProof"))),
                changed(
                        "the promise of another entry",
                        "log.promise",
                        (world, bundle) -> entry(bundle)
                                .set(
                                        "inclusionPromise",
                                        entry(world.bundle(new Form(), ARTIFACT))
                                                .get("inclusionPromise"))),
                changed(
                        "an entry of another log",
                        "log.known",
                        (_, bundle) -> ((ArrayNode) bundle.at("/verificationMaterial/tlogEntries"))
                                .set(0, entry(new SigstoreWorld().bundle(new Form(), ARTIFACT)))),
                changed(
                        "the checkpoint of another size",
                        "log.checkpoint.root",
                        (world, bundle) -> ((ObjectNode) entry(bundle).get("inclusionProof"))
                                .set(
                                        "checkpoint",
                                        entry(world.bundle(new Form(), ARTIFACT))
                                                .at("/inclusionProof/checkpoint"))),
                changed(
                        "the certificate of another",
                        "signature",
                        (world, bundle) -> ((ObjectNode) bundle.get("verificationMaterial"))
                                .set(
                                        "certificate",
                                        world.bundle(new Form(), ARTIFACT).at("/verificationMaterial/certificate"))),
                changed(
                        "the digest of another artifact",
                        "signature.digest",
                        (_, bundle) -> ((ObjectNode) bundle.at("/messageSignature/messageDigest"))
                                .put("digest", SigstoreWorld.base64(SigstoreWorld.sha256(OTHER)))),
                changed(
                        "a version that nobody knows",
                        "bundle.form",
                        (_, bundle) -> bundle.put("mediaType", "application/vnd.dev.sigstore.bundle+json;version=0.9")),
                changed(
                        "a chain where the version has none",
                        "bundle.form",
                        (_, bundle) -> bundle.set(
                                "verificationMaterial",
                                new SigstoreWorld()
                                        .bundle(new Form().old("0.2"), ARTIFACT)
                                        .get("verificationMaterial"))),
                changed("a signature and a statement", "bundle.form", (_, bundle) -> bundle.putObject("dsseEnvelope")),
                changed(
                        "a kind of entry that nobody knows",
                        "log.entry",
                        (_, bundle) -> ((ObjectNode) entry(bundle).get("kindVersion")).put("kind", "rpm")),
                changed("nothing", "bundle.form", (_, bundle) -> bundle.removeAll()));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("refusals")
    void it_is_refused(
            String name,
            String check,
            BiConsumer<SigstoreWorld, Form> before,
            BiConsumer<SigstoreWorld, ObjectNode> after) {
        var form = new Form();
        before.accept(world, form);
        var bundle = world.bundle(form, ARTIFACT);
        after.accept(world, bundle);

        var examination = examine(world.rules(), bundle);

        assertThat(examination.holds()).isFalse();
        assertThat(failed(examination)).contains(check);
    }

    @Test
    void outside_of_its_time_nobody_in_the_trusted_root_is_believed() {
        var bundle = world.bundle(new Form(), ARTIFACT);
        var ended = new AdmissionRules(
                List.of(),
                world.rules().signers(),
                world.trustedRoot(SigstoreWorld.FROM, Optional.of(SigstoreWorld.SIGNED.minusSeconds(1))),
                true,
                Optional.empty(),
                Optional.empty());

        assertThat(failed(examine(ended, bundle))).contains("log.validity", "certificate.time", "certificate.sct");
    }

    @Test
    void a_log_that_promises_nothing_is_believed_in_its_time_by_the_clocks() {
        var bundle = world.bundle(new Form().second("hashedrekord 0.0.2"), ARTIFACT);
        var ended = new AdmissionRules(
                List.of(),
                world.rules().signers(),
                world.trustedRoot(SigstoreWorld.FROM, Optional.of(SigstoreWorld.SIGNED.minusSeconds(1))),
                true,
                Optional.empty(),
                Optional.empty());

        assertThat(failed(examine(ended, bundle))).contains("timestamp.authority", "certificate.time");

        var stampedByOthers = world.trustedRoot(SigstoreWorld.FROM, Optional.empty())
                .replaceFirst(
                        "(?s)(\"baseUrl\":\"https://log2[^}]*\"validFor\":\\{\"start\":\"[^\"]*\")",
                        "$1,\"end\":\"2026-05-01T00:00:00Z\"");
        assertThat(failed(examine(
                        new AdmissionRules(
                                List.of(),
                                world.rules().signers(),
                                stampedByOthers,
                                true,
                                Optional.empty(),
                                Optional.empty()),
                        bundle)))
                .containsExactly("log.validity");
    }

    @Test
    void the_end_of_its_time_is_within_it() {
        var stamped = world.bundle(new Form(), ARTIFACT);
        var rules = new AdmissionRules(
                List.of(),
                world.rules().signers(),
                world.trustedRoot(SigstoreWorld.FROM, Optional.of(SigstoreWorld.SIGNED)),
                true,
                Optional.empty(),
                Optional.empty());

        assertThat(failed(examine(rules, stamped))).isEmpty();
    }

    @Test
    void what_was_signed_later_than_now_is_refused() {
        var bundle = SigstoreWorld.bytes(world.bundle(new Form(), ARTIFACT));
        var before = SigstoreWorld.SIGNED.minus(Examination.CLOCKS_APART_MAX);

        assertThat(failed(examine(world.rules(), artifact(ARTIFACT), bundle, before.minusSeconds(1))))
                .containsOnly("log.time", "certificate.time");
        assertThat(examine(world.rules(), artifact(ARTIFACT), bundle, before).holds())
                .isTrue();
    }

    @Test
    void a_policy_for_keys_alone_admits_no_certificate() {
        var rules = SigstoreWorld.keysAlone(SigstoreWorld.ec("secp256r1").getPublic());

        assertThat(failed(examine(rules, world.bundle(new Form(), ARTIFACT)))).containsExactly("certificate");
    }

    @Test
    void a_key_that_is_not_in_the_policy_is_refused() {
        var form = new Form();
        form.key = Optional.of(SigstoreWorld.ec("secp256r1"));

        assertThat(failed(examine(
                        world.rulesFor(SigstoreWorld.ec("secp256r1").getPublic()), world.bundle(form, ARTIFACT))))
                .containsExactly("signature");
    }

    @Test
    void an_artifact_that_is_known_by_its_digest_alone_is_verified_by_it() {
        var known = Artifact.named("app", SigstoreWorld.hex(SigstoreWorld.sha256(ARTIFACT)));

        assertThat(examine(
                                world.rules(),
                                known,
                                SigstoreWorld.bytes(world.bundle(new Form(), ARTIFACT)),
                                SigstoreWorld.AT)
                        .holds())
                .isTrue();
    }

    @Test
    void any_bytes_at_all_are_refused() {
        for (var text : List.of("", "{", "[]", "null", "{\"mediaType\":7}", "\u0000", "{\"a\":1,\"a\":2}")) {
            var examination = examine(
                    world.rules(),
                    artifact(ARTIFACT),
                    Bytes.of("bundle", text.getBytes(StandardCharsets.UTF_8)),
                    SigstoreWorld.AT);

            assertThat(failed(examination)).as(text).containsExactly("bundle.form");
        }
    }
}
