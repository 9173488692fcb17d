package dev.plinth.rpc.grpc;

import java.time.Duration;

/**
 * What a connection may ask for.
 *
 * @param messageBytesMax of one message; a longer one ends its call with RESOURCE_EXHAUSTED. What has come of messages that are not whole
 *     is bounded by twice as much, for all calls of a connection together
 * @param callsMax calls of one connection at a time; one more is refused as not begun, so that the client may ask again
 * @param handshakeMax until a connection has said that it speaks HTTP/2
 * @param pingsApartMin clients that ping more often, with nothing said to them in between, are sent away
 * @param idleMax a connection without a call is closed after it
 */
public record GrpcBounds(
        int messageBytesMax, int callsMax, Duration handshakeMax, Duration pingsApartMin, Duration idleMax) {}
