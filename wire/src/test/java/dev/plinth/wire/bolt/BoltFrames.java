package dev.plinth.wire.bolt;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;

/** Any frame, for properties; and frames as text, since buffers are equal by what is left to read of them. */
public final class BoltFrames {
    private BoltFrames() {}

    public static Arbitrary<BoltFrame> any() {
        var dialects = Arbitraries.of(BoltDialect.class);
        var ids = Arbitraries.integers();
        var names = Arbitraries.strings().ofMaxLength(60);
        var bytes = Arbitraries.bytes().array(byte[].class).ofMaxSize(3000);
        var headers = Arbitraries.bytes().array(byte[].class).ofMaxSize(300);
        Arbitrary<BoltFrame> requests = Combinators.combine(
                        dialects,
                        ids,
                        Arbitraries.of(true, false),
                        Arbitraries.bytes(),
                        Arbitraries.integers(),
                        names,
                        headers,
                        bytes)
                .as((dialect, id, oneWay, codec, timeout, name, header, content) -> new BoltFrame.Request(
                        dialect, id, oneWay, codec, timeout, name, copied(header), copied(content)));
        Arbitrary<BoltFrame> responses = Combinators.combine(
                        dialects, ids, Arbitraries.bytes(), Arbitraries.of(BoltStatus.class), names, headers, bytes)
                .as((dialect, id, codec, status, name, header, content) ->
                        new BoltFrame.Response(dialect, id, codec, status, name, copied(header), copied(content)));
        Arbitrary<BoltFrame> beats = Combinators.combine(dialects, ids).as(BoltFrame.Heartbeat::new);
        Arbitrary<BoltFrame> acks = Combinators.combine(dialects, ids).as(BoltFrame.HeartbeatAck::new);
        return Arbitraries.oneOf(requests, responses, beats, acks);
    }

    /** The same frame in another dialect. */
    static BoltFrame with(BoltFrame frame, BoltDialect dialect) {
        return switch (frame) {
            case BoltFrame.Request it ->
                new BoltFrame.Request(
                        dialect,
                        it.id(),
                        it.oneWay(),
                        it.codec(),
                        it.timeoutMs(),
                        it.className(),
                        it.header(),
                        it.content());
            case BoltFrame.Response it ->
                new BoltFrame.Response(
                        dialect, it.id(), it.codec(), it.status(), it.className(), it.header(), it.content());
            case BoltFrame.Heartbeat it -> new BoltFrame.Heartbeat(dialect, it.id());
            case BoltFrame.HeartbeatAck it -> new BoltFrame.HeartbeatAck(dialect, it.id());
        };
    }

    static ByteBuf copied(byte[] bytes) {
        return Unpooled.copiedBuffer(bytes);
    }

    static ByteBuf copied(String text) {
        return Unpooled.copiedBuffer(text, StandardCharsets.UTF_8);
    }

    /** Everything that is in a frame. */
    public static String text(BoltFrame frame) {
        return switch (frame) {
            case BoltFrame.Request it ->
                String.format(
                        Locale.ROOT,
                        "Request %s %d %b %d %d %s %s %s",
                        it.dialect(),
                        it.id(),
                        it.oneWay(),
                        it.codec(),
                        it.timeoutMs(),
                        it.className(),
                        ByteBufUtil.hexDump(it.header()),
                        ByteBufUtil.hexDump(it.content()));
            case BoltFrame.Response it ->
                String.format(
                        Locale.ROOT,
                        "Response %s %d %d %s %s %s %s",
                        it.dialect(),
                        it.id(),
                        it.codec(),
                        it.status(),
                        it.className(),
                        ByteBufUtil.hexDump(it.header()),
                        ByteBufUtil.hexDump(it.content()));
            case BoltFrame.Heartbeat it -> it.toString();
            case BoltFrame.HeartbeatAck it -> it.toString();
        };
    }
}
