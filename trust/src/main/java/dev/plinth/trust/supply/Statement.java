package dev.plinth.trust.supply;

import dev.plinth.trust.Bytes;
import dev.plinth.trust.Json;
import dev.plinth.trust.Malformed;
import java.util.List;
import java.util.Set;

/** What somebody says about artifacts (in-toto attestation, Statement v0.1 and v1): a predicate, and whom it is about. */
record Statement(Json document, String predicateType, Json predicate) {
    private static final Set<String> TYPES =
            Set.of("https://in-toto.io/Statement/v0.1", "https://in-toto.io/Statement/v1");

    static Statement read(DsseEnvelope envelope) {
        if (!envelope.payloadType().equals(DsseEnvelope.IN_TOTO)) {
            throw new Malformed(
                    envelope.payload().where(),
                    "a payload of type " + DsseEnvelope.IN_TOTO,
                    Bytes.shorten(envelope.payloadType()));
        }
        var document = Json.parse(envelope.payload().named(envelope.payload().source() + " statement"));
        var type = document.at("_type");
        if (!TYPES.contains(type.text())) {
            throw new Malformed(type.where(), "one of " + TYPES, Bytes.shorten(type.text()));
        }
        return new Statement(document, document.at("predicateType").text(), document.at("predicate"));
    }

    /** The digests of those that it is about. */
    private List<String> subjects() {
        return document.at("subject").list().stream()
                .flatMap(one -> one.at("digest").find("sha256").stream())
                .map(Json::text)
                .toList();
    }

    boolean isAbout(Findings findings, Artifact artifact) {
        var subjects = subjects();
        return findings.that(
                subjects.contains(artifact.sha256()),
                "statement.subject",
                "sha256 " + artifact.sha256(),
                subjects.size() == 1 ? "sha256 " + Bytes.shorten(subjects.getFirst()) : subjects.size() + " subjects",
                document.at("subject").where());
    }
}
