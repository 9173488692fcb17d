package dev.plinth.rpc.grpc;

/** How a call ended. The numbers are gRPC's (grpc.github.io/grpc/core/md_doc_statuscodes.html). */
public enum GrpcCode {
    OK(0),
    CANCELLED(1),
    UNKNOWN(2),
    INVALID_ARGUMENT(3),
    DEADLINE_EXCEEDED(4),
    NOT_FOUND(5),
    ALREADY_EXISTS(6),
    PERMISSION_DENIED(7),
    RESOURCE_EXHAUSTED(8),
    FAILED_PRECONDITION(9),
    ABORTED(10),
    OUT_OF_RANGE(11),
    UNIMPLEMENTED(12),
    INTERNAL(13),
    UNAVAILABLE(14),
    DATA_LOSS(15),
    UNAUTHENTICATED(16);

    private static final GrpcCode[] BY_NUMBER = values();

    private final int number;

    GrpcCode(int number) {
        this.number = number;
    }

    /** The code of a number; {@link #UNKNOWN} if it has none, as gRPC wants it. */
    public static GrpcCode of(int number) {
        return number >= 0 && number < BY_NUMBER.length ? BY_NUMBER[number] : UNKNOWN;
    }

    int number() {
        return number;
    }
}
