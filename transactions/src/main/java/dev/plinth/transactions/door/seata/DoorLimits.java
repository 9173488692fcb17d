package dev.plinth.transactions.door.seata;

import java.time.Duration;

/** The door's bounds, each with its unit in its name or its type. */
final class DoorLimits {
    private DoorLimits() {}

    /** Open connections; one more is closed at once. */
    static final int CONNECTIONS_MAX = 20_000;

    /** Requests of one connection whose answers are not written yet; one more is refused with {@code OVERLOADED}. */
    static final int IN_FLIGHT_MAX = 4_096;

    /**
     * Bytes that wait to be sent to one client before it counts as one that does not read: phase two is not pushed to it, and its
     * heartbeats go without an answer, until half of them are gone. Well above what a burst of decisions pushes at once.
     */
    static final int UNSENT_BYTES_MAX = 1 << 20;

    /** Resources that one connection may serve; a registration of more is refused. */
    static final int RESOURCES_MAX = 10_000;

    /** Broken or unexpected frames after which a connection is closed, even if each one left it intact. */
    static final int BROKEN_FRAMES_MAX = 100;

    /** How long a decision is proposed again while the coordinator is overloaded; below the client's time-out of 30 s. */
    static final Duration DECISION_RETRY_MAX = Duration.ofSeconds(10);

    /** How long to wait before the next proposal if the coordinator did not say. */
    static final Duration RETRY_DEFAULT = Duration.ofMillis(20);

    /** How long the closing of the door waits for its threads. */
    static final Duration CLOSE_MAX = Duration.ofSeconds(5);
}
