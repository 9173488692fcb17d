package dev.plinth.trust.control;

import com.google.protobuf.ByteString;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/** Where a server keeps its root keys once it has them: that in force, and while they change the next one. Before that, nothing can be sealed or opened. */
final class RootKeyPlace implements RootKey {
    /*
     * What is stored is replayed, and agreed on with other servers, without any key; so a server may start before it has one, and one that
     * gives no identities never has.
     *
     * While root keys change a server may not have heard yet which is in force: what is stored is opened with whichever opens it.
     */
    private record Held(long inForce, SortedMap<Long, RootKey> keys) {}

    /** Replaced as a whole; read by all threads. */
    private volatile Held held = new Held(1, new TreeMap<>());

    /** The first, as far as anybody knows. */
    void put(RootKey root) {
        put(1, new TreeMap<>(Map.of(1L, root)));
    }

    /** @param keys by number, that in force among them */
    void put(long inForce, SortedMap<Long, RootKey> keys) {
        held = new Held(inForce, new TreeMap<>(keys));
    }

    boolean isEmpty() {
        return held.keys().isEmpty();
    }

    /** A key that seals now, and its number. */
    record Numbered(long number, RootKey key) {}

    Numbered sealing() {
        var now = held;
        var key = now.keys().get(now.inForce());
        if (key == null) {
            throw none();
        }
        return new Numbered(now.inForce(), key);
    }

    /** @throws IllegalStateException if it is not here */
    RootKey numbered(long number) {
        var key = held.keys().get(number);
        if (key == null) {
            throw new IllegalStateException("this server does not have root key " + number);
        }
        return key;
    }

    private static IllegalStateException none() {
        return new IllegalStateException("this server has no root key");
    }

    @Override
    public ByteString seal(String what, byte[] secret) {
        return sealing().key().seal(what, secret);
    }

    @Override
    public byte[] open(String what, ByteString sealed) {
        Collection<RootKey> keys = List.copyOf(held.keys().values());
        IllegalStateException refused = none();
        for (var key : keys) {
            try {
                return key.open(what, sealed);
            } catch (IllegalStateException e) {
                refused = e;
            }
        }
        throw refused;
    }
}
