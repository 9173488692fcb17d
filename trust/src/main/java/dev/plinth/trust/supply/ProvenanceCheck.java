package dev.plinth.trust.supply;

import dev.plinth.trust.Bytes;
import dev.plinth.trust.Json;
import dev.plinth.trust.Malformed;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** Whether an artifact was built by a builder that may, from a source that may (SLSA provenance v0.2 and v1). */
final class ProvenanceCheck {
    /*
     * The source is what the builder was told to build, which stands in its parameters. What it took in besides, its resolved dependencies,
     * may be anybody's, and is not asked.
     */
    private static final String V0_2 = "https://slsa.dev/provenance/v0.2";
    private static final String V1 = "https://slsa.dev/provenance/v1";

    private ProvenanceCheck() {}

    static boolean isProvenance(Statement statement) {
        return statement.predicateType().equals(V0_2)
                || statement.predicateType().equals(V1);
    }

    static void check(Findings findings, ProvenanceRules rules, Statement statement) {
        try {
            if (!isProvenance(statement)) {
                throw new Malformed(
                        statement.document().where(), V0_2 + " or " + V1, Bytes.shorten(statement.predicateType()));
            }
            boolean first = statement.predicateType().equals(V0_2);
            var builder = (first ? statement.predicate() : statement.predicate().at("runDetails"))
                    .at("builder")
                    .at("id");
            findings.that(
                    rules.builders().isEmpty()
                            || rules.builders().stream().anyMatch(one -> Wildcard.matches(one, builder.text())),
                    "provenance.builder",
                    rules.builders().isEmpty() ? "any" : "one of " + rules.builders(),
                    Bytes.shorten(builder.text()),
                    builder.where());
            var sources = sources(statement.predicate(), first);
            findings.that(
                    rules.sources().isEmpty()
                            || sources.stream()
                                    .anyMatch(source -> rules.sources().stream()
                                            .anyMatch(one -> Wildcard.matches(plain(one), source))),
                    "provenance.source",
                    rules.sources().isEmpty() ? "any" : "one of " + rules.sources(),
                    sources.isEmpty() ? "none in what the builder was told" : Bytes.shorten(sources.toString()),
                    statement.predicate().where());
        } catch (Malformed e) {
            findings.malformed("provenance.form", e);
        }
    }

    private static List<String> sources(Json predicate, boolean first) {
        if (first) {
            return predicate
                    .find("invocation")
                    .flatMap(one -> one.find("configSource"))
                    .flatMap(one -> one.find("uri"))
                    .map(uri -> List.of(plain(uri.text())))
                    .orElse(List.of());
        }
        var parameters = predicate.at("buildDefinition").at("externalParameters");
        // As GitHub's builders write it, and as others do.
        return Stream.of(
                        parameters.find("workflow").flatMap(one -> one.find("repository")),
                        parameters.find("source"),
                        parameters.find("repository"))
                .flatMap(Optional::stream)
                .map(one -> one.find("uri").orElse(one))
                .map(one -> plain(one.text()))
                .distinct()
                .toList();
    }

    /** {@code https://github.com/owner/name} for {@code git+https://github.com/owner/name.git@refs/heads/main}. */
    private static String plain(String uri) {
        var text = uri.startsWith("git+") ? uri.substring(4) : uri;
        int at = text.indexOf('@', Math.max(0, text.indexOf("://") + 3));
        // What stands before a host, a user's name, is part of the address.
        int slash = text.indexOf('/', Math.max(0, text.indexOf("://") + 3));
        text = at > slash && slash > 0 ? text.substring(0, at) : text;
        return text.endsWith(".git") ? text.substring(0, text.length() - 4) : text;
    }
}
