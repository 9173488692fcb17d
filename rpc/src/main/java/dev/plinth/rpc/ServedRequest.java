package dev.plinth.rpc;

import dev.plinth.cells.Epoch;
import dev.plinth.rpc.PublishedService.ServedMethod;
import dev.plinth.rpc.ServeFilter.Serving;
import dev.plinth.rpc.hessian.AllowedTypes;
import dev.plinth.rpc.hessian.BodyException;
import dev.plinth.rpc.hessian.SofaBodies;
import dev.plinth.rpc.hessian.SofaResponse;
import dev.plinth.wire.bolt.BoltException;
import dev.plinth.wire.bolt.BoltFrame;
import dev.plinth.wire.bolt.BoltHeader;
import java.lang.System.Logger.Level;
import java.lang.reflect.Method;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** One request, from its frame to its answer. */
final class ServedRequest {
    private static final System.Logger LOG = System.getLogger(ServedRequest.class.getName());
    /** For answers that have no object of an application's in them. */
    private static final SofaBodies ERRORS = new SofaBodies(AllowedTypes.of(Runnable.class));

    private static final Duration GUARD_WAIT_MAX = Duration.ofSeconds(1);

    private final BoltServer server;
    private final ServerConnection connection;
    private final BoltFrame.Request request;
    private final Deadline arrived;
    private SofaBodies bodies = ERRORS;
    private boolean toSofa = true;
    private @Nullable Throwable thrown;

    /** Made when the request has arrived, for that is when its time begins to run. */
    ServedRequest(BoltServer server, ServerConnection connection, BoltFrame.Request request) {
        this.server = server;
        this.connection = connection;
        this.request = request;
        this.arrived = request.timeoutMs() > 0 ? Deadline.inMillis(request.timeoutMs()) : Deadline.NONE;
    }

    /** Answers without having run anything. */
    void refuse(RpcException why) {
        try {
            fail(why);
        } finally {
            request.release();
        }
    }

    /** Waits for its turn, runs the service, and answers. */
    void run() {
        try {
            if (!server.admission().awaitTurn(arrived)) {
                fail(new RpcException(RpcException.Code.TIMEOUT, "the deadline passed before the request's turn came"));
                return;
            }
            try {
                serve();
            } finally {
                server.admission().endTurn();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            fail(new RpcException(RpcException.Code.UNAVAILABLE, "the server is stopping"));
        } finally {
            request.release();
        }
    }

    private void serve() {
        SofaResponse response;
        try {
            response = respond();
        } catch (BodyException e) {
            fail(new RpcException(code(e), e.reason(), e));
            return;
        } catch (RpcException e) {
            fail(e);
            return;
        } catch (BoltException e) {
            fail(new RpcException(RpcException.Code.BAD_REQUEST, e.reason(), e));
            return;
        } catch (Throwable e) {
            // An Error too: it ends this request, and the caller has to hear of it.
            LOG.log(Level.ERROR, "a request from " + connection.channel().remoteAddress() + " failed", e);
            fail(new RpcException(RpcException.Code.FAILED, "the server failed: " + e, e));
            return;
        }
        answer(response);
    }

    private static RpcException.Code code(BodyException e) {
        return switch (e.kind()) {
            case REFUSED_TYPE -> RpcException.Code.REFUSED_TYPE;
            case TOO_LARGE -> RpcException.Code.TOO_LARGE;
            case MALFORMED -> RpcException.Code.BAD_REQUEST;
            case UNWRITABLE -> RpcException.Code.BAD_RESPONSE;
        };
    }

    private SofaResponse respond() throws Exception {
        if (request.codec() != SofaBodies.CODEC || !request.className().equals(SofaBodies.REQUEST_TYPE)) {
            throw new RpcException(
                    RpcException.Code.BAD_REQUEST,
                    "the request's body is " + request.className() + " in codec " + request.codec() + ": expected "
                            + SofaBodies.REQUEST_TYPE + " in codec 1 (Hessian)");
        }
        Map<String, String> properties = new HashMap<>(BoltHeader.decode(request.header()));
        // Our own clients always say how long they wait, in this way.
        toSofa = !properties.containsKey(WireProperties.DEADLINE);
        String name = properties.getOrDefault(
                WireProperties.SERVICE, properties.getOrDefault(WireProperties.TARGET_SERVICE, ""));
        PublishedService service = server.service(name)
                .orElseThrow(() -> new RpcException(
                        RpcException.Code.NO_SUCH_SERVICE, "the service '" + name + "' is not offered here"));
        bodies = service.bodies();
        SofaBodies.ReadRequest read = bodies.readRequest(request.content());
        read.request().properties().forEach(properties::putIfAbsent);
        properties
                .keySet()
                .removeIf(it -> it.startsWith(WireProperties.HEAD_PREFIX) || it.equals(WireProperties.SERVICE));
        ServedMethod served =
                service.method(read.request().method(), read.request().signature());
        Method method = served.method();
        @Nullable Object[] arguments = read.arguments(method.getParameterTypes());
        // The argument is what the service will act on, whatever the caller says besides.
        served.userIds().in(arguments).ifPresent(it -> properties.put(WireProperties.USER, it));
        Deadline deadline = arrived.or(deadline(properties));
        guard(properties, served.writes(), deadline);
        var call = new CallContext(
                name, method.getName(), properties, connection.channel().remoteAddress(), deadline);
        return call.call(() -> filtered(call, () -> service.run(method, arguments, deadline)));
    }

    private void guard(Map<String, String> properties, boolean writes, Deadline deadline) {
        String user = properties.get(WireProperties.USER);
        if (user == null || server.options().guard().isEmpty()) {
            return;
        }
        Duration within = deadline.remaining().orElse(GUARD_WAIT_MAX);
        server.options().guard().get().check(user, writes, epoch(properties), within);
    }

    private static Epoch epoch(Map<String, String> properties) {
        String epoch = properties.getOrDefault(WireProperties.CELL_EPOCH, "0");
        try {
            return new Epoch(Long.parseLong(epoch));
        } catch (IllegalArgumentException e) {
            throw new RpcException(
                    RpcException.Code.BAD_REQUEST,
                    WireProperties.CELL_EPOCH + " is '" + epoch + "': expected a whole number, 0 or more",
                    e);
        }
    }

    private Deadline deadline(Map<String, String> properties) {
        String millis = properties.get(WireProperties.DEADLINE);
        if (millis == null || request.timeoutMs() > 0) {
            // The frame's own time-out says the same, and began to run when the frame came.
            return Deadline.NONE;
        }
        try {
            return Deadline.inMillis(Long.parseLong(millis));
        } catch (NumberFormatException e) {
            throw new RpcException(
                    RpcException.Code.BAD_REQUEST,
                    WireProperties.DEADLINE + " is '" + millis + "': expected a number of milliseconds",
                    e);
        }
    }

    /** Runs the service within the filters. The service's exception is an answer, one of a filter is not. */
    private SofaResponse filtered(CallContext call, Serving service) throws Exception {
        Serving next = () -> {
            try {
                return service.serve();
            } catch (PublishedService.ServiceThrew e) {
                thrown = e.thrown();
                throw asUnchecked(thrown);
            }
        };
        for (ServeFilter filter : server.options().filters().reversed()) {
            Serving inner = next;
            next = () -> filter.serve(call, inner);
        }
        Object value;
        try {
            value = next.serve();
        } catch (Throwable e) {
            // The very one: an equal one of a filter's own is not the service's.
            if (!isSame(e, thrown)) {
                throw e;
            }
            value = e;
        }
        return SofaResponse.of(value, call.responseProperties());
    }

    @SuppressWarnings("ReferenceEquality") // that is the question
    private static boolean isSame(Throwable one, @Nullable Throwable other) {
        return one == other;
    }

    /** Throws it whatever it is: a service may throw what its interface does not declare, an Error too. */
    @SuppressWarnings({"unchecked", "TypeParameterUnusedInFormals"
    }) // erased: the cast does nothing, which is its purpose
    private static <X extends Throwable> X asUnchecked(Throwable throwable) throws X {
        throw (X) throwable;
    }

    private void answer(SofaResponse response) {
        if (request.oneWay()) {
            if (response.value() instanceof Throwable e) {
                LOG.log(
                        Level.WARNING,
                        "a one-way request of " + connection.channel().remoteAddress() + " failed",
                        e);
            }
            connection.answered();
            return;
        }
        try {
            connection.answer(connection.responses().of(request, response, toSofa, bodies));
        } catch (RpcException e) {
            fail(e);
        } catch (BodyException e) {
            fail(unwritable(response, e));
        } catch (IllegalArgumentException e) {
            fail(new RpcException(RpcException.Code.BAD_RESPONSE, "its properties: " + e.getMessage(), e));
        }
    }

    private static RpcException unwritable(SofaResponse response, BodyException e) {
        return response.value() instanceof Throwable thrown
                ? new RpcException(RpcException.Code.FAILED, "the service threw " + thrown + "; " + e.reason(), e)
                : new RpcException(RpcException.Code.BAD_RESPONSE, e.reason(), e);
    }

    private void fail(RpcException failure) {
        if (request.oneWay()) {
            LOG.log(
                    Level.WARNING,
                    "a one-way request of {0} was not carried out: {1}",
                    connection.channel().remoteAddress(),
                    failure);
            connection.answered();
            return;
        }
        connection.answer(connection.responses().of(request, failure, ERRORS));
    }
}
