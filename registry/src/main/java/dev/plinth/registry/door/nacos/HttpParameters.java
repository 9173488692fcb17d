package dev.plinth.registry.door.nacos;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.linecorp.armeria.common.AggregatedHttpRequest;
import com.linecorp.armeria.common.QueryParams;
import java.util.Optional;

/** A request's parameters, of its query and of the form in its body; and who asks. */
final class HttpParameters {
    private static final ObjectMapper JSON = new ObjectMapper();

    private final QueryParams query;
    private final QueryParams form;
    private final AggregatedHttpRequest request;
    private final String ip;

    HttpParameters(String query, AggregatedHttpRequest request, String ip) {
        this.query = QueryParams.fromQueryString(query);
        // A form is what curl sends, whatever it calls it; the body of a publication may be one of megabytes.
        this.form = QueryParams.fromQueryString(request.contentUtf8());
        this.request = request;
        this.ip = ip;
    }

    String ip() {
        return ip;
    }

    Optional<String> header(String name) {
        return Optional.ofNullable(request.headers().get(name));
    }

    Optional<String> text(String name) {
        return Optional.ofNullable(query.get(name))
                .or(() -> Optional.ofNullable(form.get(name)))
                .filter(text -> !text.isEmpty());
    }

    /** The first of these names that is there: the interface's versions call one thing by several. */
    Optional<String> text(String name, String other) {
        return text(name).or(() -> text(other));
    }

    String required(String name) {
        return text(name)
                .orElseThrow(() -> new NacosRefusal(
                        NacosRefusal.INVALID, "Required parameter '" + name + "' is missing: expected a value"));
    }

    int number(String name, int otherwise) {
        var given = text(name);
        if (given.isEmpty()) {
            return otherwise;
        }
        try {
            return Integer.parseInt(given.get());
        } catch (NumberFormatException e) {
            throw new NacosRefusal(NacosRefusal.INVALID, name + " is \"" + given.get() + "\": expected a whole number");
        }
    }

    NacosService service() {
        return NacosService.of(text("namespaceId"), text("groupName"), Optional.of(required("serviceName")));
    }

    /** The instance that the parameters describe, in the form of the gRPC protocol. */
    ObjectNode instance() {
        var instance = NacosPayloads.object();
        instance.put("ip", required("ip"));
        required("port");
        instance.put("port", number("port", 0));
        var weight = text("weight");
        try {
            instance.put("weight", Double.parseDouble(weight.orElse("1")));
        } catch (NumberFormatException e) {
            throw new NacosRefusal(NacosRefusal.INVALID, "weight is \"" + weight.orElse("") + "\": expected a number");
        }
        instance.put("enabled", Boolean.parseBoolean(text("enabled", "enable").orElse("true")));
        instance.put("ephemeral", Boolean.parseBoolean(text("ephemeral").orElse("true")));
        text("clusterName", "cluster").ifPresent(cluster -> instance.put("clusterName", cluster));
        instance.set("metadata", metadata(text("metadata").orElse("")));
        return instance;
    }

    /** As JSON, or as "key=value,key=value". */
    private static ObjectNode metadata(String given) {
        if (given.stripLeading().startsWith("{")) {
            return json("metadata", given);
        }
        var metadata = NacosPayloads.object();
        for (var part : given.split(",")) {
            int equals = part.indexOf('=');
            if (equals > 0) {
                metadata.put(part.substring(0, equals), part.substring(equals + 1));
            } else if (!part.isEmpty()) {
                throw new NacosRefusal(
                        NacosRefusal.INVALID, "metadata is \"" + given + "\": expected JSON, or key=value,key=value");
            }
        }
        return metadata;
    }

    static ObjectNode json(String field, String given) {
        try {
            JsonNode read = JSON.readTree(given);
            if (read instanceof ObjectNode object) {
                return object;
            }
        } catch (JsonProcessingException e) {
            throw new NacosRefusal(NacosRefusal.INVALID, field + " is no JSON: " + e.getOriginalMessage());
        }
        throw new NacosRefusal(NacosRefusal.INVALID, field + " is no JSON object");
    }

    /** What names a text, and what is said with it, in the form of the gRPC protocol. */
    ObjectNode config() {
        var config = NacosPayloads.object();
        config.put("dataId", required("dataId"));
        text("group", "groupName").ifPresent(group -> config.put("group", group));
        text("tenant", "namespaceId")
                .filter(tenant -> !tenant.equals(NacosService.DEFAULT_NAMESPACE))
                .ifPresent(tenant -> config.put("tenant", tenant));
        text("tag").ifPresent(tag -> config.put("tag", tag));
        return config;
    }

    ObjectNode publication() {
        var config = config().put("content", required("content"));
        text("casMd5").or(() -> header("casMd5")).ifPresent(md5 -> config.put("casMd5", md5));
        var more = config.putObject("additionMap");
        text("type").ifPresent(type -> more.put("type", type));
        text("encryptedDataKey").ifPresent(key -> more.put("encryptedDataKey", key));
        text("src_user", "srcUser").ifPresent(user -> more.put("src_user", user));
        header("betaIps").ifPresent(ips -> more.put("betaIps", ips));
        text("tag").ifPresent(tag -> more.put("tag", tag));
        return config;
    }
}
