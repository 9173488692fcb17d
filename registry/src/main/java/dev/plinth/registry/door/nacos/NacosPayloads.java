package dev.plinth.registry.door.nacos;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.protobuf.Any;
import com.google.protobuf.ByteString;
import dev.plinth.wire.nacos.Metadata;
import dev.plinth.wire.nacos.Payload;
import java.io.IOException;
import java.util.Optional;

/** JSON in its wrapping. */
final class NacosPayloads {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final ByteString CLOSE = ByteString.copyFromUtf8("}");

    private NacosPayloads() {}

    static ObjectNode object() {
        return JSON.createObjectNode();
    }

    /** An answer that says that all went well. */
    static ObjectNode success() {
        return object().put("resultCode", 200).put("errorCode", 0);
    }

    static ObjectNode failure(NacosRefusal refusal) {
        return object().put("resultCode", 500).put("errorCode", refusal.code()).put("message", refusal.text());
    }

    static JsonNode body(Payload payload) {
        try {
            var body = JSON.readTree(payload.getBody().getValue().toByteArray());
            if (!body.isObject()) {
                throw new NacosRefusal(NacosRefusal.INVALID, "the body is no JSON object");
            }
            return body;
        } catch (IOException e) {
            throw new NacosRefusal(NacosRefusal.INVALID, "the body is no JSON: " + e.getMessage());
        }
    }

    static JsonParser parser(Payload payload) throws IOException {
        return JSON.createParser(payload.getBody().getValue().toByteArray());
    }

    static Payload payload(String type, JsonNode body) {
        return payload(type, ByteString.copyFrom(bytes(body)));
    }

    /**
     * An object whose last field was written before.
     *
     * @param beginning the object, {@linkplain #unclosed unclosed}, as far as the last field's colon
     */
    static Payload payload(String type, String beginning, ByteString last) {
        return payload(type, ByteString.copyFromUtf8(beginning).concat(last).concat(CLOSE));
    }

    private static Payload payload(String type, ByteString body) {
        return Payload.newBuilder()
                .setMetadata(Metadata.newBuilder().setType(type))
                .setBody(Any.newBuilder().setValue(body))
                .build();
    }

    /** An object with at least one field, in JSON without its last brace. */
    static ByteString unclosed(ObjectNode object) {
        var bytes = bytes(object);
        return ByteString.copyFrom(bytes, 0, bytes.length - 1);
    }

    private static byte[] bytes(JsonNode json) {
        try {
            return JSON.writeValueAsBytes(json);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("JSON that cannot be written", e);
        }
    }

    /** A text field that is there and not null. */
    static Optional<String> text(JsonNode body, String field) {
        var value = body.get(field);
        return value == null || value.isNull() ? Optional.empty() : Optional.of(value.asText());
    }
}
