package dev.plinth.rpc.hessian;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Bodies of classes that are not here. */
class ForeignBodiesTest {
    private static ForeignObject object(String type, Object... fields) {
        Map<String, Object> all = new LinkedHashMap<>();
        for (int i = 0; i < fields.length; i += 2) {
            all.put((String) fields[i], fields[i + 1]);
        }
        return new ForeignObject(type, all);
    }

    private static ForeignObject backAndForth(ForeignObject object) {
        ByteBuf bytes = Unpooled.buffer();
        ForeignBodies.write(object, bytes);
        return ForeignBodies.read(bytes);
    }

    @Test
    void objects_within_lists_and_maps_come_back_with_names_and_fields() {
        var inner = object("com.example.Box", "data", "ü");
        var outer = object(
                "com.example.Outer",
                "text",
                "a",
                "nothing",
                null,
                "number",
                5L,
                "yes",
                true,
                "boxes",
                new ArrayList<>(List.of(inner, inner, object("com.example.Box", "data", null))));

        var read = backAndForth(outer);

        assertThat(read).isEqualTo(outer);
        assertThat(read.text("text")).contains("a");
        assertThat(read.number("number")).contains(5L);
        assertThat(read.isTrue("yes")).isTrue();
        assertThat(read.list("boxes")).hasSize(3);
        assertThat(read.text("number")).isEmpty();
    }

    @Test
    void whatever_class_is_named_none_is_made() {
        var read = backAndForth(object("java.lang.ProcessBuilder", "command", new ArrayList<>(List.of("true"))));

        assertThat(read.type()).isEqualTo("java.lang.ProcessBuilder");
        assertThat(read.list("command")).isEqualTo(List.of("true"));
    }

    @Test
    void what_is_nested_too_deep_and_what_is_no_body_is_refused() {
        var nested = object("T", "in", null);
        for (int i = 0; i < GuardedInput.DEPTH_MAX; i++) {
            nested = object("T", "in", nested);
        }
        var deep = nested;
        assertThatThrownBy(() -> backAndForth(deep))
                .isInstanceOfSatisfying(
                        BodyException.class, e -> assertThat(e.kind()).isEqualTo(BodyException.Kind.TOO_LARGE));
        assertThatThrownBy(() -> ForeignBodies.read(Unpooled.wrappedBuffer(new byte[] {'S', 0, 1, 'a'})))
                .isInstanceOf(BodyException.class);
        assertThatThrownBy(() -> ForeignBodies.read(Unpooled.EMPTY_BUFFER)).isInstanceOf(BodyException.class);
    }
}
