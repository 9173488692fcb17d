package dev.plinth.registry.persistent;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.plinth.config.ConfigKey;
import dev.plinth.registry.Endpoint;
import dev.plinth.registry.EndpointName;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.TreeMap;

/** A persistent endpoint as a text of the configuration, in JSON. */
final class EndpointText {
    static final String NAMESPACE = "plinth-registry";
    private static final String GROUP = "persistent-endpoints";
    private static final ObjectMapper JSON = new ObjectMapper();

    private EndpointText() {}

    /** A service's name and an address together may be longer than a text's name may be. */
    static ConfigKey key(EndpointName name) {
        try {
            var digest = MessageDigest.getInstance("SHA-256").digest(name.key().getBytes(StandardCharsets.UTF_8));
            return new ConfigKey(NAMESPACE, GROUP, HexFormat.of().formatHex(digest));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }

    static String write(Endpoint endpoint) {
        var text = JSON.createObjectNode()
                .put("service", endpoint.name().service())
                .put("protocol", endpoint.name().protocol())
                .put("address", endpoint.name().address())
                .put("weight", endpoint.weight());
        var metadata = text.putObject("metadata");
        endpoint.metadata().forEach(metadata::put);
        return text.toString();
    }

    /** Throws IllegalArgumentException if it is not what {@link #write} wrote. */
    static Endpoint read(String text) {
        try {
            var read = JSON.readTree(text);
            var metadata = new TreeMap<String, String>();
            read.path("metadata")
                    .properties()
                    .forEach(entry ->
                            metadata.put(entry.getKey(), entry.getValue().asText()));
            return Endpoint.of(
                    new EndpointName(
                            read.path("service").asText(),
                            read.path("protocol").asText(),
                            read.path("address").asText()),
                    read.path("weight").asInt(-1),
                    metadata);
        } catch (JsonProcessingException e) {
            throw new IllegalArgumentException("no JSON: " + e.getOriginalMessage(), e);
        }
    }
}
