package dev.plinth.cli;

import io.grpc.Status;
import io.grpc.StatusRuntimeException;

/** Says in one line what went wrong, in the user's words rather than the machine's. */
final class Problems {
    private Problems() {}

    static String inOneLine(Throwable problem) {
        if (problem instanceof StatusRuntimeException grpc) {
            var status = grpc.getStatus();
            if (status.getCode() == Status.Code.UNAVAILABLE) {
                return "no server answers there; start one with ./plinth dev or ./plinth server, or name it with --server";
            }
            return status.getDescription() == null ? status.getCode().name() : status.getDescription();
        }
        var message = problem.getMessage();
        return message == null ? problem.getClass().getSimpleName() : message;
    }
}
