package dev.plinth.registry.door.sofa;

import static org.assertj.core.api.Assertions.assertThat;

import dev.plinth.registry.Claim;
import dev.plinth.registry.Endpoint;
import dev.plinth.registry.EndpointName;
import dev.plinth.registry.QualifiedName;
import dev.plinth.registry.Registration;
import dev.plinth.registry.SessionId;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.Size;
import net.jqwik.api.constraints.StringLength;
import org.junit.jupiter.api.Test;

/** Texts as endpoints, and endpoints as texts. */
class SofaTextsTest {
    private static SofaMessages.Publish publish(String zone, List<String> texts) {
        return new SofaMessages.Publish(
                new SofaMessages.Head(
                        "id", new QualifiedName("public", "SOFA", "accounts"), null, zone, "app", true, 1, 1),
                texts);
    }

    private static List<Endpoint> endpoints(String... texts) {
        return SofaTexts.endpoints(publish("DEFAULT_ZONE", List.of(texts)), _ -> false);
    }

    private static Registration registered(Endpoint endpoint) {
        return new Registration(
                endpoint,
                new SessionId(1, 1),
                "test",
                0,
                1,
                new Claim(Instant.EPOCH, true, Duration.ofSeconds(15), Optional.empty()));
    }

    @Test
    void a_url_is_the_endpoint_of_its_address_with_weight_and_parameters() {
        var text = "bolt://10.0.0.1:12200?weight=50&app=core%20bank&p=1";

        assertThat(endpoints(text))
                .containsExactly(Endpoint.of(
                        new EndpointName("SOFA@@accounts", "bolt", "10.0.0.1:12200"),
                        50,
                        Map.of("weight", "50", "app", "core bank", "p", "1", Endpoint.TEXT, text)));
        assertThat(SofaTexts.endpoints(publish("EAST", List.of("[2001:db8::1]:80")), _ -> false))
                .containsExactly(Endpoint.of(
                        new EndpointName("SOFA@@accounts", "tcp", "[2001:db8::1]:80"),
                        Map.of(Endpoint.TEXT, "[2001:db8::1]:80", Endpoint.ZONE, "EAST")));
    }

    @Test
    void a_text_that_names_no_address_or_one_that_is_taken_is_a_value() {
        assertThat(endpoints("hello", "10.0.0.1:99999", "10.0.0.1:1?a=1", "10.0.0.1:1?a=2"))
                .filteredOn(Endpoint::isValue)
                .extracting(endpoint -> endpoint.metadata().get(Endpoint.TEXT))
                .containsExactlyInAnyOrder("hello", "10.0.0.1:99999", "10.0.0.1:1?a=2");
        assertThat(SofaTexts.endpoints(publish("DEFAULT_ZONE", List.of("10.0.0.1:1")), _ -> true))
                .allMatch(Endpoint::isValue);
    }

    @Test
    void an_endpoint_that_came_by_another_door_is_told_as_a_url() {
        var name = new EndpointName("accounts", "bolt", "10.0.0.1:1");

        assertThat(SofaTexts.text(registered(Endpoint.of(name, 200, Map.of("a b", "c&d")))))
                .isEqualTo("bolt://10.0.0.1:1?a+b=c%26d&weight=200");
        assertThat(SofaTexts.text(registered(Endpoint.of(new EndpointName("accounts", "tcp", "10.0.0.1:1"), Map.of()))))
                .isEqualTo("10.0.0.1:1");
    }

    @Test
    void a_weight_that_somebody_else_gave_is_in_the_text() {
        assertThat(weighted("bolt://10.0.0.1:1?weight=50&app=core%20bank", 7))
                .isEqualTo("bolt://10.0.0.1:1?app=core%20bank&weight=7");
        assertThat(weighted("10.0.0.1:1", 7)).isEqualTo("10.0.0.1:1?weight=7");
        assertThat(weighted("10.0.0.1:1/path?", 7)).isEqualTo("10.0.0.1:1/path?weight=7");
        assertThat(weighted("10.0.0.1:1?weight=7&a=1", 7)).isEqualTo("10.0.0.1:1?weight=7&a=1");
        assertThat(weighted("hello", 7)).isEqualTo("hello");
    }

    private static String weighted(String text, int weight) {
        var endpoint = endpoints(text).getFirst();
        return SofaTexts.text(registered(Endpoint.of(endpoint.name(), weight, endpoint.metadata())));
    }

    @Property
    void every_text_comes_back_to_the_letter(@ForAll @Size(max = 20) List<@StringLength(max = 40) String> texts) {
        var endpoints = SofaTexts.endpoints(publish("DEFAULT_ZONE", texts), _ -> false);

        assertThat(endpoints.stream().map(SofaTextsTest::registered).map(SofaTexts::text))
                .containsExactlyInAnyOrderElementsOf(texts);
    }
}
