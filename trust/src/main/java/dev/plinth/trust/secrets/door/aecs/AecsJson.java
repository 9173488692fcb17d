package dev.plinth.trust.secrets.door.aecs;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.util.Base64;
import java.util.Set;

/** Protocol Buffers' messages as JSON, as AECS puts them into texts. */
final class AecsJson {
    /*
     * A member has the name that the .proto gives it or, where that gives none, lowerCamelCase: secretName, but hex_signer. Readers of
     * Protocol Buffers take both, so this does, and refuses what is neither.
     */
    private static final ObjectMapper JSON = new ObjectMapper(JsonFactory.builder()
                    .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
                    .disable(StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION)
                    .build())
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);

    private AecsJson() {}

    static ObjectNode object() {
        return JSON.createObjectNode();
    }

    static byte[] write(JsonNode document) {
        try {
            return JSON.writeValueAsBytes(document);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("a document cannot be written", e);
        }
    }

    /**
     * Reads an object; its text is in no message.
     *
     * @throws IllegalArgumentException if it is none
     */
    static JsonNode read(String what, byte[] text) {
        try {
            var document = JSON.readTree(text);
            if (document.isObject()) {
                return document;
            }
        } catch (IOException e) {
            throw new IllegalArgumentException(what + ": expected an object in JSON");
        }
        throw new IllegalArgumentException(what + ": expected an object in JSON");
    }

    /** Demands that an object has no other members. */
    static void demandOnly(String what, JsonNode object, Set<String> names) {
        object.fieldNames().forEachRemaining(name -> {
            if (!names.contains(snake(name))) {
                throw new IllegalArgumentException(what + ": expected no members but " + String.join(", ", names)
                        + ", found '" + shorten(name) + "'");
            }
        });
    }

    /** The text of a member; empty if it is not there. */
    static String text(String what, JsonNode object, String name) {
        var member = member(object, name);
        if (member.isMissingNode() || member.isNull()) {
            return "";
        }
        if (!member.isTextual()) {
            throw new IllegalArgumentException(what + "." + name + ": expected a text");
        }
        return member.textValue();
    }

    /** A member, whichever of its two names it has. */
    static JsonNode member(JsonNode object, String name) {
        var there = object.path(name);
        return there.isMissingNode() ? object.path(camel(name)) : there;
    }

    static byte[] base64(String what, String text) {
        try {
            return Base64.getDecoder().decode(text);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException(what + ": expected bytes in Base64");
        }
    }

    static String shorten(String text) {
        return text.length() <= 80 ? text : text.substring(0, 80) + "…";
    }

    private static String camel(String snake) {
        var name = new StringBuilder();
        for (var word : snake.split("_")) {
            name.append(name.isEmpty() ? word : Character.toUpperCase(word.charAt(0)) + word.substring(1));
        }
        return name.toString();
    }

    private static String snake(String name) {
        var snake = new StringBuilder();
        for (int i = 0; i < name.length(); i++) {
            char one = name.charAt(i);
            if (Character.isUpperCase(one)) {
                snake.append('_').append(Character.toLowerCase(one));
            } else {
                snake.append(one);
            }
        }
        return snake.toString();
    }
}
