package dev.plinth.trust;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;

/** A place in a JSON document that knows its path, so that whatever is wrong there can be named. */
public record Json(String source, String path, JsonNode node) {
    public static final int DOCUMENT_BYTES_MAX = 8 * 1024 * 1024;
    static final int ITEMS_MAX = 10_000;

    // A document in which a name stands twice reads differently to different readers: it is refused.
    private static final ObjectMapper MAPPER = new ObjectMapper(JsonFactory.builder()
                    .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
                    .disable(StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION)
                    .streamReadConstraints(StreamReadConstraints.builder()
                            .maxNestingDepth(32)
                            .maxStringLength(DOCUMENT_BYTES_MAX)
                            .maxNumberLength(20)
                            .maxDocumentLength(DOCUMENT_BYTES_MAX)
                            .build())
                    .build())
            .enable(com.fasterxml.jackson.databind.DeserializationFeature.FAIL_ON_TRAILING_TOKENS);

    public static Json parse(Bytes document) {
        if (document.length() > DOCUMENT_BYTES_MAX) {
            throw new Malformed(
                    document.where(),
                    "a document of at most " + DOCUMENT_BYTES_MAX + " bytes",
                    document.length() + " bytes");
        }
        // Decoded here, as UTF-8 and nothing else: left to itself Jackson guesses the encoding.
        try (JsonParser parser = MAPPER.createParser(document.text(StandardCharsets.UTF_8))) {
            var node = MAPPER.<JsonNode>readTree(parser);
            if (node == null || node.isMissingNode()) {
                throw new Malformed(document.where(), "a JSON document", "nothing");
            }
            if (parser.nextToken() != null) {
                throw new Malformed(document.where(), "one JSON document", "more after it");
            }
            return new Json(document.source(), "", node);
        } catch (JsonProcessingException e) {
            throw new Malformed(
                    document.where(), "a JSON document", Bytes.shorten(String.valueOf(e.getOriginalMessage())));
        } catch (java.io.IOException e) {
            throw new java.io.UncheckedIOException("reading from memory", e);
        }
    }

    public Where where() {
        return Where.field(source, path);
    }

    private Malformed wrong(String expected) {
        return new Malformed(where(), expected, Bytes.shorten(node.toString()));
    }

    public Optional<Json> find(String name) {
        var child = node.get(name);
        return child == null || child.isNull()
                ? Optional.empty()
                : Optional.of(new Json(source, path.isEmpty() ? name : path + "." + name, child));
    }

    public Json at(String name) {
        return find(name)
                .orElseThrow(
                        () -> new Malformed(where(), "a member '" + name + "'", "members " + Bytes.shorten(names())));
    }

    private String names() {
        var names = new ArrayList<String>();
        for (Iterator<String> each = node.fieldNames(); each.hasNext() && names.size() < 20; ) {
            names.add(each.next());
        }
        return names.toString();
    }

    public String text() {
        if (!node.isTextual()) {
            throw wrong("a text");
        }
        return node.textValue();
    }

    public boolean truth() {
        if (!node.isBoolean()) {
            throw wrong("true or false");
        }
        return node.booleanValue();
    }

    public long number(long max) {
        if (!node.isIntegralNumber() || !node.canConvertToLong() || node.longValue() < 0 || node.longValue() > max) {
            throw wrong("a whole number from 0 to " + max);
        }
        return node.longValue();
    }

    public Bytes hex() {
        return Bytes.ofHex(source + "#" + path, text());
    }

    Bytes hex(int length) {
        var bytes = hex();
        if (bytes.length() != length) {
            throw wrong(length + " bytes in hexadecimal");
        }
        return bytes;
    }

    /** Base64 (RFC 4648, section 4) in its one canonical form, padding and all. */
    public Bytes base64() {
        var text = text();
        try {
            var bytes = Base64.getDecoder().decode(text);
            if (Base64.getEncoder().encodeToString(bytes).equals(text)) {
                return Bytes.of(source + "#" + path, bytes);
            }
        } catch (IllegalArgumentException e) {
            throw wrong("Base64");
        }
        throw wrong("canonical Base64");
    }

    /** A whole number that stands in a text, as Protocol Buffers write 64 bits in JSON; a bare number is taken, too. */
    public long longNumber(long max) {
        if (!node.isTextual()) {
            return number(max);
        }
        var text = node.textValue();
        if (text.matches("0|[1-9][0-9]{0,17}") && Long.parseLong(text) <= max) {
            return Long.parseLong(text);
        }
        throw wrong("a whole number from 0 to " + max);
    }

    public Instant time() {
        try {
            return Instant.parse(text());
        } catch (DateTimeException e) {
            throw wrong("a time as in 2025-06-19T10:56:11Z");
        }
    }

    public List<Json> list() {
        if (!node.isArray() || node.size() > ITEMS_MAX) {
            throw wrong("a list of at most " + ITEMS_MAX);
        }
        var items = new ArrayList<Json>(node.size());
        for (var i = 0; i < node.size(); i++) {
            items.add(new Json(source, path + "[" + i + "]", node.get(i)));
        }
        return items;
    }

    public List<String> texts(String name) {
        return find(name)
                .map(items -> items.list().stream().map(Json::text).toList())
                .orElse(List.of());
    }
}
