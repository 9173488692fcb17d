package dev.plinth.trust.supply;

import dev.plinth.trust.Bytes;
import dev.plinth.trust.Json;
import dev.plinth.trust.Malformed;

/** What cosign signs for an image: a small text with the digest of its manifest (containers/image, "simple signing"). */
final class SimpleSigning {
    private static final String TYPE = "cosign container image signature";

    private SimpleSigning() {}

    static void check(Findings findings, Bytes payload, Artifact image) {
        try {
            var critical = Json.parse(payload).at("critical");
            var type = critical.at("type");
            findings.that(type.text().equals(TYPE), "payload.type", TYPE, Bytes.shorten(type.text()), type.where());
            var digest = critical.at("image").at("docker-manifest-digest");
            findings.that(
                    digest.text().equals("sha256:" + image.sha256()),
                    "payload.digest",
                    "sha256:" + image.sha256(),
                    Bytes.shorten(digest.text()),
                    digest.where());
        } catch (Malformed e) {
            findings.malformed("payload.form", e);
        }
    }
}
