package dev.plinth.rpc;

/** The names of SOFARPC's header entries, and of our own properties. */
final class WireProperties {
    private WireProperties() {}

    /** The service's unique name; the original reads this one first. */
    static final String SERVICE = "service";

    static final String TARGET_SERVICE = "sofa_head_target_service";
    static final String METHOD = "sofa_head_method_name";
    static final String TARGET_APPLICATION = "sofa_head_target_app";
    static final String RESPONSE_ERROR = "sofa_head_response_error";
    static final String HEAD_PREFIX = "sofa_head_";

    /** On whose behalf a call is made. */
    static final String USER = "plinth.user";

    /** How long the caller still waits, in milliseconds. */
    static final String DEADLINE = "plinth.deadline";

    /** The epoch of the caller's cell map. */
    static final String CELL_EPOCH = "plinth.cell.epoch";

    /** What went wrong, for statuses that have no body. */
    static final String MESSAGE = "plinth.message";
}
