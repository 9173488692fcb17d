/**
 * SOFA's Bolt protocol on Netty buffers: requests, one-way requests, responses and heartbeats, in versions 1 and 2, with the
 * CRC that version 2 may carry.
 *
 * <p>Start with {@link dev.plinth.wire.bolt.BoltFrame}, what travels; {@link dev.plinth.wire.bolt.BoltDecoder} cuts frames from
 * a stream without copying their content, {@link dev.plinth.wire.bolt.BoltEncoder} does the reverse, and {@link
 * dev.plinth.wire.bolt.BoltHeader} is the map of strings that SOFARPC puts into a frame's header. What is wrong with a stream is
 * one {@link dev.plinth.wire.bolt.BoltException}, which says whether the connection can go on.
 *
 * <p>The layout is that of {@code com.alipay.sofa:bolt:1.6.12} ({@code RpcProtocol}, {@code RpcProtocolV2}); all numbers are
 * big-endian.
 */
@NullMarked
package dev.plinth.wire.bolt;

import org.jspecify.annotations.NullMarked;
