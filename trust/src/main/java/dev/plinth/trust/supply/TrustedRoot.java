package dev.plinth.trust.supply;

import dev.plinth.trust.Bytes;
import dev.plinth.trust.Certificates;
import dev.plinth.trust.Json;
import dev.plinth.trust.Malformed;
import java.net.URI;
import java.security.PublicKey;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * Whom an operator trusts in Sigstore's world: certificate authorities, logs, time-stamping authorities, each for a time.
 *
 * <p>The format is {@code trusted_root.json} (sigstore/protobuf-specs, TrustedRoot).
 */
record TrustedRoot(
        List<Authority> authorities, List<Log> logs, List<Log> certificateLogs, List<Authority> timestampAuthorities) {
    private static final String MEDIA_TYPE = "application/vnd.dev.sigstore.trustedroot";
    static final int CHARACTERS_MAX = 256 * 1024;
    private static final int EACH_MAX = 64;

    /** From when to when something is trusted, both included. */
    record Validity(Instant from, Instant to) {
        boolean covers(Instant at) {
            return !at.isBefore(from) && !at.isAfter(to);
        }

        @Override
        public String toString() {
            return from + (to.equals(Instant.MAX) ? " on" : " to " + to);
        }
    }

    /** @param chain the one that issues first, the root last */
    record Authority(List<X509Certificate> chain, Validity validity) {
        Authority {
            chain = List.copyOf(chain);
        }
    }

    /** @param host of its address, which is its name in checkpoints */
    record Log(Bytes id, PublicKey key, String host, Validity validity) {}

    TrustedRoot {
        authorities = List.copyOf(authorities);
        logs = List.copyOf(logs);
        certificateLogs = List.copyOf(certificateLogs);
        timestampAuthorities = List.copyOf(timestampAuthorities);
    }

    static TrustedRoot parse(String text) {
        if (text.length() > CHARACTERS_MAX) {
            throw new Malformed(
                    dev.plinth.trust.Where.field("trusted root", ""),
                    "at most " + CHARACTERS_MAX + " characters",
                    text.length() + " characters");
        }
        var document = Json.parse(Bytes.of("trusted root", text.getBytes(java.nio.charset.StandardCharsets.UTF_8)));
        var mediaType = document.at("mediaType");
        if (!mediaType.text().startsWith(MEDIA_TYPE)) {
            throw new Malformed(mediaType.where(), MEDIA_TYPE + "+json", mediaType.text());
        }
        return new TrustedRoot(
                list(document, "certificateAuthorities").stream()
                        .map(TrustedRoot::authority)
                        .toList(),
                list(document, "tlogs").stream().map(TrustedRoot::log).toList(),
                list(document, "ctlogs").stream().map(TrustedRoot::log).toList(),
                list(document, "timestampAuthorities").stream()
                        .map(TrustedRoot::authority)
                        .toList());
    }

    private static List<Json> list(Json document, String name) {
        var items = document.find(name).map(Json::list).orElse(List.of());
        if (items.size() > EACH_MAX) {
            throw new Malformed(document.at(name).where(), "at most " + EACH_MAX + " of them", items.size() + "");
        }
        return items;
    }

    private static Authority authority(Json entry) {
        var chain = entry.at("certChain").at("certificates").list();
        if (chain.isEmpty() || chain.size() > 10) {
            throw new Malformed(entry.where(), "a chain of 1 to 10 certificates", chain.size() + " certificates");
        }
        return new Authority(
                chain.stream()
                        .map(one -> Certificates.parse(one.at("rawBytes").base64()))
                        .toList(),
                validity(entry.at("validFor")));
    }

    private static Log log(Json entry) {
        var key = entry.at("publicKey");
        var url = entry.at("baseUrl");
        String host;
        try {
            host = Optional.ofNullable(URI.create(url.text()).getHost()).orElse("");
        } catch (IllegalArgumentException e) {
            throw new Malformed(url.where(), "the address of a log", Bytes.shorten(url.text()));
        }
        return new Log(
                entry.at("logId").at("keyId").base64(),
                PublicKeys.parse(key.at("rawBytes").base64()),
                host,
                validity(key.at("validFor")));
    }

    private static Validity validity(Json period) {
        return new Validity(
                period.at("start").time(), period.find("end").map(Json::time).orElse(Instant.MAX));
    }
}
