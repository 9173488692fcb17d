/**
 * gRPC for doors that know a client by its connection: HTTP/2 with no more between a frame and a door than gRPC asks for.
 *
 * <p>Netty's codec takes frames and headers apart ({@code DefaultHttp2FrameReader}); what a connection is, and what it may ask for, is here.
 */
@NullMarked
package dev.plinth.rpc.grpc;

import org.jspecify.annotations.NullMarked;
