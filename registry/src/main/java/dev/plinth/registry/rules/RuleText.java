package dev.plinth.registry.rules;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.plinth.config.ConfigKey;
import dev.plinth.registry.HostRange;
import dev.plinth.registry.Rule;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/** A rule as a text of the configuration, in JSON. */
final class RuleText {
    static final String NAMESPACE = "plinth-registry-rules";
    private static final String WEIGHTS = "weights";
    private static final String SWITCHES = "switches";
    private static final String BLACKLIST = "blacklist";
    private static final ObjectMapper JSON = new ObjectMapper();

    private RuleText() {}

    /** Rules of one kind about the same have one key: the later takes the place of the earlier. */
    static ConfigKey key(Rule rule) {
        return switch (rule) {
            case Rule.Weight weight -> key(WEIGHTS, weight.service() + " " + weight.address());
            case Rule.SwitchedOff off -> key(SWITCHES, off.service() + " " + off.address());
            case Rule.Blacklisted hosts -> key(BLACKLIST, hosts.hosts().toString());
        };
    }

    /** A service's name and an address together may be longer than a text's name may be. */
    private static ConfigKey key(String group, String subject) {
        try {
            var digest = MessageDigest.getInstance("SHA-256").digest(subject.getBytes(StandardCharsets.UTF_8));
            return new ConfigKey(NAMESPACE, group, HexFormat.of().formatHex(digest));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }

    static String write(Rule rule) {
        var text = JSON.createObjectNode();
        switch (rule) {
            case Rule.Weight weight ->
                text.put("service", weight.service())
                        .put("address", weight.address())
                        .put("weight", weight.weight());
            case Rule.SwitchedOff off ->
                text.put("service", off.service()).put("address", off.address()).put("switch", "off");
            case Rule.Blacklisted hosts -> text.put("hosts", hosts.hosts().toString());
        }
        return text.toString();
    }

    /** Throws IllegalArgumentException if it is not what {@link #write} wrote. */
    static Rule read(String text) {
        JsonNode read;
        try {
            read = JSON.readTree(text);
        } catch (JsonProcessingException e) {
            throw new IllegalArgumentException("no JSON: " + e.getOriginalMessage(), e);
        }
        if (read.has("hosts")) {
            return new Rule.Blacklisted(HostRange.parse(read.path("hosts").asText()));
        }
        var service = read.path("service").asText();
        var address = read.path("address").asText();
        if (read.has("weight")) {
            return new Rule.Weight(service, address, read.path("weight").asInt(-1));
        }
        if (read.path("switch").asText().equals("off")) {
            return new Rule.SwitchedOff(service, address);
        }
        throw new IllegalArgumentException("expected hosts, a weight, or a switch that is off");
    }
}
