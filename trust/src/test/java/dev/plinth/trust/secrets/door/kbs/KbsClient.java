package dev.plinth.trust.secrets.door.kbs;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JWEObject;
import com.nimbusds.jose.crypto.ECDHDecrypter;
import com.nimbusds.jose.crypto.RSADecrypter;
import com.nimbusds.jose.jwk.ECKey;
import com.nimbusds.jose.jwk.JWK;
import com.nimbusds.jose.jwk.RSAKey;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.text.ParseException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** A client of KBS's protocol as guest-components has it, step by step; keeps what was said. */
final class KbsClient {
    static final ObjectMapper JSON = new ObjectMapper();

    private final HttpClient http = HttpClient.newHttpClient();
    private final String base;
    final JWK key;
    private final String algorithm;
    final List<String> transcript = new ArrayList<>();
    Optional<String> cookie = Optional.empty();
    Optional<String> bearer = Optional.empty();

    KbsClient(int port, JWK key, String algorithm) {
        this.base = "http://127.0.0.1:" + port;
        this.key = key;
        this.algorithm = algorithm;
    }

    HttpResponse<String> send(String method, String path, String body) throws IOException, InterruptedException {
        var request = HttpRequest.newBuilder(URI.create(base + path))
                .method(method, HttpRequest.BodyPublishers.ofString(body))
                .header("content-type", "application/json");
        transcript.add("> " + method + " " + path);
        cookie.ifPresent(value -> {
            request.header("cookie", value);
            transcript.add("> cookie: " + value);
        });
        bearer.ifPresent(token -> request.header("authorization", "Bearer " + token));
        if (!body.isEmpty()) {
            transcript.add("> " + body);
        }
        var response = http.send(request.build(), HttpResponse.BodyHandlers.ofString());
        transcript.add("< " + response.statusCode());
        response.headers().firstValue("content-type").ifPresent(type -> transcript.add("< content-type: " + type));
        response.headers().firstValue("set-cookie").ifPresent(set -> {
            cookie = Optional.of(set.split(";", 2)[0]);
            transcript.add("< set-cookie: " + set);
        });
        transcript.add("< " + response.body());
        return response;
    }

    String auth(String tee) throws IOException, InterruptedException {
        cookie = Optional.empty();
        var challenge = send(
                "POST",
                "/kbs/v0/auth",
                "{\"version\":\"0.4.0\",\"tee\":\"" + tee
                        + "\",\"extra-params\":{\"supported-hash-algorithms\":[\"sha256\",\"sha384\",\"sha512\"]}}");
        return json(challenge).path("nonce").asText();
    }

    Map<String, String> teePubkey() {
        var members = new LinkedHashMap<String, String>();
        var publicKey = key.toPublicJWK().toJSONObject();
        members.put("kty", key.getKeyType().getValue());
        if (key instanceof ECKey) {
            members.put("crv", (String) publicKey.get("crv"));
        }
        members.put("alg", algorithm);
        for (var name : key instanceof ECKey ? List.of("x", "y") : List.of("n", "e")) {
            members.put(name, (String) publicKey.get(name));
        }
        return members;
    }

    HttpResponse<String> attest(String nonce, Attester attester) throws IOException, InterruptedException {
        return attest(nonce, attester.evidence(KbsDoor.reportData(nonce, TeeKey.of(teePubkey()), "")));
    }

    HttpResponse<String> attest(String nonce, String evidence) throws IOException, InterruptedException {
        return send("POST", "/kbs/v0/attest", attestation(nonce, evidence));
    }

    String attestation(String nonce, String evidence) throws IOException {
        return "{\"init-data\":null,\"runtime-data\":{\"nonce\":\"" + nonce + "\",\"tee-pubkey\":"
                + JSON.writeValueAsString(teePubkey()) + "},\"tee-evidence\":{\"primary_evidence\":" + evidence
                + ",\"additional_evidence\":\"\"}}";
    }

    HttpResponse<String> get(String resource) throws IOException, InterruptedException {
        return send("GET", "/kbs/v0/resource/" + resource, "");
    }

    static JsonNode json(HttpResponse<String> response) throws IOException {
        return JSON.readTree(response.body());
    }

    /** Decrypts a reply by a JOSE library; fails where a client that writes the header anew would fail. */
    byte[] open(String reply) throws IOException, ParseException, JOSEException {
        var flat = JSON.readTree(reply);
        var header = new com.nimbusds.jose.util.Base64URL(flat.path("protected").asText()).decodeToString();
        if (!header.equals(asRustWritesIt(header))) {
            throw new IOException("a client of Trustee would authenticate another header than " + header);
        }
        var compact = JWEObject.parse(String.join(
                ".",
                flat.path("protected").asText(),
                flat.path("encrypted_key").asText(),
                flat.path("iv").asText(),
                flat.path("ciphertext").asText(),
                flat.path("tag").asText()));
        compact.decrypt(key instanceof ECKey ec ? new ECDHDecrypter(ec) : new RSADecrypter((RSAKey) key));
        return compact.getPayload().toBytes();
    }

    /** The struct's own members first, then the others by name. */
    private static String asRustWritesIt(String header) throws IOException {
        var read = JSON.readTree(header);
        var text = new StringBuilder("{\"alg\":" + read.path("alg") + ",\"enc\":" + read.path("enc"));
        if (read.has("epk")) {
            var epk = read.path("epk");
            text.append(",\"epk\":{\"crv\":" + epk.path("crv") + ",\"kty\":" + epk.path("kty") + ",\"x\":"
                    + epk.path("x") + ",\"y\":" + epk.path("y") + "}");
        }
        return text.append('}').toString();
    }
}
