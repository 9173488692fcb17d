package dev.plinth.rpc.grpc;

import io.netty.handler.codec.http2.Http2Headers;
import io.netty.util.AsciiString;
import java.util.Optional;
import java.util.OptionalInt;

/** What the headers of a request say, as gRPC over HTTP/2 has it (github.com/grpc/grpc, doc/PROTOCOL-HTTP2.md). */
final class Requests {
    private static final AsciiString POST = AsciiString.cached("POST");
    private static final AsciiString CONTENT_TYPE = AsciiString.cached("content-type");
    private static final AsciiString GRPC = AsciiString.cached("application/grpc");
    private static final AsciiString ENCODING = AsciiString.cached("grpc-encoding");
    private static final AsciiString IDENTITY = AsciiString.cached("identity");
    private static final int METHOD_NOT_ALLOWED = 405;
    private static final int UNSUPPORTED_MEDIA_TYPE = 415;
    private static final int BAD_REQUEST = 400;

    private Requests() {}

    /** HTTP's status for what is no call of gRPC. */
    static OptionalInt refused(Http2Headers headers) {
        var method = headers.method();
        if (method == null || headers.path() == null) {
            return OptionalInt.of(BAD_REQUEST);
        }
        if (!POST.contentEquals(method)) {
            return OptionalInt.of(METHOD_NOT_ALLOWED);
        }
        var type = headers.get(CONTENT_TYPE);
        return type != null && AsciiString.of(type).startsWith(GRPC)
                ? OptionalInt.empty()
                : OptionalInt.of(UNSUPPORTED_MEDIA_TYPE);
    }

    /** How the messages are compressed, if they may be. */
    static Optional<String> encoding(Http2Headers headers) {
        var encoding = headers.get(ENCODING);
        return encoding == null || IDENTITY.contentEquals(encoding)
                ? Optional.empty()
                : Optional.of(encoding.toString());
    }
}
