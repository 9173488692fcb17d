package dev.plinth.wire.seata;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * One message on its way, with what is needed to pair an answer with its request.
 *
 * @param kind how the message travels
 * @param requestId chosen by whoever asks, repeated by whoever answers. Each side counts its own: the coordinator's requests and
 *     the client's may have equal ids on one connection.
 * @param head properties beside the message, in their order; usually none
 */
public record SeataFrame(Kind kind, int requestId, Map<String, String> head, SeataMessage message) {

    /** How a message travels. The order is the wire code. */
    public enum Kind {
        REQUEST,
        RESPONSE,
        ONE_WAY,
        HEARTBEAT_REQUEST,
        HEARTBEAT_RESPONSE;

        /** The code on the wire. */
        @SuppressWarnings("EnumOrdinal") // The order is the wire format, held by golden bytes.
        public int code() {
            return ordinal();
        }

        boolean heartbeat() {
            return this == HEARTBEAT_REQUEST || this == HEARTBEAT_RESPONSE;
        }
    }

    public SeataFrame {
        head = Collections.unmodifiableMap(new LinkedHashMap<>(head));
        if (kind.heartbeat() != (message instanceof SeataMessage.Heartbeat)) {
            throw new IllegalArgumentException("a frame of kind " + kind + " cannot carry " + message);
        }
    }

    /** A message that expects a {@link #response}. */
    public static SeataFrame request(int requestId, SeataMessage message) {
        return new SeataFrame(Kind.REQUEST, requestId, Map.of(), message);
    }

    /** The answer to the request of this id. */
    public static SeataFrame response(int requestId, SeataMessage message) {
        return new SeataFrame(Kind.RESPONSE, requestId, Map.of(), message);
    }

    /**
     * A message without an answer under its own id. Clients send a {@link SeataMessage.MergedRequest} this way; its parts are
     * answered.
     */
    public static SeataFrame oneWay(int requestId, SeataMessage message) {
        return new SeataFrame(Kind.ONE_WAY, requestId, Map.of(), message);
    }

    /** A heartbeat, to be answered with a {@link #pong} of the same id. */
    public static SeataFrame ping(int requestId) {
        return new SeataFrame(Kind.HEARTBEAT_REQUEST, requestId, Map.of(), new SeataMessage.Heartbeat());
    }

    public static SeataFrame pong(int requestId) {
        return new SeataFrame(Kind.HEARTBEAT_RESPONSE, requestId, Map.of(), new SeataMessage.Heartbeat());
    }
}
