package dev.plinth.trust.supply;

import dev.plinth.trust.Bytes;
import dev.plinth.trust.Json;
import dev.plinth.trust.Malformed;
import dev.plinth.trust.Where;
import dev.plinth.trust.supply.CycloneDx.Component;
import dev.plinth.trust.supply.SbomRules.Field;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Whether a list of components is whole, and names nothing that is denied. One finding for each thing that is wrong. */
final class SbomCheck {
    private final Findings findings;
    private final SbomRules rules;

    private SbomCheck(Findings findings, SbomRules rules) {
        this.findings = findings;
        this.rules = rules;
    }

    /**
     * The list, and who says so.
     *
     * @param by somebody who may sign, or the artifact that it is within; empty: whoever handed it in
     */
    record Given(Json document, Optional<String> by) {}

    static void check(Findings findings, SbomRules rules, Given given, Artifact artifact, Optional<Contents> contents) {
        try {
            new SbomCheck(findings, rules).check(given, artifact, contents);
        } catch (Malformed e) {
            findings.malformed("sbom.form", e);
        }
    }

    private void check(Given given, Artifact artifact, Optional<Contents> contents) {
        var where = given.document().where();
        if (rules.vouched()) {
            findings.that(
                    given.by().isPresent(),
                    "sbom.vouched",
                    "a list within the artifact, or in a statement that is signed",
                    given.by().orElse("a list that nobody vouches for"),
                    where);
        }
        var bom = CycloneDx.read(given.document());
        bom.about()
                .flatMap(Component::sha256)
                .ifPresent(
                        sha256 -> aboutThis(sha256, given, artifact, bom.about().get()));
        for (var field : Field.values()) {
            if (rules.requires().contains(field)) {
                each(
                        bom.components(),
                        "sbom.complete." + field.name().toLowerCase(Locale.ROOT),
                        "each of " + bom.components().size() + " components has it",
                        one -> has(one, field) ? Optional.empty() : Optional.of("none in " + one),
                        where);
            }
        }
        if (!rules.deniedLicenses().isEmpty()) {
            licenses(bom.components(), where);
        }
        if (!rules.knownBad().isEmpty()) {
            knownBad(bom.components(), where);
        }
        if (rules.contents()) {
            contents(bom, contents, where);
        }
    }

    /** A list may be about something that is not the file, such as the program within; if it names a file by its hash, it is this one or one within. */
    private void aboutThis(String sha256, Given given, Artifact artifact, Component about) {
        if (given.by().filter(Contents.WITHIN::equals).isEmpty()) {
            findings.that(
                    sha256.equals(artifact.sha256()),
                    "sbom.subject",
                    "sha256 " + artifact.sha256(),
                    "sha256 " + Bytes.shorten(sha256),
                    about.place().where());
        }
    }

    private interface Objection {
        /** What is wrong with a component; empty if nothing is. */
        Optional<String> to(Component component);
    }

    private void each(List<Component> components, String check, String expected, Objection objection, Where where) {
        int wrong = 0;
        for (var component : components) {
            var found = objection.to(component);
            if (found.isPresent()) {
                wrong++;
                findings.fail(check, expected, found.get(), component.place().where());
            }
        }
        if (wrong == 0) {
            findings.that(true, check, expected, "each of " + components.size(), where);
        }
    }

    private static boolean has(Component one, Field field) {
        return switch (field) {
            case PURL -> one.purl().isPresent();
            case VERSION -> one.version().isPresent();
            case HASH -> one.sha256().isPresent();
            case LICENSE -> !one.licenses().isEmpty() || !one.expressions().isEmpty();
        };
    }

    private void licenses(List<Component> components, Where where) {
        var denied = rules.deniedLicenses().stream()
                .map(one -> one.toLowerCase(Locale.ROOT))
                .collect(Collectors.toSet());
        each(
                components,
                "sbom.licence",
                "none of the denied licences",
                one -> {
                    for (var license : one.licenses()) {
                        if (LicenseExpression.isDeniedOne(license, denied)) {
                            return Optional.of(license + " of " + one);
                        }
                    }
                    for (var expression : one.expressions()) {
                        try {
                            if (LicenseExpression.isDenied(expression, denied)) {
                                return Optional.of(expression + " of " + one);
                            }
                        } catch (IllegalArgumentException e) {
                            return Optional.of("of " + one + " something else than " + e.getMessage());
                        }
                    }
                    return Optional.empty();
                },
                where);
    }

    private void knownBad(List<Component> components, Where where) {
        var bad = rules.knownBad().stream().map(PackageUrl::parse).collect(Collectors.groupingBy(PackageUrl::name));
        each(
                components,
                "sbom.known-bad",
                "none of " + rules.knownBad().size() + " known-bad components",
                one -> {
                    if (one.purl().isEmpty()) {
                        return Optional.of("no package URL in " + one + ", so it cannot be looked up");
                    }
                    PackageUrl purl;
                    try {
                        purl = PackageUrl.parse(one.purl().get());
                    } catch (IllegalArgumentException e) {
                        return Optional.of(String.valueOf(e.getMessage()));
                    }
                    // What a component calls its version may differ from its package URL's: either counts.
                    return Stream.of(purl, new PackageUrl(purl.name(), one.version()))
                                    .anyMatch(form -> bad.getOrDefault(purl.name(), List.of()).stream()
                                            .anyMatch(known -> known.covers(form)))
                            ? Optional.of(one.toString())
                            : Optional.empty();
                },
                where);
    }

    private void contents(CycloneDx bom, Optional<Contents> contents, Where where) {
        if (contents.isEmpty()) {
            findings.fail(
                    "sbom.contents",
                    "an artifact whose contents are at hand, a zip or tar.gz archive",
                    "a digest, or another file",
                    where);
            return;
        }
        var listed = new HashSet<String>();
        Stream.concat(bom.components().stream(), bom.about().stream())
                .flatMap(one -> one.sha256().stream())
                .forEach(listed::add);
        var missing = contents.get().jars().stream()
                .filter(jar -> !listed.contains(jar.sha256()))
                .toList();
        missing.forEach(jar -> findings.fail(
                "sbom.contents",
                "each jar within in the list, by its SHA-256",
                "none with sha256 " + jar.sha256(),
                Where.field("artifact", jar.path())));
        if (missing.isEmpty()) {
            findings.that(
                    true,
                    "sbom.contents",
                    "each jar within in the list, by its SHA-256",
                    contents.get().jars().size() + " jars, all listed",
                    where);
        }
    }
}
