package dev.plinth.trust.secrets;

import java.io.IOException;
import java.util.List;
import java.util.Optional;

/** Where a root key is found without anybody's help. For one thread. */
sealed interface RootPlace permits RootFile, RootInTpm, RootInToken {
    /**
     * A key that was here.
     *
     * @param isNext where the next one is kept while root keys change
     */
    record Found(RootKey key, boolean isNext) {}

    /**
     * What may be the key of this root in force; more than one if a change was interrupted.
     *
     * @throws IOException if there is none, or it is not given; it says what was expected
     */
    List<Found> find(Root root) throws IOException;

    /** The key of the next root; empty if it is not here yet. */
    Optional<RootKey> findNext(Root next) throws IOException;

    /** Whether something is here that was made as the key of a next root. */
    boolean hasNext();

    /** What was made as the next key is that in force from now on. */
    void promote() throws IOException;

    /**
     * Makes a key, or finds the one that was made for this number.
     *
     * @param alone whether no other server needs the same one
     * @throws IOException if it cannot be made here, or has to be brought; it says how
     */
    RootKey make(long number, boolean alone) throws IOException;

    /** Keeps a key that operators brought; where keys are not brought, nothing happens. */
    default void keep(Root root, RootKey.InMemory key, boolean asNext) throws IOException {}
}
