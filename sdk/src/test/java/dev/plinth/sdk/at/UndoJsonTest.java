package dev.plinth.sdk.at;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.InputStream;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.sql.Date;
import java.sql.Time;
import java.sql.Timestamp;
import java.sql.Types;
import java.time.LocalDateTime;
import java.util.Arrays;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/** Undo records in Seata's form. That its own client reads them is tested with that client. */
final class UndoJsonTest {

    private static List<Change> changes(Object... values) {
        Field[] fields = new Field[values.length];
        for (int i = 0; i < values.length; i++) {
            fields[i] = new Field("c" + i, i == 0, Types.OTHER, values[i]);
        }
        Row row = new Row(Arrays.asList(fields));
        return List.of(
                new Change(Change.Kind.UPDATE, "s.t", "s.t", List.of(row), List.of(row)),
                new Change(Change.Kind.INSERT, "s.t", "s.t", List.of(), List.of(row)),
                new Change(Change.Kind.DELETE, "s.t", "s.t", List.of(row), List.of()));
    }

    @Test
    void every_kind_of_value_comes_back_as_it_was() {
        LocalDateTime micros = LocalDateTime.of(2026, 7, 1, 12, 30, 15, 123_456_000);
        Timestamp stamp = Timestamp.valueOf(micros);
        List<Change> written = changes(
                1,
                null,
                true,
                "text with \"quotes\" and ünïcödé",
                7L,
                (short) 8,
                (byte) 9,
                1.5,
                2.5f,
                Double.NaN,
                Float.NEGATIVE_INFINITY,
                new BigDecimal("10.00"),
                new BigInteger("123456789012345678901234567890"),
                stamp,
                Timestamp.valueOf("2026-07-01 12:30:15"),
                micros,
                Date.valueOf("2026-07-01"),
                Time.valueOf("12:30:15"),
                new UUID(1, 2),
                new Field.DriverText("jsonb", "{\"a\": 1}"));
        assertThat(UndoJson.decode(UndoJson.encode("127.0.0.1:8091:1", 5, written)))
                .isEqualTo(written);
    }

    @Test
    void bytes_come_back_as_they_were() {
        List<Change> read = UndoJson.decode(UndoJson.encode("x", 1, changes(1, new byte[] {1, -2, 3})));
        assertThat((byte[]) read.getFirst().before().getFirst().fields().get(1).value())
                .containsExactly(1, -2, 3);
    }

    @Test
    void a_record_of_an_older_client_is_read_whatever_its_classes_are_called() {
        String record = new String(UndoJson.encode("x", 1, changes(1, 7L)), StandardCharsets.UTF_8)
                .replace("org.apache.seata", "io.seata");
        assertThat(UndoJson.decode(record.getBytes(StandardCharsets.UTF_8))).isEqualTo(changes(1, 7L));
    }

    /** The file was written by JacksonUndoLogParser of seata-all 2.6.0, from a record that it had read from us. */
    @Test
    void a_record_that_the_original_client_wrote_is_read_value_by_value() throws Exception {
        byte[] golden;
        try (InputStream file = getClass().getResourceAsStream("undo-log-of-seata-2.6.0.json")) {
            golden = file.readAllBytes();
        }
        List<Change> read = UndoJson.decode(golden);
        assertThat(read).extracting(Change::kind).containsExactly(Change.Kind.UPDATE, Change.Kind.INSERT);
        assertThat(read.getLast().before()).isEmpty();
        Row row = read.getFirst().after().getFirst();
        assertThat(row.field("id").orElseThrow()).isEqualTo(new Field("id", true, Types.BIGINT, 7L));
        assertThat(row.field("name").orElseThrow().value()).isEqualTo("it's \"x\"");
        assertThat(row.field("bal").orElseThrow().value()).isEqualTo(new BigDecimal("10.00"));
        assertThat(row.field("t").orElseThrow().value())
                .isInstanceOfSatisfying(
                        Timestamp.class, time -> assertThat(time.getNanos()).isEqualTo(123_456_000));
        assertThat(row.field("u").orElseThrow().value()).isEqualTo(new UUID(1, 2));
        assertThat((byte[]) row.field("b").orElseThrow().value()).containsExactly(1, 2, 3);
        assertThat(row.field("s").orElseThrow().value()).isEqualTo((short) 3);
        assertThat(row.field("n").orElseThrow().value()).isNull();
        assertThat(row.field("j").orElseThrow().value()).isEqualTo(new Field.DriverText("jsonb", "{\"a\": 1}"));
    }

    @Test
    void what_is_no_record_is_an_error_that_says_so() {
        for (String broken : List.of("", "{}", "[]", "nonsense", "{\"sqlUndoLogs\":[1]}")) {
            assertThatThrownBy(() -> UndoJson.decode(broken.getBytes(StandardCharsets.UTF_8)))
                    .as(broken)
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("no undo record");
        }
    }

    @Test
    void a_value_that_has_no_form_is_refused() {
        assertThatThrownBy(() -> UndoJson.encode("x", 1, changes(1, Thread.currentThread())))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("java.lang.Thread");
    }

    @Test
    void values_are_the_same_whatever_class_they_came_in() {
        assertThat(Field.same(1, 1L)).isTrue();
        assertThat(Field.same(new BigDecimal("1.0"), new BigDecimal("1.00"))).isTrue();
        assertThat(Field.same(1.5f, new BigDecimal("1.5"))).isTrue();
        assertThat(Field.same(Double.NaN, Double.NaN)).isTrue();
        assertThat(Field.same(new byte[] {1}, new byte[] {1})).isTrue();
        assertThat(Field.same(LocalDateTime.of(2026, 1, 1, 0, 0), Timestamp.valueOf("2026-01-01 00:00:00")))
                .isTrue();
        assertThat(Field.same(new Field.DriverText("json", "{}"), "{}")).isTrue();
        assertThat(Field.same(null, null)).isTrue();
        assertThat(Field.same(null, 0)).isFalse();
        assertThat(Field.same(1, 2)).isFalse();
        assertThat(Field.same(new byte[] {1}, "[B")).isFalse();
        assertThat(Field.same("a", "A")).isFalse();
    }
}
