package dev.plinth.kernel;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Supplier;

/**
 * An engine on a bench: hands it commands at times that the test chooses, and shows what it asked for. No thread, no clock.
 *
 * @param <E> effects; the other parameters as in {@link Engine}
 */
public final class EngineTrial<X extends Engine<C, O, E, V>, C, O, E, V> {
    private final X engine;
    private Instant now = Instant.parse("2026-01-01T00:00:00Z");
    private long index;
    private long lastEffect;
    private int engineVersion = 1;
    private final TreeMap<EffectId, E> open = new TreeMap<>();
    private final List<String> changed = new ArrayList<>();

    public EngineTrial(X engine) {
        this.engine = engine;
    }

    public X engine() {
        return engine;
    }

    public Instant now() {
        return now;
    }

    /** Applies a command now. */
    public O apply(C command) {
        index++;
        return engine.apply(command, context());
    }

    /** Applies the result of an open effect; as in a partition, nothing happens if it is closed. Returns whether it was open. */
    public boolean result(EffectId effect, C command) {
        if (!open.containsKey(effect)) {
            return false;
        }
        apply(command);
        return true;
    }

    /** Lets time pass, with a tick at each deadline on the way. */
    public void advance(Duration duration) {
        var end = now.plus(duration);
        for (var due = engine.nextDeadline(); due.isPresent() && !due.get().isAfter(end); due = engine.nextDeadline()) {
            now = due.get().isAfter(now) ? due.get() : now;
            index++;
            engine.tick(context());
            var next = engine.nextDeadline();
            if (next.isPresent() && !next.get().isAfter(now)) {
                throw new AssertionError("a tick at " + now + " left the deadline at " + next.get());
            }
        }
        now = end;
    }

    /** The effects that are open, by id. */
    public SortedMap<EffectId, E> openEffects() {
        return new TreeMap<>(open);
    }

    /** The keys that changed since this was last asked, in order, each as often as it was said. */
    public List<String> takeChanged() {
        var taken = List.copyOf(changed);
        changed.clear();
        return taken;
    }

    public void engineVersion(int version) {
        engineVersion = version;
    }

    /** The state, as a snapshot writes it: equal states give equal bytes. */
    public byte[] state() {
        var bytes = new ByteArrayOutputStream();
        try {
            engine.snapshot().encode(bytes);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return bytes.toByteArray();
    }

    /** A new engine with this one's state, on a bench of its own at the same time and place, with the same open effects. */
    public EngineTrial<X, C, O, E, V> restoredIn(Supplier<X> newEngine) {
        var other = new EngineTrial<X, C, O, E, V>(newEngine.get());
        try {
            other.engine.restore(new ByteArrayInputStream(state()));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        other.now = now;
        other.index = index;
        other.lastEffect = lastEffect;
        other.engineVersion = engineVersion;
        other.open.putAll(open);
        return other;
    }

    private Context<E> context() {
        return new Context<>() {
            @Override
            public Instant now() {
                return now;
            }

            @Override
            public Revision revision() {
                return new Revision(1, index);
            }

            @Override
            public int engineVersion() {
                return engineVersion;
            }

            @Override
            public EffectId open(E effect) {
                lastEffect++;
                var id = new EffectId(lastEffect);
                open.put(id, effect);
                return id;
            }

            @Override
            public void close(EffectId effect) {
                open.remove(effect);
            }

            @Override
            public void changed(String key) {
                changed.add(key);
            }
        };
    }
}
