package dev.plinth.cli.migrate;

import com.google.gson.JsonObject;
import java.util.Map;
import java.util.TreeMap;

/**
 * An instance of a service, as Nacos's protocol has it.
 *
 * @param metadata sorted, and not to be changed
 */
record Instance(String ip, int port, double weight, boolean served, String cluster, Map<String, String> metadata) {
    /** The metadata key that marks a copy: copies are not copied back. */
    static final String COPIED_FROM = "plinth.copied-from";

    Instance {
        metadata = Map.copyOf(metadata);
    }

    static Instance of(JsonObject host) {
        Map<String, String> metadata = new TreeMap<>();
        var given = host.get("metadata");
        if (given != null && given.isJsonObject()) {
            given.getAsJsonObject()
                    .asMap()
                    .forEach((key, value) -> metadata.put(key, value.isJsonNull() ? "" : value.getAsString()));
        }
        var cluster = host.get("clusterName");
        return new Instance(
                host.get("ip").getAsString(),
                host.get("port").getAsInt(),
                host.get("weight").getAsDouble(),
                host.get("healthy").getAsBoolean() && host.get("enabled").getAsBoolean(),
                cluster == null || cluster.isJsonNull() ? "DEFAULT" : cluster.getAsString(),
                metadata);
    }

    JsonObject json(String service) {
        var metadata = new JsonObject();
        this.metadata.forEach(metadata::addProperty);
        var json = new JsonObject();
        json.addProperty("ip", ip);
        json.addProperty("port", port);
        json.addProperty("weight", weight);
        json.addProperty("healthy", true);
        json.addProperty("enabled", true);
        json.addProperty("ephemeral", true);
        json.addProperty("clusterName", cluster);
        json.addProperty("serviceName", service);
        json.add("metadata", metadata);
        return json;
    }

    String address() {
        return ip + ":" + port;
    }

    boolean isCopy() {
        return metadata.containsKey(COPIED_FROM);
    }

    Instance copiedFrom(String registry) {
        Map<String, String> marked = new TreeMap<>(metadata);
        marked.put(COPIED_FROM, registry);
        return new Instance(ip, port, weight, served, cluster, marked);
    }
}
