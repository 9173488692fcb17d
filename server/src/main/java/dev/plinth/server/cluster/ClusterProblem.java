package dev.plinth.server.cluster;

import io.grpc.Status;
import io.grpc.StatusRuntimeException;

/** Why a change of the cluster is refused: what, where, and what was expected. */
final class ClusterProblem {
    private ClusterProblem() {}

    static StatusRuntimeException invalid(String what) {
        return Status.INVALID_ARGUMENT.withDescription(what).asRuntimeException();
    }

    static StatusRuntimeException unknown(String what) {
        return Status.NOT_FOUND.withDescription(what).asRuntimeException();
    }

    static StatusRuntimeException taken(String what) {
        return Status.ALREADY_EXISTS.withDescription(what).asRuntimeException();
    }

    static StatusRuntimeException refused(String what) {
        return Status.FAILED_PRECONDITION.withDescription(what).asRuntimeException();
    }

    static StatusRuntimeException later(String what) {
        return Status.UNAVAILABLE.withDescription(what).asRuntimeException();
    }
}
