package dev.plinth.registry.door.sofa;

import dev.plinth.registry.Endpoint;
import dev.plinth.registry.EndpointName;
import dev.plinth.registry.Registration;
import dev.plinth.registry.RegistryLimits;
import java.net.URLDecoder;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Predicate;
import java.util.regex.Pattern;

/** A publisher's texts as endpoints, and endpoints as texts. */
final class SofaTexts {
    /*
     * To SOFARegistry what is published is a text; by custom of SOFARPC it is a URL, "bolt://10.0.0.1:12200?weight=200&zone=a". So a
     * text that begins with an address is that address's endpoint: scheme, weight and parameters become protocol, weight and
     * metadata, which the other doors show. Its own text goes with it, for subscribers are to get it to the letter.
     *
     * Any other text is no place to call, and must not look like one at other doors: it is kept under the protocol "value". So is
     * the second text of one address, for an address is one endpoint of a service.
     */
    private static final Pattern URL =
            Pattern.compile("(?:([a-z][a-z0-9+.-]*)://)?(\\[[0-9a-fA-F:.]+]|[A-Za-z0-9._-]+):([1-9][0-9]{0,4})"
                    + "(?:/[^?\\s]*)?(?:\\?(\\S*))?");
    private static final String PROTOCOL_DEFAULT = "tcp";
    private static final String WEIGHT = "weight";
    private static final int HASH_BYTES = 8;

    private SofaTexts() {}

    /**
     * The endpoints of what a publisher publishes. Throws IllegalArgumentException if a text is too long.
     *
     * @param taken addresses of the service that another publisher of this client has
     */
    static List<Endpoint> endpoints(SofaMessages.Publish publish, Predicate<EndpointName> taken) {
        Map<EndpointName, Endpoint> endpoints =
                new TreeMap<>((one, other) -> one.key().compareTo(other.key()));
        int values = 0;
        for (var text : publish.texts()) {
            var endpoint = endpoint(publish.head(), text, values);
            if (taken.test(endpoint.name()) || endpoints.containsKey(endpoint.name())) {
                endpoint = value(publish.head(), text, values);
            }
            if (endpoint.isValue()) {
                values++;
            }
            endpoints.put(endpoint.name(), endpoint);
        }
        return new ArrayList<>(endpoints.values());
    }

    private static Endpoint endpoint(SofaMessages.Head head, String text, int number) {
        var url = URL.matcher(text);
        if (!url.matches()) {
            return value(head, text, number);
        }
        var protocol = url.group(1) == null ? PROTOCOL_DEFAULT : url.group(1);
        EndpointName name;
        try {
            name = new EndpointName(head.service().inRegistry(), protocol, url.group(2) + ":" + url.group(3));
        } catch (IllegalArgumentException e) {
            // It looked like an address, and is none: 999999 is no port.
            return value(head, text, number);
        }
        var parameters = parameters(url.group(4) == null ? "" : url.group(4));
        var metadata = new TreeMap<>(parameters);
        if (metadata.size() > RegistryLimits.METADATA_ENTRIES_MAX - 2) {
            metadata.clear();
        }
        return Endpoint.of(name, weight(parameters), marked(metadata, head, text));
    }

    private static Map<String, String> parameters(String query) {
        Map<String, String> parameters = new TreeMap<>();
        for (var part : query.split("&")) {
            int equals = part.indexOf('=');
            if (equals > 0) {
                parameters.put(part.substring(0, equals), decoded(part.substring(equals + 1)));
            }
        }
        return parameters;
    }

    private static String decoded(String text) {
        try {
            return URLDecoder.decode(text, StandardCharsets.UTF_8);
        } catch (IllegalArgumentException e) {
            // Many do not encode what they write: then a percent sign is one.
            return text;
        }
    }

    private static int weight(Map<String, String> parameters) {
        var given = parameters.getOrDefault(WEIGHT, "");
        return given.matches("[0-9]{1,5}")
                ? Math.min(Integer.parseInt(given), RegistryLimits.WEIGHT_MAX)
                : RegistryLimits.WEIGHT_DEFAULT;
    }

    private static Endpoint value(SofaMessages.Head head, String text, int number) {
        var address = hash(head.id()) + "-" + number + ":1";
        return Endpoint.of(
                new EndpointName(head.service().inRegistry(), Endpoint.VALUE_PROTOCOL, address),
                0,
                marked(new TreeMap<>(), head, text));
    }

    private static Map<String, String> marked(Map<String, String> metadata, SofaMessages.Head head, String text) {
        metadata.put(Endpoint.TEXT, text);
        if (!head.zone().equals(SofaMessages.DEFAULT_ZONE)) {
            metadata.put(Endpoint.ZONE, head.zone());
        }
        return metadata;
    }

    private static String hash(String id) {
        try {
            var digest = MessageDigest.getInstance("SHA-256").digest(id.getBytes(StandardCharsets.UTF_8));
            return HexFormat.of().formatHex(digest, 0, HASH_BYTES);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }

    static String zone(Registration registration) {
        var zone = registration.endpoint().metadata().getOrDefault(Endpoint.ZONE, "");
        return zone.isEmpty() ? SofaMessages.DEFAULT_ZONE : zone;
    }

    /** What a subscriber is told of an endpoint: the text as it was published, or the URL of one that came by another door. */
    static String text(Registration registration) {
        var endpoint = registration.endpoint();
        var published = endpoint.metadata().get(Endpoint.TEXT);
        if (published != null) {
            return weighted(published, endpoint);
        }
        Map<String, String> parameters = new TreeMap<>(endpoint.metadata());
        parameters.remove(WEIGHT);
        if (endpoint.weight() != RegistryLimits.WEIGHT_DEFAULT) {
            parameters.put(WEIGHT, Integer.toString(endpoint.weight()));
        }
        var url = new StringBuilder();
        if (!endpoint.name().protocol().equals(PROTOCOL_DEFAULT)) {
            url.append(endpoint.name().protocol()).append("://");
        }
        url.append(endpoint.name().address());
        char separator = '?';
        for (var entry : parameters.entrySet()) {
            url.append(separator).append(encoded(entry.getKey())).append('=').append(encoded(entry.getValue()));
            separator = '&';
        }
        return url.toString();
    }

    /** The text to the letter, unless somebody gave the endpoint another weight than the text does. */
    private static String weighted(String published, Endpoint endpoint) {
        var url = URL.matcher(published);
        if (endpoint.isValue() || !url.matches()) {
            return published;
        }
        var query = url.group(4) == null ? "" : url.group(4);
        if (weight(parameters(query)) == endpoint.weight()) {
            return published;
        }
        List<String> parts = new ArrayList<>(List.of(query.split("&")));
        parts.removeIf(part -> part.isEmpty() || part.startsWith(WEIGHT + "="));
        parts.add(WEIGHT + "=" + endpoint.weight());
        var before = url.group(4) == null ? published : published.substring(0, url.start(4) - 1);
        return before + "?" + String.join("&", parts);
    }

    private static String encoded(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8);
    }
}
