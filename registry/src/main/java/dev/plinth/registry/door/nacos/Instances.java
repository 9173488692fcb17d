package dev.plinth.registry.door.nacos;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.plinth.registry.Endpoint;
import dev.plinth.registry.EndpointName;
import dev.plinth.registry.Registration;
import dev.plinth.registry.RegistryLimits;
import dev.plinth.registry.SharedTexts;
import dev.plinth.registry.persistent.PersistentEndpoints;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Endpoints as instances of Nacos, and the other way round. */
final class Instances {
    /*
     * A Nacos instance does not say how to speak with it, but many applications put it in the metadata; where they do not, the
     * protocol is "tcp". A weight of 1 is our 100. An instance that is switched off has weight 0 here, so that no client of any
     * door calls it, and keeps its own weight in the metadata.
     */
    private static final String PROTOCOL = "protocol";
    private static final String PROTOCOL_DEFAULT = "tcp";
    private static final String CLUSTER = "nacos.cluster";
    private static final String SWITCHED_OFF_AT = "nacos.switched-off-weight";

    /** The field of a list that says when it was so. */
    static final String AS_OF = "lastRefTime";

    private static final SharedTexts SERVICES = new SharedTexts(1 << 15, RegistryLimits.SERVICE_CHARS_MAX);
    private static final Set<String> OURS = Set.of(CLUSTER, SWITCHED_OFF_AT, Endpoint.TEXT, PersistentEndpoints.MARK);

    private Instances() {}

    static Endpoint endpoint(NacosService service, JsonNode instance) {
        return endpoint(service, Instance.of(instance));
    }

    static Endpoint endpoint(NacosService service, Instance instance) {
        double weight = instance.weight();
        if (weight < 0 || weight > (double) RegistryLimits.WEIGHT_MAX / RegistryLimits.WEIGHT_DEFAULT) {
            throw new NacosRefusal(
                    NacosRefusal.INVALID,
                    "weight is " + weight + ": expected 0 to "
                            + RegistryLimits.WEIGHT_MAX / RegistryLimits.WEIGHT_DEFAULT);
        }
        int ours = weight == 0 ? 0 : Math.max(1, (int) Math.round(weight * RegistryLimits.WEIGHT_DEFAULT));
        var metadata = metadata(instance, ours);
        try {
            return Endpoint.of(name(service, instance, metadata), instance.enabled() ? ours : 0, metadata);
        } catch (IllegalArgumentException e) {
            throw new NacosRefusal(NacosRefusal.INVALID, String.valueOf(e.getMessage()));
        }
    }

    /** What the instance says, and what else is known of it; nearly always that is nothing. */
    private static Map<String, String> metadata(Instance instance, int weight) {
        boolean inCluster = !instance.cluster().isEmpty() && !instance.cluster().equals(Instance.CLUSTER_DEFAULT);
        if (instance.ephemeral() && instance.enabled() && !inCluster) {
            return instance.metadata();
        }
        Map<String, String> metadata = new HashMap<>(instance.metadata());
        if (!instance.ephemeral()) {
            metadata.put(PersistentEndpoints.MARK, "true");
        }
        if (!instance.enabled()) {
            metadata.put(SWITCHED_OFF_AT, Integer.toString(weight));
        }
        if (inCluster) {
            metadata.put(CLUSTER, instance.cluster());
        }
        return metadata;
    }

    static boolean isPersistent(Endpoint endpoint) {
        return endpoint.metadata().containsKey(PersistentEndpoints.MARK);
    }

    private static EndpointName name(NacosService service, Instance instance, Map<String, String> metadata) {
        var ip = instance.ip();
        var host = ip.contains(":") && !ip.startsWith("[") ? "[" + ip + "]" : ip;
        var protocol = metadata.getOrDefault(PROTOCOL, "");
        // One text for all clients that name the service, for each of them keeps the names of its instances.
        return new EndpointName(
                SERVICES.one(service.inRegistry()),
                protocol.isEmpty() ? PROTOCOL_DEFAULT : protocol,
                host + ":" + instance.port());
    }

    /** A whole service, as clients are told of it. */
    static ObjectNode serviceInfo(
            NacosService service, String clusters, Collection<Registration> registrations, long asOfMillis) {
        var info = NacosPayloads.object();
        info.put("name", service.name());
        info.put("groupName", service.group());
        info.put("clusters", clusters);
        info.put("cacheMillis", 10_000);
        info.put(AS_OF, asOfMillis);
        info.put("checksum", "");
        info.put("allIPs", false);
        info.put("reachProtectionThreshold", false);
        var wanted = clusters.isEmpty() ? List.<String>of() : List.of(clusters.split(",", -1));
        var hosts = info.putArray("hosts");
        for (var registration : registrations) {
            var endpoint = registration.endpoint();
            var cluster = endpoint.metadata().getOrDefault(CLUSTER, Instance.CLUSTER_DEFAULT);
            if (!endpoint.isValue() && (wanted.isEmpty() || wanted.contains(cluster))) {
                hosts.add(instance(service, cluster, endpoint));
            }
        }
        return info;
    }

    private static ObjectNode instance(NacosService service, String cluster, Endpoint endpoint) {
        var address = endpoint.name().address();
        int colon = address.lastIndexOf(':');
        var host = address.substring(0, colon);
        var ip = host.startsWith("[") ? host.substring(1, host.length() - 1) : host;
        int port = Integer.parseInt(address.substring(colon + 1));
        var off = endpoint.metadata().getOrDefault(SWITCHED_OFF_AT, "");
        // Unless somebody gave it another weight: then it is on at all doors.
        boolean isOff = off.matches("[0-9]{1,5}") && endpoint.weight() == 0;
        double weight = isOff ? Integer.parseInt(off) : endpoint.weight();
        var instance = NacosPayloads.object();
        instance.put("instanceId", ip + "#" + port + "#" + cluster + "#" + service.grouped());
        instance.put("ip", ip);
        instance.put("port", port);
        instance.put("weight", weight / RegistryLimits.WEIGHT_DEFAULT);
        instance.put("healthy", true);
        instance.put("enabled", !isOff);
        instance.put("ephemeral", !isPersistent(endpoint));
        instance.put("clusterName", cluster);
        instance.put("serviceName", service.grouped());
        var metadata = instance.putObject("metadata");
        endpoint.metadata().forEach((key, value) -> {
            if (!OURS.contains(key)) {
                metadata.put(key, value);
            }
        });
        if (!endpoint.name().protocol().equals(PROTOCOL_DEFAULT)) {
            metadata.put(PROTOCOL, endpoint.name().protocol());
        }
        return instance;
    }
}
