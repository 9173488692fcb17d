package dev.plinth.sdk.transactions;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.gson.JsonParser;
import java.math.BigDecimal;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;

/** How an action's arguments travel through the coordinator. */
final class ArgumentsJsonTest {

    enum Kind {
        DEBIT,
        CREDIT
    }

    record Party(String name, int age) {}

    record Everything(
            String text,
            long number,
            double fraction,
            boolean flag,
            BigDecimal amount,
            Kind kind,
            Instant at,
            Duration within,
            List<Party> parties,
            Map<String, Long> balances) {}

    record WithThread(Thread thread) {}

    record WithReservedName(String actionName) {}

    private static final ArgumentsJson<Everything> EVERYTHING = new ArgumentsJson<>("everything", Everything.class);

    @Property(tries = 300)
    void what_is_encoded_is_decoded(
            @ForAll String text,
            @ForAll long number,
            @ForAll double fraction,
            @ForAll boolean flag,
            @ForAll BigDecimal amount,
            @ForAll Kind kind,
            @ForAll Instant at,
            @ForAll Duration within,
            @ForAll String name,
            @ForAll int age) {
        Everything arguments = new Everything(
                text,
                number,
                fraction,
                flag,
                amount,
                kind,
                at,
                within,
                List.of(new Party(name, age)),
                Map.of(name, number));
        Everything decoded = EVERYTHING.decode(EVERYTHING.encode(arguments, 0));
        assertThat(decoded).isEqualTo(arguments);
    }

    @Test
    void the_application_data_have_seatas_form() {
        ArgumentsJson<Party> json = new ArgumentsJson<>("greet", Party.class);
        assertThat(JsonParser.parseString(json.encode(new Party("ann", 7), 123)))
                .isEqualTo(JsonParser.parseString("""
                        {"actionContext": {"name": "ann", "age": 7, "actionName": "greet", "action-start-time": 123,
                         "sys::prepare": "tryIt", "sys::commit": "confirm", "sys::rollback": "cancel"}}
                        """));
    }

    @Test
    void what_an_application_of_seatas_wrote_is_understood() {
        ArgumentsJson<Party> json = new ArgumentsJson<>("greet", Party.class);
        assertThat(json.decode("""
                        {"actionContext":{"action-start-time":1700000000000,"name":"ann","age":7,"sys::prepare":"prepare",
                         "useTCCFence":true,"sys::rollback":"rollback","sys::commit":"commit","host-name":"10.0.0.1",
                         "actionName":"greet"}}
                        """)).isEqualTo(new Party("ann", 7));
    }

    @Test
    void data_that_are_not_the_actions_arguments_are_refused_and_the_error_names_what_is_wrong() {
        ArgumentsJson<Party> json = new ArgumentsJson<>("greet", Party.class);
        for (String data : List.of("", "[]", "{}", "{\"actionContext\":1}", "{\"actionContext\":", "null")) {
            assertThatThrownBy(() -> json.decode(data))
                    .as(data)
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("'greet'");
        }
        assertThatThrownBy(() -> json.decode("{\"actionContext\":{\"name\":\"ann\"}}"))
                .hasMessageContaining("argument 'age' is missing");
        assertThatThrownBy(() -> json.decode("{\"actionContext\":{\"name\":\"ann\",\"age\":\"old\"}}"))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void a_type_that_cannot_travel_is_refused_when_it_is_registered() {
        assertThatThrownBy(() -> new ArgumentsJson<>("x", WithThread.class))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("'x'");
        assertThatThrownBy(() -> new ArgumentsJson<>("x", WithReservedName.class))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("actionName");
    }

    @Test
    void arguments_over_the_limit_are_refused() {
        ArgumentsJson<Party> json = new ArgumentsJson<>("greet", Party.class);
        assertThatThrownBy(() -> json.encode(new Party("x".repeat(ArgumentsJson.BYTES_MAX), 7), 0))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("the limit is 64000");
    }

    @Test
    @SuppressWarnings("NullAway") // that is the point
    void a_null_is_refused_before_anything_is_sent() {
        ArgumentsJson<Party> json = new ArgumentsJson<>("greet", Party.class);
        assertThatThrownBy(() -> json.encode(new Party(null, 7), 0)).hasMessageContaining("'name'");
    }
}
