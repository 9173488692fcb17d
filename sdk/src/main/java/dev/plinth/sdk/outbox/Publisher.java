package dev.plinth.sdk.outbox;

import java.util.List;

/** Hands messages to a broker. */
@FunctionalInterface
public interface Publisher {

    /**
     * Publishes these messages, in this order; returns when the broker has them for good. An exception means that it may not have
     * all: they are published again later, under the same ids.
     */
    void publish(List<Message> messages) throws Exception;
}
