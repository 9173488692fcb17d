package dev.plinth.rpc;

import dev.plinth.cells.CellMap;
import dev.plinth.cells.Epoch;
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
    private static final int CORRECTIONS_MAX = 3;

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

    /** Where a call may go, and by which map that is so. */
    private record Target(List<Endpoint> endpoints, Optional<CellMap> map) {}

    /** Makes the call; throws what the service throws, or an {@link RpcException}. */
    Reply make(Call call) throws Throwable {
        client.checkOpen();
        Deadline deadline = Deadline.in(call.timeout());
        for (int corrections = 0; ; corrections++) {
            Target target = target(call, deadline);
            try {
                return somewhere(call, target, deadline);
            } catch (RpcException e) {
                Optional<CellAnswer> answer = cellAnswer(e);
                if (answer.isEmpty() || target.map.isEmpty() || corrections == CORRECTIONS_MAX) {
                    throw e;
                }
                awaitNewerMap(call, target.map.get().epoch(), answer.get(), e, deadline);
            }
        }
    }

    private static Optional<CellAnswer> cellAnswer(RpcException e) {
        return switch (e.code()) {
            case WRONG_CELL, SHARD_FROZEN -> CellAnswer.in(e.detail());
            default -> Optional.empty();
        };
    }

    /**
     * Returns when a map has come that is newer than the one by which the call was sent, and at least as new as the one by which
     * it was turned away. A frozen shard opens with the next map.
     */
    private void awaitNewerMap(Call call, Epoch used, CellAnswer answer, RpcException e, Deadline deadline) {
        Epoch wanted = switch (answer) {
            case CellAnswer.WrongCell it -> it.epoch();
            case CellAnswer.ShardFrozen it -> it.epoch().next();
        };
        if (!wanted.isAfter(used)) {
            wanted = used.next();
        }
        CellMapSource maps = client.options().maps().orElseThrow();
        Epoch known = maps.refresh(wanted, deadline.remaining().orElse(call.timeout()))
                .map(CellMap::epoch)
                .orElse(Epoch.NONE);
        if (!known.isAfter(used) || deadline.hasPassed()) {
            throw new RpcException(
                    e.code(),
                    e.detail() + "; it was sent by the map of epoch " + used.number()
                            + ", and no newer one came in time",
                    e);
        }
    }

    /** The endpoints of the service; if it is one of cells, and called for a user, those in the user's cell. */
    private Target target(Call call, Deadline deadline) {
        List<Endpoint> all = directory.endpoints(call.service());
        if (all.isEmpty()) {
            throw nowhere("no endpoint of " + call.service() + " is known");
        }
        Optional<CellMapSource> maps = client.options().maps();
        boolean inCells = all.stream().anyMatch(it -> it.cell().isPresent());
        if (call.user().isEmpty() || maps.isEmpty() || !inCells) {
            return new Target(all, Optional.empty());
        }
        CellMap map = maps.get()
                .current()
                .or(() -> maps.get()
                        .refresh(Epoch.NONE.next(), deadline.remaining().orElse(call.timeout())))
                .orElseThrow(() -> nowhere("no cell map is known, and " + call.what() + " is for a user"));
        String owner = owner(map, call.user().get());
        List<Endpoint> there = all.stream()
                .filter(it -> it.cell().isPresent() && it.cell().get().equals(owner))
                .toList();
        if (there.isEmpty()) {
            throw nowhere("no endpoint of " + call.service() + " is known in cell " + owner + ", which owns the user "
                    + call.user().get() + " by the map of epoch " + map.epoch().number());
        }
        return new Target(there, Optional.of(map));
    }

    private static String owner(CellMap map, String user) {
        try {
            return map.ownerOf(user).name();
        } catch (IllegalArgumentException e) {
            throw new RpcException(RpcException.Code.BAD_REQUEST, String.valueOf(e.getMessage()), e);
        }
    }

    private static RpcException nowhere(String why) {
        return new RpcException(RpcException.Code.UNAVAILABLE, why);
    }

    private Reply somewhere(Call call, Target target, Deadline deadline) throws Throwable {
        Set<String> tried = new HashSet<>();
        while (true) {
            Endpoint endpoint =
                    client.balancer().pick(target.endpoints, tried, balance).orElseThrow();
            tried.add(endpoint.address());
            try {
                return attempt(call, endpoint, target.map, deadline);
            } catch (RpcException e) {
                boolean noneLeft = target.endpoints.stream().allMatch(it -> tried.contains(it.address()));
                if (noneLeft || !mayTryAgain(call, e) || deadline.hasPassed()) {
                    throw e;
                }
            }
        }
    }

    private static boolean mayTryAgain(Call call, RpcException e) {
        return switch (e.code()) {
            case UNAVAILABLE -> true;
            case CONNECTION_LOST -> call.idempotent();
            default -> false;
        };
    }

    private Reply attempt(Call call, Endpoint endpoint, Optional<CellMap> map, Deadline deadline) throws Throwable {
        ClientConnection connection = client.peer(endpoint).connect(deadline);
        if (deadline.hasPassed()) {
            throw new RpcException(
                    RpcException.Code.TIMEOUT, "the deadline passed before " + call.what() + " could be sent");
        }
        ClientConnection.RequestMaker maker = id -> request(call, id, map, deadline, connection.allocator());
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

    private BoltFrame.Request request(
            Call call, int id, Optional<CellMap> map, Deadline deadline, ByteBufAllocator allocator) {
        int millis = deadline.remainingMillis();
        Map<String, String> properties = new HashMap<>(call.properties());
        properties.put(WireProperties.DEADLINE, Integer.toString(millis));
        call.user().ifPresent(it -> properties.put(WireProperties.USER, it));
        map.ifPresent(it -> properties.put(
                WireProperties.CELL_EPOCH, Long.toString(it.epoch().number())));
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
            String message = body.error().get();
            RpcException.Code code = code(header)
                    .or(() -> CellAnswer.in(message).map(it -> it.exception().code()))
                    .orElse(RpcException.Code.FAILED);
            throw failed(message, code, header, call, endpoint);
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
