package dev.plinth.trust.supply;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.plinth.trust.Bytes;
import dev.plinth.trust.Finding;
import dev.plinth.trust.supply.SbomRules.Field;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPair;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Lists of components: whole or not, and what is in them. */
class ComponentsTest {
    private static final byte[] LOGGER = "a logger".getBytes(StandardCharsets.UTF_8);
    private static final byte[] DRIVER = "a driver".getBytes(StandardCharsets.UTF_8);
    private static final KeyPair KEY = SigstoreWorld.ec("secp256r1");
    private static final SbomRules PRESENT = new SbomRules(Set.of(), false, false, List.of(), List.of());

    @TempDir
    private Path folder;

    private static String component(String purl, byte[] file, String licenses) {
        return "{\"type\":\"library\",\"name\":\"one\",\"version\":\"1.0\",\"purl\":\"" + purl
                + "\",\"hashes\":[{\"alg\":\"MD5\",\"content\":\"00\"},{\"alg\":\"SHA-256\",\"content\":\""
                + SigstoreWorld.hex(SigstoreWorld.sha256(file)) + "\"}],\"licenses\":" + licenses + "}";
    }

    private static String bom(String... components) {
        return "{\"bomFormat\":\"CycloneDX\",\"specVersion\":\"1.6\",\"components\":[" + String.join(",", components)
                + "]}";
    }

    private static String whole() {
        return bom(
                component("pkg:maven/org.example/logger@1.0?type=jar", LOGGER, "[{\"license\":{\"id\":\"MIT\"}}]"),
                component(
                        "pkg:maven/org.example/driver@2.1",
                        DRIVER,
                        "[{\"expression\":\"Apache-2.0 OR GPL-2.0-only\"}]"));
    }

    /** A jar with two jars in it, as Spring Boot makes it. */
    private Path jar(Optional<String> sbom) throws IOException {
        var file = folder.resolve("app.jar");
        try (var zip = new ZipOutputStream(Files.newOutputStream(file))) {
            put(zip, "BOOT-INF/lib/logger-1.0.jar", LOGGER);
            put(zip, "BOOT-INF/lib/driver-2.1.jar", DRIVER);
            if (sbom.isPresent()) {
                put(zip, "META-INF/sbom/application.cdx.json", sbom.get().getBytes(StandardCharsets.UTF_8));
            }
        }
        return file;
    }

    private static void put(ZipOutputStream zip, String name, byte[] content) throws IOException {
        zip.putNextEntry(new ZipEntry(name));
        zip.write(content);
        zip.closeEntry();
    }

    private static List<Finding> failed(SbomRules rules, Path file, Optional<String> sbom) throws IOException {
        return failed(rules, Optional.empty(), file, sbom, Optional.empty());
    }

    private static List<Finding> failed(
            SbomRules rules,
            Optional<ProvenanceRules> provenance,
            Path file,
            Optional<String> sbom,
            Optional<String> statement)
            throws IOException {
        var keys = SigstoreWorld.keysAlone(KEY.getPublic());
        var examination = Examination.of(
                new AdmissionRules(keys.keys(), List.of(), "", false, Optional.of(rules), provenance),
                new Submission(
                        Artifact.of("app.jar", file),
                        Optional.empty(),
                        Optional.of(Bytes.of("signature", SigstoreWorld.sign(KEY, Files.readAllBytes(file)))),
                        Optional.empty(),
                        sbom.map(text -> Bytes.of("sbom", text.getBytes(StandardCharsets.UTF_8))),
                        statement.map(text -> Bytes.of("provenance", text.getBytes(StandardCharsets.UTF_8)))),
                SigstoreWorld.AT);
        var failed = examination.findings().stream()
                .filter(one -> one.outcome() == Finding.Outcome.FAILED)
                .toList();
        assertThat(examination.holds()).isEqualTo(failed.isEmpty());
        return failed;
    }

    @Test
    void a_whole_list_holds_by_the_strictest_rules() throws IOException {
        var strict = new SbomRules(
                Set.of(Field.values()),
                true,
                true,
                List.of("GPL-2.0-only", "AGPL-3.0-only"),
                List.of("pkg:maven/org.example/logger@0.9", "pkg:maven/org.example/other"));

        assertThat(failed(strict, jar(Optional.of(whole())), Optional.empty())).isEmpty();
    }

    @Test
    void a_list_that_is_not_there_is_missed() throws IOException {
        assertThat(failed(PRESENT, jar(Optional.empty()), Optional.empty()))
                .extracting(Finding::check)
                .containsExactly("sbom");
    }

    @Test
    void each_jar_that_is_not_in_the_list_is_named() throws IOException {
        var contents = new SbomRules(Set.of(), true, false, List.of(), List.of());
        var half = bom(component("pkg:maven/org.example/logger@1.0", LOGGER, "[]"));

        assertThat(failed(contents, jar(Optional.empty()), Optional.of(half)))
                .singleElement()
                .satisfies(one -> {
                    assertThat(one.check()).isEqualTo("sbom.contents");
                    assertThat(one.where()).hasToString("artifact#BOOT-INF/lib/driver-2.1.jar");
                });
    }

    @Test
    void contents_that_cannot_be_seen_are_not_taken_for_whole() throws IOException {
        var contents = new SbomRules(Set.of(), true, false, List.of(), List.of());
        var text = Files.writeString(folder.resolve("text"), "no archive");

        assertThat(failed(contents, text, Optional.of(whole())))
                .extracting(Finding::check)
                .containsExactly("sbom.contents");
    }

    @ParameterizedTest
    @ValueSource(strings = {"--format=gnu", "--format=posix", "--format=ustar"})
    void a_tar_archive_is_read_as_tar_writes_it(String format) throws Exception {
        // Longer than the 100 bytes that a header has room for.
        var release = folder.resolve("in").resolve("release-" + "1".repeat(90));
        Files.createDirectories(release.resolve("lib"));
        Files.write(release.resolve("lib/logger-1.0.jar"), LOGGER);
        Files.write(release.resolve("lib/driver-2.1.jar"), DRIVER);
        Files.createSymbolicLink(release.resolve("lib/driver"), Path.of("driver-2.1.jar"));
        Files.writeString(release.resolve("sbom.cdx.json"), whole());
        var archive = folder.resolve("release.tar.gz");
        var tar = new ProcessBuilder(
                        "tar", format, "-C", folder.resolve("in").toString(), "-czf", archive.toString(), ".")
                .inheritIO()
                .start();
        assertThat(tar.waitFor()).isZero();

        var contents = Contents.of(archive).orElseThrow();

        assertThat(contents.jars())
                .extracting(one -> one.path().replaceFirst(".*/", "") + " " + one.sha256())
                .containsExactlyInAnyOrder(
                        "logger-1.0.jar " + SigstoreWorld.hex(SigstoreWorld.sha256(LOGGER)),
                        "driver-2.1.jar " + SigstoreWorld.hex(SigstoreWorld.sha256(DRIVER)));
        assertThat(failed(new SbomRules(Set.of(), true, true, List.of(), List.of()), archive, Optional.empty()))
                .isEmpty();
    }

    @Test
    void a_link_in_a_jars_place_and_a_jar_in_capitals_are_not_passed_over() throws Exception {
        var release = Files.createDirectories(folder.resolve("in"));
        Files.write(release.resolve("data.bin"), LOGGER);
        Files.createSymbolicLink(release.resolve("logger.jar"), Path.of("data.bin"));
        var archive = folder.resolve("release.tar.gz").toString();
        assertThat(new ProcessBuilder("tar", "-C", release.toString(), "-czf", archive, ".")
                        .start()
                        .waitFor())
                .isZero();
        assertThat(failed(PRESENT, Path.of(archive), Optional.of(whole())))
                .singleElement()
                .satisfies(one -> assertThat(one.found()).contains("a link or a folder called ./logger.jar"));

        var jar = folder.resolve("capitals.jar");
        try (var zip = new ZipOutputStream(Files.newOutputStream(jar))) {
            put(zip, "lib/EVIL.JAR", KEY.getPublic().getEncoded());
        }
        assertThat(failed(new SbomRules(Set.of(), true, false, List.of(), List.of()), jar, Optional.of(whole())))
                .extracting(Finding::check)
                .containsExactly("sbom.contents");
    }

    @Test
    void an_archive_that_is_cut_off_is_refused() throws IOException {
        var jar = Files.readAllBytes(jar(Optional.of(whole())));
        for (int length : new int[] {2, 30, jar.length / 2, jar.length - 1}) {
            var cut = Files.write(folder.resolve("cut"), java.util.Arrays.copyOf(jar, length));

            assertThat(failed(PRESENT, cut, Optional.empty()))
                    .extracting(Finding::check)
                    .contains("sbom");
        }
    }

    @Test
    void a_tar_archive_that_is_cut_off_is_refused() throws IOException {
        var archive = Files.readAllBytes(
                Path.of("src/test/resources/dev/plinth/trust/supply/SupplyParsersFuzzTestInputs/archive/tar.gz"));
        for (int length = 2; length < archive.length; length += 7) {
            var cut = Files.write(folder.resolve("cut"), java.util.Arrays.copyOf(archive, length));

            assertThat(failed(PRESENT, cut, Optional.of(whole())))
                    .extracting(Finding::check)
                    .contains("artifact.contents");
        }
    }

    @Test
    void what_is_missing_in_a_component_is_found_in_each() throws IOException {
        var bare = bom("{\"name\":\"a\",\"components\":[{\"name\":\"b\"}]}");
        var rules = new SbomRules(Set.of(Field.values()), false, false, List.of(), List.of());

        assertThat(failed(rules, jar(Optional.empty()), Optional.of(bare)))
                .extracting(Finding::check)
                .containsExactlyInAnyOrder(
                        "sbom.complete.purl",
                        "sbom.complete.purl",
                        "sbom.complete.version",
                        "sbom.complete.version",
                        "sbom.complete.hash",
                        "sbom.complete.hash",
                        "sbom.complete.license",
                        "sbom.complete.license");
    }

    @Test
    void a_component_that_is_known_to_be_bad_is_found_however_it_is_written() throws IOException {
        var rules = new SbomRules(Set.of(), false, false, List.of(), List.of("pkg:maven/org.example/logger@1.0"));
        for (var purl : List.of(
                "pkg:maven/org.example/logger@1.0",
                "pkg:maven/org.example/logger@1.0?type=jar&classifier=x",
                "pkg:Maven/org.example/logger@1%2E0",
                "pkg:maven//org.example/%6cogger@1.0#sub/path",
                "pkg:maven/org.example/logger",
                "pkg://maven/org.example/logger@9.9")) {
            assertThat(failed(rules, jar(Optional.empty()), Optional.of(bom(component(purl, LOGGER, "[]")))))
                    .as(purl)
                    .extracting(Finding::check)
                    .containsExactly("sbom.known-bad");
        }
        assertThat(failed(rules, jar(Optional.empty()), Optional.of(bom("{\"name\":\"logger\"}"))))
                .singleElement()
                .satisfies(one -> assertThat(one.found()).contains("cannot be looked up"));
        assertThat(failed(
                        rules,
                        jar(Optional.empty()),
                        Optional.of(bom(component("pkg:maven/org.example/loggers@1.0", LOGGER, "[]")))))
                .isEmpty();
    }

    @Test
    void a_licence_that_is_denied_is_found_by_identifier_name_and_expression() throws IOException {
        var rules = new SbomRules(Set.of(), false, false, List.of("GPL-3.0-only", "Own Licence 1"), List.of());
        for (var licenses : List.of(
                "[{\"license\":{\"id\":\"GPL-3.0-only\"}}]",
                "[{\"license\":{\"id\":\"MIT\"}},{\"license\":{\"name\":\"own licence 1\"}}]",
                "[{\"expression\":\"MIT AND GPL-3.0-only\"}]",
                "[{\"expression\":\"(MIT\"}]")) {
            assertThat(failed(
                            rules,
                            jar(Optional.empty()),
                            Optional.of(bom(component("pkg:maven/a/b@1", LOGGER, licenses)))))
                    .as(licenses)
                    .extracting(Finding::check)
                    .containsExactly("sbom.licence");
        }
    }

    @ParameterizedTest
    @CsvSource({
        "GPL-3.0-only, true",
        "gpl-3.0-only, true",
        "GPL-3.0-only+, true",
        "GPL-3.0-only WITH Classpath-exception-2.0, true",
        "MIT OR GPL-3.0-only, false",
        "GPL-3.0-only OR AGPL-3.0-only, true",
        "MIT AND GPL-3.0-only, true",
        "MIT OR Apache-2.0 AND GPL-3.0-only, false",
        "(MIT OR Apache-2.0) AND GPL-3.0-only, true",
        "(MIT OR GPL-3.0-only) AND Apache-2.0, false",
        "Apache-2.0 WITH LLVM-exception, false",
        "LGPL-2.1-only WITH Some-exception, true",
        "MIT, false"
    })
    void an_expression_is_denied_if_it_leaves_no_choice(String expression, boolean denied) {
        assertThat(LicenseExpression.isDenied(
                        expression, Set.of("gpl-3.0-only", "agpl-3.0-only", "lgpl-2.1-only with some-exception")))
                .isEqualTo(denied);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"", "(", "MIT OR", "OR MIT", "MIT MIT", "MIT WITH", "()", "(MIT", "MIT)", "MIT WITH OR", "a$b"})
    void what_is_no_expression_is_refused(String text) {
        assertThatThrownBy(() -> LicenseExpression.isDenied(text, Set.of("x")))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("SPDX licence expression");
        assertThatThrownBy(() -> LicenseExpression.isDenied("(".repeat(2_000) + "MIT", Set.of("x")))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"", "maven/a/b@1", "pkg:", "pkg:maven", "pkg:maven/", "pkg:/a", "pkg:maven/a/b@", "pkg:maven/a%2"
            })
    void what_is_no_package_url_is_refused(String text) {
        assertThatThrownBy(() -> PackageUrl.parse(text))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("package URL");
    }

    @Test
    void a_scope_of_npm_is_no_version() {
        assertThat(PackageUrl.parse("pkg:npm/%40angular/core@12.3.1"))
                .isEqualTo(new PackageUrl("npm/@angular/core", Optional.of("12.3.1")));
        assertThat(PackageUrl.parse("pkg:npm/@angular/core"))
                .isEqualTo(new PackageUrl("npm/@angular/core", Optional.empty()));
    }

    @Test
    void a_list_that_nobody_vouches_for_is_refused_where_somebody_has_to() throws IOException {
        var rules = new SbomRules(Set.of(), false, true, List.of(), List.of());
        var jar = jar(Optional.empty());
        var statement = SigstoreWorld.statement(Files.readAllBytes(jar), "https://cyclonedx.org/bom", whole());

        assertThat(failed(rules, jar, Optional.of(whole())))
                .extracting(Finding::check)
                .containsExactly("sbom.vouched");
        assertThat(failed(rules, jar, Optional.of(SigstoreWorld.envelope(KEY, statement))))
                .isEmpty();
        assertThat(failed(rules, jar, Optional.of(SigstoreWorld.envelope(SigstoreWorld.ec("secp256r1"), statement))))
                .extracting(Finding::check)
                .contains("envelope.signature", "sbom");
        assertThat(failed(
                        rules,
                        jar,
                        Optional.of(SigstoreWorld.envelope(
                                KEY, SigstoreWorld.statement(LOGGER, "https://cyclonedx.org/bom", whole())))))
                .extracting(Finding::check)
                .contains("statement.subject", "sbom");
        assertThat(failed(
                        rules,
                        jar,
                        Optional.of(SigstoreWorld.envelope(
                                KEY,
                                SigstoreWorld.statement(
                                        Files.readAllBytes(jar), "https://spdx.dev/Document", whole())))))
                .extracting(Finding::check)
                .containsExactly("sbom.form");
    }

    @Test
    void other_formats_and_versions_are_refused_by_name() throws IOException {
        var jar = jar(Optional.empty());
        for (var text : List.of(
                "{\"bomFormat\":\"CycloneDX\",\"specVersion\":\"1.3\"}",
                "{\"bomFormat\":\"SPDX\",\"specVersion\":\"1.6\"}",
                "{\"bomFormat\":\"CycloneDX\",\"specVersion\":\"1.6\",\"components\":[{}]}",
                "{\"bomFormat\":\"CycloneDX\",\"specVersion\":\"1.6\",\"components\":{}}",
                "[]")) {
            assertThat(failed(PRESENT, jar, Optional.of(text)))
                    .as(text)
                    .extracting(Finding::check)
                    .containsExactly("sbom.form");
        }
    }

    @Test
    void a_list_about_another_file_is_refused() throws IOException {
        var other = whole().replaceFirst(
                        "\"components\"",
                        "\"metadata\":{\"component\":{\"name\":\"x\",\"hashes\":[{\"alg\":\"SHA-256\",\"content\":\""
                                + "0".repeat(64) + "\"}]}},\"components\"");

        assertThat(failed(PRESENT, jar(Optional.empty()), Optional.of(other)))
                .extracting(Finding::check)
                .containsExactly("sbom.subject");
    }

    private static String provenance(String version, Path jar, String builder, String source) throws IOException {
        return SigstoreWorld.statement(
                Files.readAllBytes(jar),
                "https://slsa.dev/provenance/" + version,
                version.equals("v1")
                        ? "{\"buildDefinition\":{\"externalParameters\":{\"workflow\":{\"repository\":\"" + source
                                + "\"}},\"resolvedDependencies\":[{\"uri\":\"git+https://example.org/good/app@refs/heads/x\"}]},"
                                + "\"runDetails\":{\"builder\":{\"id\":\"" + builder + "\"}}}"
                        : "{\"builder\":{\"id\":\"" + builder + "\"},\"invocation\":{\"configSource\":{\"uri\":\""
                                + source + "\"}},\"materials\":[{\"uri\":\"git+https://example.org/good/app\"}]}");
    }

    @ParameterizedTest
    @ValueSource(strings = {"v0.2", "v1"})
    void a_build_is_admitted_by_its_builder_and_its_source(String version) throws IOException {
        var jar = jar(Optional.of(whole()));
        var rules = Optional.of(new ProvenanceRules(
                List.of("https://builder.org/generic@refs/tags/*"), List.of("https://example.org/good/app")));
        var found = new ArrayList<List<String>>();
        for (var pair : List.of(
                List.of(
                        "https://builder.org/generic@refs/tags/v2",
                        "git+https://example.org/good/app.git@refs/heads/main"),
                List.of("https://builder.org/generic@refs/tags/v2", "https://example.org/good/app"),
                List.of("https://builder.org/evil@refs/tags/v2", "https://example.org/good/app"),
                List.of("https://builder.org/generic@refs/tags/v2", "https://example.org/evil/app"),
                List.of("https://builder.org/generic@refs/tags/v2", "https://example.org/good/app2"),
                List.of("https://builder.org/generic@refs/tags/v2", "https://good.org@example.org/good/app"))) {
            found.add(failed(
                            PRESENT,
                            rules,
                            jar,
                            Optional.empty(),
                            Optional.of(
                                    SigstoreWorld.envelope(KEY, provenance(version, jar, pair.get(0), pair.get(1)))))
                    .stream()
                    .map(Finding::check)
                    .toList());
        }

        assertThat(found)
                .containsExactly(
                        List.of(),
                        List.of(),
                        List.of("provenance.builder"),
                        List.of("provenance.source"),
                        List.of("provenance.source"),
                        List.of("provenance.source"));
    }

    @Test
    void provenance_that_is_asked_for_and_is_not_there_or_nobodys_is_refused() throws IOException {
        var jar = jar(Optional.of(whole()));
        var rules = Optional.of(new ProvenanceRules(List.of(), List.of()));
        var statement = provenance("v1", jar, "b", "s");

        assertThat(failed(PRESENT, rules, jar, Optional.empty(), Optional.empty()))
                .extracting(Finding::check)
                .containsExactly("provenance");
        assertThat(failed(
                        PRESENT,
                        rules,
                        jar,
                        Optional.empty(),
                        Optional.of(SigstoreWorld.envelope(SigstoreWorld.ed25519(), statement))))
                .extracting(Finding::check)
                .containsExactlyInAnyOrder("envelope.signature", "provenance");
        assertThat(failed(
                        PRESENT,
                        rules,
                        jar,
                        Optional.empty(),
                        Optional.of(SigstoreWorld.envelope(KEY, statement.replace("slsa.dev", "slsa.example")))))
                .extracting(Finding::check)
                .containsExactly("provenance.form");
    }
}
