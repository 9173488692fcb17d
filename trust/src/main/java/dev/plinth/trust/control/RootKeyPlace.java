package dev.plinth.trust.control;

import com.google.protobuf.ByteString;
import java.util.Optional;

/** Where a server keeps its root key once it has it; before that, nothing can be sealed or opened. */
final class RootKeyPlace implements RootKey {
    /*
     * What is stored is replayed, and agreed on with other servers, without any key; so a server may start before it has one, and one that
     * gives no identities never has.
     */

    /** Set once, by whoever puts the server together; read by all threads. */
    private volatile Optional<RootKey> key = Optional.empty();

    void put(RootKey root) {
        key = Optional.of(root);
    }

    boolean isEmpty() {
        return key.isEmpty();
    }

    private RootKey key() {
        return key.orElseThrow(() -> new IllegalStateException("this server has no root key"));
    }

    @Override
    public ByteString seal(String what, byte[] secret) {
        return key().seal(what, secret);
    }

    @Override
    public byte[] open(String what, ByteString sealed) {
        return key().open(what, sealed);
    }
}
