package dev.plinth.rpc.grpc;

/** How a call ended, as far as doors here say it. The numbers are gRPC's (grpc.github.io/grpc/core/md_doc_statuscodes.html). */
public enum GrpcCode {
    OK(0),
    INVALID_ARGUMENT(3),
    RESOURCE_EXHAUSTED(8),
    ABORTED(10),
    UNIMPLEMENTED(12),
    INTERNAL(13),
    UNAVAILABLE(14);

    private final int number;

    GrpcCode(int number) {
        this.number = number;
    }

    int number() {
        return number;
    }
}
