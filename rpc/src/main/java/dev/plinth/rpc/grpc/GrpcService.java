package dev.plinth.rpc.grpc;

import com.google.protobuf.ByteString;
import java.net.InetSocketAddress;
import java.util.Optional;

/** Serves the calls of one connection. Told on the connection's thread, one thing after the other, and must not wait. */
public interface GrpcService {

    /** Gives each new connection its service; called on the connection's thread when the client has said that it speaks HTTP/2. */
    interface Connected {
        GrpcService connected(InetSocketAddress from);
    }

    /** What a call's client says. */
    interface Listener {
        /** One message, whole. */
        void heard(ByteString message);

        /** The client has said all that it will. */
        void halfClosed();

        /** The client gave the call up, or its connection broke: nobody hears an answer. Comes once, and never after the call's end. */
        default void cancelled() {}

        /** The call has room again, after {@link GrpcCall#isReady} had said that it has none. */
        default void ready() {}
    }

    /**
     * A call begins.
     *
     * @param path "/service/method"
     * @return who hears what the client says; empty if there is no such method
     */
    Optional<Listener> begin(String path, GrpcCall call);

    /** The connection is over; its calls were cancelled before. */
    void closed();
}
