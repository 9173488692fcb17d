package dev.plinth.trust.supply;

import dev.plinth.trust.Bytes;
import dev.plinth.trust.Json;
import dev.plinth.trust.Malformed;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;

/** A list of components in CycloneDX's JSON, as far as rules ask about it. */
record CycloneDx(List<Component> components, Optional<Component> about) {
    private static final Set<String> VERSIONS = Set.of("1.4", "1.5", "1.6");
    static final int COMPONENTS_MAX = 20_000;

    /**
     * A component.
     *
     * @param sha256 of its file, in lower case
     * @param licenses identifiers and names
     * @param expressions SPDX licence expressions
     */
    record Component(
            Json place,
            String name,
            Optional<String> version,
            Optional<String> purl,
            Optional<String> sha256,
            List<String> licenses,
            List<String> expressions) {
        Component {
            licenses = List.copyOf(licenses);
            expressions = List.copyOf(expressions);
        }

        @Override
        public String toString() {
            return purl.orElseGet(() -> name + version.map(one -> " " + one).orElse(""));
        }
    }

    CycloneDx {
        components = List.copyOf(components);
    }

    static CycloneDx read(Json document) {
        var format = document.at("bomFormat");
        var version = document.at("specVersion");
        if (!format.text().equals("CycloneDX") || !VERSIONS.contains(version.text())) {
            throw new Malformed(
                    version.where(), "CycloneDX 1.4, 1.5 or 1.6", Bytes.shorten(format.text() + " " + version.text()));
        }
        var components = new ArrayList<Component>();
        collect(document, components);
        return new CycloneDx(
                components,
                document.find("metadata").flatMap(one -> one.find("component")).map(CycloneDx::component));
    }

    /** Components may have components of their own. */
    private static void collect(Json of, List<Component> into) {
        for (var one : of.find("components").map(Json::list).orElse(List.of())) {
            if (into.size() == COMPONENTS_MAX) {
                throw new Malformed(one.where(), "at most " + COMPONENTS_MAX + " components", "more");
            }
            into.add(component(one));
            collect(one, into);
        }
    }

    private static Component component(Json one) {
        var licenses = new ArrayList<String>();
        var expressions = new ArrayList<String>();
        for (var choice : one.find("licenses").map(Json::list).orElse(List.of())) {
            choice.find("expression").ifPresent(text -> expressions.add(text.text()));
            choice.find("license").ifPresent(license -> {
                license.find("id").ifPresent(text -> licenses.add(text.text()));
                license.find("name").ifPresent(text -> licenses.add(text.text()));
            });
        }
        return new Component(
                one,
                one.at("name").text(),
                text(one, "version"),
                text(one, "purl"),
                one.find("hashes").map(Json::list).orElse(List.of()).stream()
                        .filter(hash -> hash.at("alg").text().equals("SHA-256"))
                        .map(hash -> hash.at("content").text().toLowerCase(Locale.ROOT))
                        .findFirst(),
                licenses,
                expressions);
    }

    private static Optional<String> text(Json one, String name) {
        return one.find(name).map(Json::text).filter(text -> !text.isBlank());
    }
}
