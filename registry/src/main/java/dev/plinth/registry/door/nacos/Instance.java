package dev.plinth.registry.door.nacos;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.util.HashMap;
import java.util.Map;

/** An instance as a client describes it; what it leaves out, or says is null, is Nacos's default. */
record Instance(
        String ip,
        int port,
        double weight,
        boolean enabled,
        boolean ephemeral,
        String cluster,
        Map<String, String> metadata) {

    static final String CLUSTER_DEFAULT = "DEFAULT";

    static Instance of(JsonNode instance) {
        Map<String, String> metadata = new HashMap<>();
        instance.path("metadata")
                .properties()
                .forEach(entry -> metadata.put(entry.getKey(), entry.getValue().asText()));
        return new Instance(
                NacosPayloads.text(instance, "ip").orElse(""),
                instance.path("port").asInt(),
                instance.path("weight").asDouble(1),
                instance.path("enabled").asBoolean(true),
                instance.path("ephemeral").asBoolean(true),
                NacosPayloads.text(instance, "clusterName").orElse(CLUSTER_DEFAULT),
                metadata);
    }

    /** Reads one; the parser is at its beginning, and then at its end. */
    static Instance read(JsonParser json) throws IOException {
        var ip = "";
        int port = 0;
        double weight = 1;
        boolean enabled = true;
        boolean ephemeral = true;
        var cluster = CLUSTER_DEFAULT;
        Map<String, String> metadata = Map.of();
        if (json.currentToken() != JsonToken.START_OBJECT) {
            json.skipChildren();
            return new Instance(ip, port, weight, enabled, ephemeral, cluster, metadata);
        }
        for (var field = json.nextFieldName(); field != null; field = json.nextFieldName()) {
            if (json.nextToken() == JsonToken.VALUE_NULL) {
                continue;
            }
            switch (field) {
                case "ip" -> ip = json.getValueAsString("");
                case "port" -> port = json.getValueAsInt();
                case "weight" -> weight = json.getValueAsDouble(1);
                case "enabled" -> enabled = json.getValueAsBoolean(true);
                case "ephemeral" -> ephemeral = json.getValueAsBoolean(true);
                case "clusterName" -> cluster = json.getValueAsString("");
                case "metadata" -> metadata = texts(json);
                default -> {
                    // Nothing that this registry keeps.
                }
            }
            // Of what was expected to be a value and is none, nothing is taken.
            json.skipChildren();
        }
        return new Instance(ip, port, weight, enabled, ephemeral, cluster, metadata);
    }

    private static Map<String, String> texts(JsonParser json) throws IOException {
        Map<String, String> texts = new HashMap<>();
        if (json.currentToken() == JsonToken.START_OBJECT) {
            for (var key = json.nextFieldName(); key != null; key = json.nextFieldName()) {
                texts.put(key, json.nextToken() == JsonToken.VALUE_NULL ? "null" : json.getValueAsString(""));
                json.skipChildren();
            }
        }
        return texts;
    }
}
