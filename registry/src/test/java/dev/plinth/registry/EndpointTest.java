package dev.plinth.registry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.HashMap;
import java.util.Map;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class EndpointTest {
    private static final EndpointName NAME = new EndpointName("s", "bolt", "h:1");

    @ParameterizedTest
    @ValueSource(strings = {"h:1", "127.0.0.1:65535", "a-b.c_d:80", "[::1]:80", "[fe80::1:2.3.4.5]:443", "Host:8080"})
    void an_address_is_a_host_and_a_port(String address) {
        assertThat(new EndpointName("s", "bolt", address).address()).isEqualTo(address);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "h",
                "h:",
                ":1",
                "h:0",
                "h:01",
                "h:65536",
                "h:123456",
                "h:-1",
                "h:x",
                "h h:1",
                "::1:80",
                "[]:80",
                "[x]:80",
                "h/1:80",
                "é:80",
                "h\n:80",
                "h:1 "
            })
    void what_is_no_address_is_refused(String address) {
        assertThatThrownBy(() -> new EndpointName("s", "bolt", address))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("address is \"")
                .hasMessageContaining("expected host:port")
                .satisfies(e -> assertThat(e.getMessage()).doesNotContain("\n"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "Bolt", "1bolt", "bo lt", "bolt:", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"})
    void what_is_no_protocol_is_refused(String protocol) {
        assertThatThrownBy(() -> new EndpointName("s", protocol, "h:1")).hasMessageContaining("protocol is \"");
    }

    @Provide
    Arbitrary<EndpointName> names() {
        return Combinators.combine(
                        Arbitraries.strings()
                                .withCharRange('!', '~')
                                .ofMinLength(1)
                                .ofMaxLength(256),
                        Arbitraries.of("bolt", "grpc", "h2c", "a+b-c.d"),
                        Arbitraries.integers().between(1, 65_535))
                .as((service, protocol, port) -> new EndpointName(service, protocol, "[::1]:" + port));
    }

    @Property
    void a_name_comes_back_from_its_key_and_lies_under_its_service_alone(
            @ForAll("names") EndpointName name, @ForAll("names") EndpointName other) {
        assertThat(EndpointName.ofKey(name.key())).isEqualTo(name);
        assertThat(name.key()).startsWith(EndpointName.prefix(name.service()));
        assertThat(name.key().startsWith(EndpointName.prefix(other.service())))
                .isEqualTo(name.service().equals(other.service()));
    }

    @Test
    void metadata_is_limited_in_bytes_and_entries() {
        int max = RegistryLimits.METADATA_BYTES_MAX;
        assertThat(Endpoint.of(NAME, Map.of("k", "x".repeat(max - 1))).metadataBytes())
                .isEqualTo(max);
        assertThatThrownBy(() -> Endpoint.of(NAME, Map.of("k", "x".repeat(max))))
                .hasMessage("metadata has 65537 bytes: expected at most 65536");
        assertThatThrownBy(() -> Endpoint.of(NAME, Map.of("k", "é".repeat(max / 2))))
                .as("bytes, not characters")
                .hasMessage("metadata has 65537 bytes: expected at most 65536");
        Map<String, String> many = new HashMap<>();
        for (int i = 0; i <= RegistryLimits.METADATA_ENTRIES_MAX; i++) {
            many.put("k" + i, "");
        }
        assertThatThrownBy(() -> Endpoint.of(NAME, many)).hasMessage("metadata has 257 entries: expected at most 256");
        assertThatThrownBy(() -> Endpoint.of(NAME, Map.of("", "v"))).hasMessageContaining("an empty key");
    }

    @Test
    void metadata_is_a_copy_that_nobody_changes() {
        Map<String, String> given = new HashMap<>(Map.of("a", "1"));
        var endpoint = Endpoint.of(NAME, given);
        given.put("a", "2");

        assertThat(endpoint.metadata()).containsEntry("a", "1");
        assertThatThrownBy(() -> endpoint.metadata().put("b", "3")).isInstanceOf(UnsupportedOperationException.class);
    }

    @Test
    void an_endpoint_says_in_which_cell_it_stands_or_in_none() {
        assertThat(Endpoint.of(NAME, Map.of(Endpoint.CELL, "east")).cell()).contains("east");
        assertThat(Endpoint.of(NAME, Map.of(Endpoint.CELL, "")).cell()).isEmpty();
        assertThat(Endpoint.of(NAME, Map.of()).cell()).isEmpty();
    }
}
