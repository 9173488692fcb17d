package dev.plinth.rpc;

import dev.plinth.rpc.hessian.BodyException;
import dev.plinth.rpc.hessian.SofaBodies;
import dev.plinth.rpc.hessian.SofaResponse;
import dev.plinth.wire.bolt.BoltDialect;
import dev.plinth.wire.bolt.BoltFrame;
import dev.plinth.wire.bolt.BoltHeader;
import dev.plinth.wire.bolt.BoltLimits;
import dev.plinth.wire.bolt.BoltStatus;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.Unpooled;
import java.util.HashMap;
import java.util.Map;

/** Makes the frames with which a server answers. */
final class Responses {
    /*
     * An original SOFARPC client shows its user a response's errorMsg, and of a status other than SUCCESS only its name. So
     * everything that has something to say goes as a SofaResponse with an error. Exceptions: "busy" has a status of its own,
     * which makes SOFARPC's client try another server; and for a request whose deadline passed nobody waits any more.
     */
    private static final int MESSAGE_CHARS_MAX = 1_000;

    private final ByteBufAllocator allocator;
    private final BoltLimits limits;

    Responses(ByteBufAllocator allocator, BoltLimits limits) {
        this.allocator = allocator;
        this.limits = limits;
    }

    /**
     * The answer to a request.
     *
     * @throws BodyException if it cannot be written
     * @throws RpcException {@code BAD_RESPONSE} if it is too large
     * @throws IllegalArgumentException if its properties are
     */
    BoltFrame.Response of(BoltFrame.Request request, SofaResponse response, boolean toSofa, SofaBodies bodies) {
        Map<String, String> header = new HashMap<>(response.properties());
        if (response.error().isPresent() || response.value() instanceof Throwable) {
            header.put(WireProperties.RESPONSE_ERROR, "true");
        }
        ByteBuf content = allocator.buffer();
        ByteBuf head = allocator.buffer();
        try {
            bodies.writeResponse(response, toSofa, content);
            BoltHeader.encode(header, head);
            checkSize(content.readableBytes());
        } catch (RuntimeException e) {
            content.release();
            head.release();
            throw e;
        }
        return new BoltFrame.Response(
                request.dialect(),
                request.id(),
                SofaBodies.CODEC,
                BoltStatus.SUCCESS,
                SofaBodies.RESPONSE_TYPE,
                head,
                content);
    }

    private void checkSize(int bytes) {
        if (bytes > limits.contentBytesMax()) {
            throw new RpcException(
                    RpcException.Code.BAD_RESPONSE,
                    "the answer has " + bytes + " bytes: expected at most contentBytesMax = "
                            + limits.contentBytesMax());
        }
    }

    /** The answer that the service was not reached, or that its answer cannot be told. */
    BoltFrame.Response of(BoltFrame.Request request, RpcException failure, SofaBodies bodies) {
        return switch (failure.code()) {
            case OVERLOADED -> bare(request.dialect(), request.id(), BoltStatus.SERVER_THREADPOOL_BUSY, failure);
            case TIMEOUT -> bare(request.dialect(), request.id(), BoltStatus.TIMEOUT, failure);
            default -> of(request, SofaResponse.failed(text(failure), properties(failure)), true, bodies);
        };
    }

    /** An answer without a body. */
    BoltFrame.Response bare(BoltDialect dialect, int id, BoltStatus status, RpcException failure) {
        Map<String, String> header = properties(failure);
        String message = text(failure);
        header.put(WireProperties.MESSAGE, message.substring(0, Math.min(message.length(), MESSAGE_CHARS_MAX)));
        ByteBuf head = allocator.buffer();
        BoltHeader.encode(header, head);
        return new BoltFrame.Response(dialect, id, SofaBodies.CODEC, status, "", head, Unpooled.EMPTY_BUFFER);
    }

    /** WRONG_CELL and SHARD_FROZEN have a form of their own, which says what the code says. */
    private static String text(RpcException failure) {
        return switch (failure.code()) {
            case WRONG_CELL, SHARD_FROZEN -> failure.detail();
            default -> failure.code() + ": " + failure.detail();
        };
    }

    private static Map<String, String> properties(RpcException failure) {
        Map<String, String> properties = new HashMap<>();
        properties.put(RpcException.PROPERTY, failure.code().name());
        failure.retryAfter()
                .ifPresent(it -> properties.put(RpcException.RETRY_AFTER_PROPERTY, Long.toString(it.toMillis())));
        return properties;
    }
}
