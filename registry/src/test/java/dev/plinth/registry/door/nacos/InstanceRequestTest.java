package dev.plinth.registry.door.nacos;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.Any;
import com.google.protobuf.ByteString;
import dev.plinth.wire.nacos.Payload;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class InstanceRequestTest {
    private static Payload payload(String body) {
        return Payload.newBuilder()
                .setBody(Any.newBuilder().setValue(ByteString.copyFromUtf8(body)))
                .build();
    }

    /** Whatever form the values have, the instance is what it is where it is read as a tree. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "{}",
                "{\"ip\":\"10.0.0.1\",\"port\":80,\"weight\":0.5,\"enabled\":false,\"ephemeral\":false,\"clusterName\":\"C\"}",
                "{\"ip\":\"10.0.0.1\",\"port\":\"80\",\"weight\":\"2\",\"enabled\":\"false\",\"ephemeral\":\"true\"}",
                "{\"ip\":null,\"port\":null,\"weight\":null,\"enabled\":null,\"ephemeral\":null,\"clusterName\":null,\"metadata\":null}",
                "{\"ip\":7,\"port\":8.9,\"weight\":true,\"enabled\":0,\"ephemeral\":1,\"clusterName\":true}",
                "{\"ip\":[1,[2]],\"port\":{\"a\":1},\"weight\":[1],\"enabled\":{},\"clusterName\":[\"x\"],\"metadata\":[1,{\"a\":2}]}",
                "{\"metadata\":{\"a\":\"b\",\"c\":1,\"d\":null,\"e\":true,\"f\":{\"g\":[1]},\"h\":1.25},\"more\":{\"x\":[{}]}}",
                "{\"metadata\":{\"a\":\"b\"},\"metadata\":{\"c\":\"d\"},\"ip\":\"a\",\"ip\":\"b\"}"
            })
    void aValueOfAnyFormIsReadAsInATree(String instance) {
        var request = payload("{\"x\":{\"instance\":1},\"instance\":" + instance + ",\"y\":[]}");

        assertThat(InstanceRequest.read(request).instance())
                .isEqualTo(Instance.of(NacosPayloads.body(request).path("instance")));
    }

    @Test
    void whatIsAskedIsReadInAnyOrder() {
        var read = InstanceRequest.read(payload(
                "{\"instance\":{\"ip\":\"a\",\"metadata\":{\"k\":\"v\"}},\"type\":\"registerInstance\",\"module\":\"naming\","
                        + "\"serviceName\":\"s\",\"groupName\":null,\"namespace\":\"n\"}"));

        assertThat(read.type()).isEqualTo("registerInstance");
        assertThat(read.service()).contains("s");
        assertThat(read.group()).isEmpty();
        assertThat(read.namespace()).contains("n");
        assertThat(read.instance().metadata()).isEqualTo(Map.of("k", "v"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "[]",
                "7",
                "null",
                "{\"instance\":{\"ip\":\"a\"",
                "{\"instance\":{\"port\":99999999999}}",
                "{]",
                "{}"
            })
    void whatIsNoRequestIsRefused(String body) {
        assertThatThrownBy(() -> InstanceRequest.read(payload(body)))
                .isInstanceOfSatisfying(
                        NacosRefusal.class,
                        refusal -> assertThat(refusal.code()).isEqualTo(NacosRefusal.INVALID));
    }
}
