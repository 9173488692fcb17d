package dev.plinth.sdk;

/** A service that this process offers; closing it withdraws it. */
public interface Publication extends AutoCloseable {

    /** The service's unique name, {@code interface:version}. */
    String service();

    /** Where it is reached. */
    HostPort address();

    /** Withdraws it from the registry first, then stops answering. */
    @Override
    void close();
}
