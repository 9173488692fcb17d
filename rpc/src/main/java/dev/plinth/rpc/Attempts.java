package dev.plinth.rpc;

import dev.plinth.rpc.hessian.BodyException;
import dev.plinth.rpc.hessian.SofaBodies;
import dev.plinth.rpc.hessian.SofaRequest;
import dev.plinth.rpc.hessian.SofaResponse;
import dev.plinth.wire.bolt.BoltDialect;
import dev.plinth.wire.bolt.BoltException;
import dev.plinth.wire.bolt.BoltFrame;
import dev.plinth.wire.bolt.BoltHeader;
import dev.plinth.wire.bolt.BoltStatus;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Makes calls of one service: picks an endpoint, sends, waits, and tries again elsewhere where that is safe. */
final class Attempts {
    /*
     * What may be tried again, and why: a request that was never sent, or that a stopping server says it did not run, has had
     * no effect. One whose connection broke may have had; that is repeated only if the call is idempotent. Nothing else is: a
     * deadline that passed leaves no time, and repeating what a server was too busy for makes it busier.
     */
    private final BoltClient client;
    private final Directory directory;
    private final SofaBodies bodies;
    private final ReferenceOptions.Balance balance;

    Attempts(BoltClient client, Directory directory, SofaBodies bodies, ReferenceOptions.Balance balance) {
        this.client = client;
        this.directory = directory;
        this.bodies = bodies;
        this.balance = balance;
    }

    /** Makes the call; throws what the service throws, or an {@link RpcException}. */
    Reply make(Call call) throws Throwable {
        client.checkOpen();
        Deadline deadline = Deadline.in(call.timeout());
        Set<String> tried = new HashSet<>();
        RpcException last = null;
        while (true) {
            List<Endpoint> endpoints = directory.endpoints(call.service());
            Optional<Endpoint> picked = client.balancer().pick(endpoints, tried, balance);
            if (picked.isEmpty()) {
                throw last != null ? last : nowhere(call);
            }
            Endpoint endpoint = picked.get();
            tried.add(endpoint.address());
            try {
                return attempt(call, endpoint, deadline);
            } catch (RpcException e) {
                last = e;
                if (!mayTryAgain(call, e) || deadline.hasPassed()) {
                    throw e;
                }
            }
        }
    }

    private static RpcException nowhere(Call call) {
        return new RpcException(RpcException.Code.UNAVAILABLE, "no endpoint of " + call.service() + " is known");
    }

    private static boolean mayTryAgain(Call call, RpcException e) {
        return switch (e.code()) {
            case UNAVAILABLE -> true;
            case CONNECTION_LOST -> call.idempotent();
            default -> false;
        };
    }

    private Reply attempt(Call call, Endpoint endpoint, Deadline deadline) throws Throwable {
        ClientConnection connection = client.peer(endpoint).connect(deadline);
        if (deadline.hasPassed()) {
            throw new RpcException(
                    RpcException.Code.TIMEOUT, "the deadline passed before " + call.what() + " could be sent");
        }
        ClientConnection.RequestMaker maker = id -> request(call, id, deadline, connection.allocator());
        if (call.oneWay()) {
            connection.sendOneWay(maker, deadline);
            return Reply.NONE;
        }
        BoltFrame.Response response = connection.call(maker, deadline);
        try {
            return read(response, call, endpoint);
        } finally {
            response.release();
        }
    }

    private BoltFrame.Request request(Call call, int id, Deadline deadline, ByteBufAllocator allocator) {
        int millis = deadline.remainingMillis();
        Map<String, String> properties = new HashMap<>(call.properties());
        properties.put(WireProperties.DEADLINE, Integer.toString(millis));
        call.user().ifPresent(it -> properties.put(WireProperties.USER, it));
        Map<String, String> header = new HashMap<>(properties);
        header.put(WireProperties.SERVICE, call.service());
        header.put(WireProperties.TARGET_SERVICE, call.service());
        header.put(WireProperties.METHOD, call.method());
        ByteBuf head = allocator.buffer();
        ByteBuf content = allocator.buffer();
        try {
            BoltHeader.encode(header, head);
            var body = new SofaRequest(call.service(), call.method(), call.signature(), "", properties);
            bodies.writeRequest(body, call.arguments().toArray(), content);
            checkSize(call, content.readableBytes());
        } catch (BodyException e) {
            head.release();
            content.release();
            throw new RpcException(RpcException.Code.BAD_REQUEST, e.reason(), e);
        } catch (IllegalArgumentException e) {
            head.release();
            content.release();
            throw new RpcException(RpcException.Code.BAD_REQUEST, "its properties: " + e.getMessage(), e);
        } catch (RuntimeException e) {
            head.release();
            content.release();
            throw e;
        }
        return new BoltFrame.Request(
                BoltDialect.V1, id, call.oneWay(), SofaBodies.CODEC, millis, SofaBodies.REQUEST_TYPE, head, content);
    }

    private void checkSize(Call call, int bytes) {
        int max = client.options().limits().contentBytesMax();
        if (bytes > max) {
            throw new RpcException(
                    RpcException.Code.TOO_LARGE,
                    "the request to " + call.what() + " has " + bytes + " bytes: expected at most contentBytesMax = "
                            + max);
        }
    }

    private Reply read(BoltFrame.Response response, Call call, Endpoint endpoint) throws Throwable {
        Map<String, String> header;
        try {
            header = BoltHeader.decode(response.header());
        } catch (BoltException e) {
            throw badResponse(call, endpoint, e);
        }
        if (response.status() != BoltStatus.SUCCESS) {
            throw refused(response.status(), header, call, endpoint);
        }
        SofaResponse body;
        try {
            body = bodies.readResponse(response.content());
        } catch (BodyException e) {
            throw badResponse(call, endpoint, e);
        }
        if (body.error().isPresent()) {
            throw failed(body.error().get(), code(header).orElse(RpcException.Code.FAILED), header, call, endpoint);
        }
        // A method may return an exception as its value; only the header tells it from one that was thrown.
        if (body.value() instanceof Throwable thrown && header.containsKey(WireProperties.RESPONSE_ERROR)) {
            throw thrown;
        }
        return new Reply(body.value(), properties(header, body));
    }

    private static Map<String, String> properties(Map<String, String> header, SofaResponse body) {
        Map<String, String> all = new HashMap<>(body.properties());
        all.putAll(header);
        all.remove(WireProperties.RESPONSE_ERROR);
        return all;
    }

    private static RpcException badResponse(Call call, Endpoint endpoint, RuntimeException why) {
        return new RpcException(
                RpcException.Code.BAD_RESPONSE,
                "the answer of " + endpoint.address() + " to " + call.what() + " cannot be read: " + why.getMessage(),
                why);
    }

    private static RpcException refused(BoltStatus status, Map<String, String> header, Call call, Endpoint endpoint) {
        RpcException.Code code = code(header)
                .orElse(
                        switch (status) {
                            case SERVER_THREADPOOL_BUSY -> RpcException.Code.OVERLOADED;
                            case TIMEOUT -> RpcException.Code.TIMEOUT;
                            case NO_PROCESSOR -> RpcException.Code.NO_SUCH_SERVICE;
                            case SERVER_DESERIAL_EXCEPTION, CODEC_EXCEPTION -> RpcException.Code.BAD_REQUEST;
                            case SERVER_SERIAL_EXCEPTION -> RpcException.Code.BAD_RESPONSE;
                            default -> RpcException.Code.FAILED;
                        });
        return failed(header.getOrDefault(WireProperties.MESSAGE, status.name()), code, header, call, endpoint);
    }

    private static RpcException failed(
            String message, RpcException.Code code, Map<String, String> header, Call call, Endpoint endpoint) {
        String prefix = code + ": ";
        String detail = message.startsWith(prefix) ? message.substring(prefix.length()) : message;
        return new RpcException(
                code, call.what() + " at " + endpoint.address() + ": " + detail, retryAfter(header), null);
    }

    private static Optional<RpcException.Code> code(Map<String, String> header) {
        String name = header.get(RpcException.PROPERTY);
        for (RpcException.Code code : RpcException.Code.values()) {
            if (code.name().equals(name)) {
                return Optional.of(code);
            }
        }
        return Optional.empty();
    }

    private static Optional<Duration> retryAfter(Map<String, String> header) {
        String millis = header.get(RpcException.RETRY_AFTER_PROPERTY);
        try {
            return millis == null ? Optional.empty() : Optional.of(Duration.ofMillis(Long.parseLong(millis)));
        } catch (NumberFormatException e) {
            return Optional.empty();
        }
    }
}
