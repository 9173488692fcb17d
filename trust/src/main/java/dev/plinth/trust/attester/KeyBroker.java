package dev.plinth.trust.attester;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JWEObject;
import com.nimbusds.jose.crypto.ECDHDecrypter;
import com.nimbusds.jose.jwk.Curve;
import com.nimbusds.jose.jwk.ECKey;
import com.nimbusds.jose.jwk.gen.ECKeyGenerator;
import dev.plinth.trust.KeyBinding;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.text.ParseException;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** One session with a key broker (KBS's protocol, 0.4.0): evidence for it and for its key, and then secrets that only that key opens. For one thread. */
public final class KeyBroker implements AutoCloseable {
    private static final Duration ANSWER_MAX = Duration.ofSeconds(30);
    private static final String ALGORITHM = "ECDH-ES+A256KW";
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final int OK = 200;

    private final HttpClient http;
    private final URI base;
    private final ECKey key;
    private Optional<String> cookie = Optional.empty();

    private KeyBroker(HttpClient http, URI base, ECKey key) {
        this.http = http;
        this.base = base;
        this.key = key;
    }

    /** What the broker answered in place of what was asked for. */
    public static final class Refusal extends IOException {
        private final int status;

        Refusal(int status, String detail) {
            super(detail);
            this.status = status;
        }

        /** Of HTTP: 401 if the evidence does not suffice, 403 if a policy denies, 404 if there is nothing, 503 if it is sealed. */
        public int status() {
            return status;
        }
    }

    /** How a machine makes evidence, as the attesters of Confidential Containers write it. */
    public interface Attester {
        /** The evidence's JSON. */
        String evidence(byte[] reportData) throws IOException;
    }

    /**
     * Begins with a key that is made now.
     *
     * @param server its HTTP port, {@code http://host:port}
     */
    public static KeyBroker at(URI server) {
        try {
            return new KeyBroker(HttpClient.newHttpClient(), server, new ECKeyGenerator(Curve.P_256).generate());
        } catch (JOSEException e) {
            throw new IllegalStateException("this JDK has no P-256", e);
        }
    }

    /**
     * Proves what this machine is, with a key that was made for this session.
     *
     * @param tee as the protocol names it: {@code tpm}, {@code tdx}, ...
     * @throws Refusal if that does not suffice; it says why
     */
    public void attest(String tee, Attester attester) throws IOException, InterruptedException {
        cookie = Optional.empty();
        var challenge = send(
                "POST", "auth", JSON.writeValueAsString(Map.of("version", "0.4.0", "tee", tee, "extra-params", "")));
        var nonce = read(challenge).path("nonce").asText();
        var evidence = attester.evidence(KeyBinding.ofBroker(nonce, new TreeMap<>(members()), ""));
        var attestation = JSON.createObjectNode();
        attestation.putNull("init-data");
        attestation.putObject("runtime-data").put("nonce", nonce).putPOJO("tee-pubkey", members());
        attestation
                .putObject("tee-evidence")
                .put("additional_evidence", "")
                .set("primary_evidence", JSON.readTree(evidence));
        var _ = send("POST", "attest", JSON.writeValueAsString(attestation));
    }

    private Map<String, String> members() {
        var members = new LinkedHashMap<String, String>();
        members.put("kty", "EC");
        members.put("crv", key.getCurve().getName());
        members.put("alg", ALGORITHM);
        members.put("x", key.getX().toString());
        members.put("y", key.getY().toString());
        return members;
    }

    /**
     * A secret, decrypted with the session's key.
     *
     * @param name {@code repository/type/tag}
     * @throws Refusal if it is not given; it says why
     */
    public byte[] secret(String name) throws IOException, InterruptedException {
        var flat = read(send("GET", "resource/" + name, ""));
        var compact = String.join(
                ".",
                List.of("protected", "encrypted_key", "iv", "ciphertext", "tag").stream()
                        .map(part -> flat.path(part).asText())
                        .toList());
        try {
            var sealed = JWEObject.parse(compact);
            sealed.decrypt(new ECDHDecrypter(key));
            return sealed.getPayload().toBytes();
        } catch (ParseException | JOSEException e) {
            throw new IOException("the broker's answer cannot be decrypted: " + e.getMessage(), e);
        }
    }

    private String send(String method, String path, String body) throws IOException, InterruptedException {
        var request = HttpRequest.newBuilder(base.resolve("/kbs/v0/" + path))
                .timeout(ANSWER_MAX)
                .header("content-type", "application/json")
                .method(method, HttpRequest.BodyPublishers.ofString(body));
        cookie.ifPresent(value -> request.header("cookie", value));
        var response = http.send(request.build(), HttpResponse.BodyHandlers.ofString());
        if (response.statusCode() != OK) {
            throw new Refusal(response.statusCode(), detail(response.body()));
        }
        response.headers().firstValue("set-cookie").ifPresent(set -> cookie = Optional.of(set.split(";", 2)[0]));
        return response.body();
    }

    private static String detail(String body) {
        try {
            return JSON.readTree(body).path("detail").asText(body);
        } catch (JsonProcessingException e) {
            // Not from a key broker's door: whatever it says is the best there is to show.
            return body;
        }
    }

    private static JsonNode read(String body) throws IOException {
        try {
            return JSON.readTree(body);
        } catch (JsonProcessingException e) {
            throw new IOException("the broker's answer: expected JSON: " + e.getOriginalMessage(), e);
        }
    }

    @Override
    public void close() {
        http.close();
    }
}
