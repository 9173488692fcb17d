package dev.plinth.sdk;

import dev.plinth.sdk.transactions.Transactions;

/**
 * An application's connection to Plinth: calls by interface, and global transactions. One for the whole application; safe for
 * use by many threads; close it at the end.
 *
 * <p>It lives through restarts of the servers: it reconnects by itself, registers everything anew, and calls with the last
 * known endpoints and cell map meanwhile.
 */
public interface Plinth extends AutoCloseable {

    /** Connects. Does not fail when no server can be reached: it goes on trying, and what needs one says {@code UNAVAILABLE}. */
    static Plinth connect(PlinthOptions options) {
        return new ConnectedPlinth(options);
    }

    /** {@link #reference(Class, ReferenceOptions)} with {@link ReferenceOptions#DEFAULT}. */
    default <T> T reference(Class<T> service) {
        return reference(service, ReferenceOptions.DEFAULT);
    }

    /**
     * A proxy that calls the service wherever it is provided: found in the registry, in the user's cell if a parameter is
     * marked as the {@linkplain UserId user's id}, in the current global transaction if there is one.
     *
     * <p>Its methods throw {@link PlinthException} when the call fails, besides what they declare.
     */
    <T> T reference(Class<T> service, ReferenceOptions options);

    /** {@link #publish(Class, Object, String)} with version 1.0. */
    default <T> Publication publish(Class<T> service, T provider) {
        return publish(service, provider, "1.0");
    }

    /**
     * Offers a service: serves it on this process's RPC server and registers it. In a cell, calls for users of other cells
     * are answered {@code WRONG_CELL}.
     */
    <T> Publication publish(Class<T> service, T provider, String version);

    /** Global transactions. */
    Transactions transactions();

    /** Withdraws what was published, lets calls and phase-two calls in progress end (at most a few seconds), and disconnects. */
    @Override
    void close();
}
