package dev.plinth.rpc.hessian;

import static org.assertj.core.api.Assertions.assertThat;

import com.caucho.hessian.io.Hessian2Input;
import com.caucho.hessian.io.Hessian2Output;
import com.caucho.hessian.io.SerializerFactory;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufInputStream;
import io.netty.buffer.ByteBufOutputStream;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.io.IOException;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.UUID;
import java.util.function.Consumer;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.EdgeCasesMode;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;

/** What holds for all bodies, and for all bytes that claim to be one. */
class SofaBodiesPropertyTest {
    private static final String SERVICE = Echo.class.getName() + ":1.0";

    /** A service that takes and gives anything that is allowed. */
    public interface Echo {
        Object echo(Object value, Holder holder);
    }

    /** A record, a plain object and an enum in one. */
    public record Holder(String name, List<Holder> children, BigDecimal amount, Kind kind) {}

    public enum Kind {
        A,
        B
    }

    private final SofaBodies bodies = new SofaBodies(AllowedTypes.of(Echo.class));

    /** Made from a random number generator directly: jqwik's own containers take longer to make than all else here. */
    @Provide
    Arbitrary<Object> values() {
        return Arbitraries.randomValue(random -> value(random, 4));
    }

    @Provide
    Arbitrary<Holder> holders() {
        return Arbitraries.randomValue(random -> holder(random, 3));
    }

    private static Object value(Random random, int depth) {
        return switch (random.nextInt(depth > 0 ? 16 : 11)) {
            case 0 -> text(random, 40);
            case 1 -> text(random, random.nextInt(10) == 0 ? 40_000 : 300);
            case 2 -> random.nextInt();
            case 3 -> random.nextInt(200) - 100;
            case 4 -> random.nextLong();
            case 5 -> random.nextDouble();
            case 6 -> random.nextBoolean();
            case 7 -> new BigDecimal(new BigInteger(random.nextInt(200), random), random.nextInt(40) - 20);
            case 8 -> new UUID(random.nextLong(), random.nextLong());
            case 9 -> Instant.ofEpochSecond(random.nextInt(), random.nextInt(1_000_000_000));
            case 10 -> new BigInteger(random.nextInt(300), random).negate();
            case 11, 12 -> {
                List<Object> list = new ArrayList<>();
                elements(random, depth, list::add);
                yield list;
            }
            case 13 -> {
                Set<Object> set = new HashSet<>();
                elements(random, depth, set::add);
                yield set;
            }
            case 14 -> {
                Map<Object, Object> map = new HashMap<>();
                elements(random, depth, it -> map.put(text(random, 5), it));
                yield map;
            }
            default -> holder(random, depth - 1);
        };
    }

    private static void elements(Random random, int depth, Consumer<Object> to) {
        for (int i = random.nextInt(6); i > 0; i--) {
            to.accept(value(random, depth - 1));
        }
    }

    private static Holder holder(Random random, int depth) {
        List<Holder> children = new ArrayList<>();
        for (int i = depth > 0 ? random.nextInt(3) : 0; i > 0; i--) {
            children.add(holder(random, depth - 1));
        }
        return new Holder(
                text(random, 10),
                children,
                BigDecimal.valueOf(random.nextInt(), 2),
                random.nextBoolean() ? Kind.A : Kind.B);
    }

    /** Of one, two and three bytes a character, and of pairs that take four. */
    private static String text(Random random, int charsMax) {
        StringBuilder text = new StringBuilder();
        for (int i = random.nextInt(charsMax); i > 0; i--) {
            text.appendCodePoint(
                    switch (random.nextInt(8)) {
                        case 0 -> 0xe0 + random.nextInt(0x20);
                        case 1 -> 0x4e00 + random.nextInt(0x1000);
                        case 2 -> 0x1f600 + random.nextInt(0x40);
                        default -> ' ' + random.nextInt(95);
                    });
        }
        return text.toString();
    }

    @Property(tries = 200, edgeCases = EdgeCasesMode.NONE)
    void what_was_written_is_read(@ForAll("values") Object value, @ForAll("holders") Holder holder) {
        ByteBuf request = request(value, holder);
        SofaBodies.ReadRequest read = bodies.readRequest(request);
        assertThat(read.request().service()).isEqualTo(SERVICE);
        assertThat(read.request().properties()).isEqualTo(Map.of("k", "v"));
        assertThat(read.arguments(new Class<?>[] {Object.class, Holder.class})).containsExactly(value, holder);

        ByteBuf response = Unpooled.buffer();
        bodies.writeResponse(SofaResponse.of(value, Map.of("k", "v")), false, response);
        assertThat(bodies.readResponse(response)).isEqualTo(SofaResponse.of(value, Map.of("k", "v")));
    }

    private ByteBuf request(Object value, Holder holder) {
        ByteBuf request = Unpooled.buffer();
        var head = new SofaRequest(
                SERVICE, "echo", List.of("java.lang.Object", Holder.class.getName()), "", Map.of("k", "v"));
        bodies.writeRequest(head, new Object[] {value, holder}, request);
        return request;
    }

    @Property(tries = 200, edgeCases = EdgeCasesMode.NONE)
    void the_library_reads_what_we_write_and_we_read_what_it_writes(@ForAll("values") Object value) throws IOException {
        Object plain = withoutRecords(value);
        ByteBuf theirs = Unpooled.buffer();
        Hessian2Output output = new Hessian2Output(new ByteBufOutputStream(theirs));
        output.setSerializerFactory(new SerializerFactory());
        output.writeObject(plain);
        output.flush();
        GuardedFactory factory = new GuardedFactory(
                AllowedTypes.of(Echo.class), GuardedFactory.Foreign.REFUSE, ThrowableSerializer.Causes.WITH);
        assertThat(new GuardedInput(theirs, factory).readObject()).isEqualTo(plain);

        ByteBuf ours = Unpooled.buffer();
        Hessian2Output guarded = new Hessian2Output(new ByteBufOutputStream(ours));
        guarded.setSerializerFactory(factory);
        guarded.writeObject(plain);
        guarded.flush();
        Hessian2Input input = new Hessian2Input(new ByteBufInputStream(ours));
        input.setSerializerFactory(new SerializerFactory());
        assertThat(input.readObject()).isEqualTo(plain);
    }

    /** What the library by itself can write and read on a JDK of today: no records, nor UUID and BigInteger. */
    private static Object withoutRecords(Object value) {
        return switch (value) {
            case Holder holder -> holder.name();
            case UUID uuid -> uuid.toString();
            case BigInteger number -> number.toString();
            case List<?> list ->
                new ArrayList<>(list.stream()
                        .map(SofaBodiesPropertyTest::withoutRecords)
                        .toList());
            case Set<?> set -> {
                var copy = new HashSet<>();
                set.forEach(it -> copy.add(withoutRecords(it)));
                yield copy;
            }
            case Map<?, ?> map -> {
                var copy = new HashMap<>();
                map.forEach((key, each) -> copy.put(key, withoutRecords(each)));
                yield copy;
            }
            default -> value;
        };
    }

    @Property(tries = 2_000, edgeCases = EdgeCasesMode.NONE)
    void a_changed_body_is_read_or_refused_and_nothing_else(
            @ForAll("values") Object value,
            @ForAll("holders") Holder holder,
            @ForAll @IntRange(max = 1_000_000) int where,
            @ForAll byte what,
            @ForAll @IntRange(max = 1_000_000) int cut) {
        byte[] bytes = ByteBufUtil.getBytes(request(value, holder));
        bytes[where % bytes.length] = what;
        int length = cut % 3 == 0 ? cut % bytes.length : bytes.length;
        try {
            bodies.readRequest(Unpooled.wrappedBuffer(bytes, 0, length))
                    .arguments(new Class<?>[] {Object.class, Holder.class});
        } catch (BodyException e) {
            assertThat(e.reason()).isNotBlank();
        }
        try {
            bodies.readResponse(Unpooled.wrappedBuffer(bytes, 0, length));
        } catch (BodyException e) {
            assertThat(e.reason()).isNotBlank();
        }
    }

    @Property(tries = 2_000)
    void any_bytes_are_read_or_refused_and_nothing_else(@ForAll byte[] bytes) {
        try {
            bodies.readResponse(Unpooled.wrappedBuffer(bytes));
        } catch (BodyException e) {
            assertThat(e.reason()).isNotBlank();
        }
    }
}
