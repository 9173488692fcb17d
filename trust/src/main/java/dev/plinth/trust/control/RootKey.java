package dev.plinth.trust.control;

import com.google.protobuf.ByteString;

/** The key under which private keys and secrets are sealed before they reach a disk. Safe for many threads. */
public sealed interface RootKey permits FileRootKey, RootKeyPlace {

    /**
     * Encrypts and authenticates.
     *
     * @param what names what it is; the same has to be said to open it, so that one sealed thing cannot be put in another's place
     */
    ByteString seal(String what, byte[] secret);

    /**
     * What was sealed.
     *
     * @throws IllegalStateException if it was sealed under another key, as something else, or was changed
     */
    byte[] open(String what, ByteString sealed);
}
