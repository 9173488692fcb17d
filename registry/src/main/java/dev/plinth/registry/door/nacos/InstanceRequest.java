package dev.plinth.registry.door.nacos;

import com.fasterxml.jackson.core.JsonToken;
import dev.plinth.wire.nacos.Payload;
import java.io.IOException;
import java.util.Optional;

/** What a client asks for an instance of its own: nearly all that a registry is asked, so it is read without a tree in between. */
record InstanceRequest(
        Optional<String> namespace, Optional<String> group, Optional<String> service, String type, Instance instance) {

    /** Throws NacosRefusal if it is no object in JSON, or one without an instance. */
    static InstanceRequest read(Payload payload) {
        try (var json = NacosPayloads.parser(payload)) {
            if (json.nextToken() != JsonToken.START_OBJECT) {
                throw new NacosRefusal(NacosRefusal.INVALID, "the body is no JSON object");
            }
            Optional<String> namespace = Optional.empty();
            Optional<String> group = Optional.empty();
            Optional<String> service = Optional.empty();
            var type = "";
            Optional<Instance> instance = Optional.empty();
            for (var field = json.nextFieldName(); field != null; field = json.nextFieldName()) {
                if (json.nextToken() == JsonToken.VALUE_NULL) {
                    continue;
                }
                switch (field) {
                    case "namespace" -> namespace = Optional.ofNullable(json.getValueAsString(""));
                    case "groupName" -> group = Optional.ofNullable(json.getValueAsString(""));
                    case "serviceName" -> service = Optional.ofNullable(json.getValueAsString(""));
                    case "type" -> type = json.getValueAsString("");
                    case "instance" -> instance = Optional.of(Instance.read(json));
                    default -> {
                        // Nothing that is served here.
                    }
                }
                json.skipChildren();
            }
            return new InstanceRequest(
                    namespace,
                    group,
                    service,
                    type,
                    instance.orElseThrow(() -> new NacosRefusal(
                            NacosRefusal.INVALID, "the body has no instance: expected one in the field instance")));
        } catch (IOException e) {
            throw new NacosRefusal(NacosRefusal.INVALID, "the body is no JSON: " + e.getMessage());
        }
    }

    NacosService ofService() {
        return NacosService.of(namespace, group, service);
    }
}
