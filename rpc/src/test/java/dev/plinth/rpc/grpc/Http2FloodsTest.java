package dev.plinth.rpc.grpc;

import static io.netty.handler.codec.http2.Http2Flags.END_HEADERS;
import static io.netty.handler.codec.http2.Http2Flags.END_STREAM;
import static io.netty.handler.codec.http2.Http2FrameTypes.CONTINUATION;
import static io.netty.handler.codec.http2.Http2FrameTypes.DATA;
import static io.netty.handler.codec.http2.Http2FrameTypes.GO_AWAY;
import static io.netty.handler.codec.http2.Http2FrameTypes.HEADERS;
import static io.netty.handler.codec.http2.Http2FrameTypes.PING;
import static io.netty.handler.codec.http2.Http2FrameTypes.RST_STREAM;
import static io.netty.handler.codec.http2.Http2FrameTypes.SETTINGS;
import static io.netty.handler.codec.http2.Http2FrameTypes.WINDOW_UPDATE;
import static org.assertj.core.api.Assertions.assertThat;

import io.netty.handler.codec.http2.Http2Error;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.net.Socket;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What no well-meaning client sends: each connection ends with its reason, and the others are served. */
class Http2FloodsTest {
    private static final byte[] PREFACE = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".getBytes(StandardCharsets.US_ASCII);

    private final EchoService service = new EchoService();
    private GrpcServer server;

    @BeforeEach
    void open() throws Exception {
        server = service.open(EchoService.BOUNDS);
    }

    @AfterEach
    void close() {
        server.close();
    }

    /** Says bytes, and hears frames. */
    private static final class Raw implements AutoCloseable {
        private final Socket socket;
        private final DataOutputStream out;
        private final DataInputStream in;

        Raw(GrpcServer server) throws IOException {
            socket = new Socket(server.address().getAddress(), server.address().getPort());
            socket.setSoTimeout(30_000);
            out = new DataOutputStream(new java.io.BufferedOutputStream(socket.getOutputStream(), 1 << 16));
            in = new DataInputStream(new java.io.BufferedInputStream(socket.getInputStream()));
        }

        Raw greeted() throws IOException {
            out.write(PREFACE);
            return frame(SETTINGS, 0, 0);
        }

        Raw frame(int type, int flags, int stream, byte... payload) throws IOException {
            out.writeByte(payload.length >> 16);
            out.writeShort(payload.length);
            out.writeByte(type);
            out.writeByte(flags);
            out.writeInt(stream);
            out.write(payload);
            return this;
        }

        /** The error with which the server ends the connection; -1 if it ends it without a word. */
        long ended() throws IOException {
            try {
                out.flush();
                for (; ; ) {
                    int length = in.readUnsignedByte() << 16 | in.readUnsignedShort();
                    int type = in.readUnsignedByte();
                    in.readUnsignedByte();
                    in.readInt();
                    byte[] payload = in.readNBytes(length);
                    if (type == GO_AWAY) {
                        return new DataInputStream(new java.io.ByteArrayInputStream(payload, 4, 4)).readInt();
                    }
                }
            } catch (EOFException | SocketException e) {
                return -1;
            }
        }

        /** The error with which the server ends a stream. */
        long reset(int stream) throws IOException {
            out.flush();
            for (; ; ) {
                int length = in.readUnsignedByte() << 16 | in.readUnsignedShort();
                int type = in.readUnsignedByte();
                in.readUnsignedByte();
                int of = in.readInt();
                byte[] payload = in.readNBytes(length);
                if (type == RST_STREAM && of == stream) {
                    return new DataInputStream(new java.io.ByteArrayInputStream(payload)).readInt();
                }
            }
        }

        @Override
        public void close() throws IOException {
            socket.close();
        }
    }

    private Raw raw() throws IOException {
        return new Raw(server);
    }

    /** Of a call of the echo, in literals. */
    private static byte[] request() {
        var block = new ByteArrayOutputStream();
        // POST and http.
        block.write(0x83);
        block.write(0x86);
        literal(block, 4, "/" + EchoService.ECHO);
        block.write(0x0f);
        block.write(16);
        text(block, "application/grpc");
        return block.toByteArray();
    }

    private static void literal(ByteArrayOutputStream block, int name, String value) {
        block.write(name);
        text(block, value);
    }

    private static void text(ByteArrayOutputStream block, String text) {
        block.write(text.length());
        block.writeBytes(text.getBytes(StandardCharsets.US_ASCII));
    }

    private static void assertEnds(Raw raw, Http2Error error) throws IOException {
        try (raw) {
            assertThat(raw.ended()).isEqualTo(error.code());
        }
    }

    @Test
    void anotherProtocolIsNotAnswered() throws IOException {
        try (var raw = raw()) {
            raw.out.write("GET / HTTP/1.1\r\nHost: x\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
            assertThat(raw.ended()).isEqualTo(-1);
        }
    }

    @Test
    void aCallBeforeTheSettingsEndsTheConnection() throws IOException {
        var raw = raw();
        raw.out.write(PREFACE);
        assertEnds(raw.frame(HEADERS, END_HEADERS, 1, request()), Http2Error.PROTOCOL_ERROR);
    }

    @Test
    void tooManyPingsEndTheConnection() throws IOException {
        var raw = raw().greeted();
        for (int i = 0; i < 4; i++) {
            raw.frame(PING, 0, 0, new byte[8]);
        }
        assertEnds(raw, Http2Error.ENHANCE_YOUR_CALM);
    }

    @Test
    void tooManySettingsEndTheConnection() throws IOException {
        var raw = raw().greeted();
        for (int i = 0; i <= Floods.FRAMES_MAX; i++) {
            raw.frame(SETTINGS, 0, 0);
        }
        assertEnds(raw, Http2Error.ENHANCE_YOUR_CALM);
    }

    @Test
    void callsThatAreGivenUpAsSoonAsTheyBeginEndTheConnection() throws IOException {
        var raw = raw().greeted();
        for (int i = 0; i <= Floods.FRAMES_MAX / 2; i++) {
            raw.frame(HEADERS, END_HEADERS, 2 * i + 1, request()).frame(RST_STREAM, 0, 2 * i + 1, new byte[4]);
        }
        assertEnds(raw, Http2Error.ENHANCE_YOUR_CALM);
    }

    @Test
    void dataWithoutDataEndTheConnection() throws IOException {
        var raw = raw().greeted().frame(HEADERS, END_HEADERS, 1, request());
        for (int i = 0; i <= Floods.FRAMES_MAX; i++) {
            raw.frame(DATA, 0, 1);
        }
        assertEnds(raw, Http2Error.ENHANCE_YOUR_CALM);
    }

    @Test
    void headersWithoutEndEndTheConnection() throws IOException {
        try (var raw = raw().greeted().frame(HEADERS, 0, 1, request())) {
            byte[] more = new byte[16_000];
            try {
                for (int i = 0; i < 64; i++) {
                    raw.frame(CONTINUATION, 0, 1, more);
                }
            } catch (SocketException e) {
                // The server has ended it before all was said.
            }
            assertThat(raw.ended()).isNotEqualTo(Http2Error.NO_ERROR.code());
        }
    }

    @Test
    void moreCallsThanMayBeAreRefusedAsNotBegun() throws IOException {
        try (var raw = raw().greeted()) {
            for (int i = 0; i <= EchoService.CALLS_MAX; i++) {
                raw.frame(HEADERS, END_HEADERS, 2 * i + 1, request());
            }
            assertThat(raw.reset(2 * EchoService.CALLS_MAX + 1)).isEqualTo(Http2Error.REFUSED_STREAM.code());
        }
    }

    @Test
    void streamsThatNobodyBeganEndTheConnection() throws IOException {
        assertEnds(raw().greeted().frame(DATA, 0, 5, new byte[1]), Http2Error.PROTOCOL_ERROR);
        assertEnds(raw().greeted().frame(RST_STREAM, 0, 5, new byte[4]), Http2Error.PROTOCOL_ERROR);
        assertEnds(raw().greeted().frame(HEADERS, END_HEADERS, 2, request()), Http2Error.PROTOCOL_ERROR);
    }

    @Test
    void aWindowThatIsTooWideEndsItsConnectionOrItsCall() throws IOException {
        byte[] widest = {0x7f, -1, -1, -1};
        assertEnds(raw().greeted().frame(WINDOW_UPDATE, 0, 0, widest), Http2Error.FLOW_CONTROL_ERROR);
        try (var raw = raw().greeted()) {
            raw.frame(HEADERS, END_HEADERS, 1, request()).frame(WINDOW_UPDATE, 0, 1, widest);
            assertThat(raw.reset(1)).isEqualTo(Http2Error.FLOW_CONTROL_ERROR.code());
        }
    }

    @Test
    void aFrameThatIsTooLongEndsTheConnection() throws IOException {
        assertEnds(
                raw().greeted().frame(HEADERS, END_HEADERS, 1, request()).frame(DATA, 0, 1, new byte[16_385]),
                Http2Error.FRAME_SIZE_ERROR);
    }

    @Test
    void dataAfterTheEndEndItsCall() throws IOException {
        try (var raw = raw().greeted()) {
            // The first message is not whole, so the call is answered with an error and is over: more of it is passed
            // over.
            raw.frame(HEADERS, END_HEADERS, 1, request())
                    .frame(DATA, END_STREAM, 1, (byte) 0, (byte) 0)
                    .frame(DATA, 0, 1, new byte[8])
                    .frame(HEADERS, END_HEADERS, 3, request())
                    .frame(RST_STREAM, 0, 3, new byte[4])
                    .frame(DATA, 0, 7, new byte[1]);
            assertThat(raw.ended()).isEqualTo(Http2Error.PROTOCOL_ERROR.code());
        }
    }

    @Test
    void messagesThatDoNotComeWholeAreBoundedForAConnectionAsAWhole() throws Exception {
        var tight = new GrpcBounds(1_000, 16, Duration.ofMinutes(1), Duration.ofMinutes(1), Duration.ofMinutes(1));
        try (var small = service.open(tight);
                var raw = new Raw(small).greeted()) {
            byte[] most = new byte[800];
            most[3] = 3;
            for (int i = 0; i < 3; i++) {
                raw.frame(HEADERS, END_HEADERS, 2 * i + 1, request()).frame(DATA, 0, 2 * i + 1, most);
            }
            // The third one's end, with its reason before.
            assertThat(raw.reset(5)).isEqualTo(Http2Error.NO_ERROR.code());
        }
    }

    @Test
    void halfAHandshakeAndAConnectionThatAsksNothingAreClosed() throws Exception {
        var hasty = new GrpcBounds(1_000, 16, Duration.ofMillis(50), Duration.ofMinutes(1), Duration.ofMillis(50));
        try (var other = service.open(hasty)) {
            try (var raw = new Raw(other)) {
                raw.out.write(PREFACE, 0, 10);
                assertThat(raw.ended()).isEqualTo(-1);
            }
            try (var raw = new Raw(other)) {
                assertThat(raw.greeted().ended()).isEqualTo(Http2Error.NO_ERROR.code());
            }
        }
    }

    @Test
    void whateverComesAfterTheGreetingTheServerServesTheNext() throws Exception {
        for (int seed = 0; seed < 200; seed++) {
            var random = new Random(seed);
            byte[] noise = new byte[random.nextInt(600)];
            random.nextBytes(noise);
            // Short frames of known types, or they would nearly all be too long or unknown.
            for (int at = 0; at + 9 < noise.length; at += 9 + noise[at + 2]) {
                noise[at] = 0;
                noise[at + 1] = 0;
                noise[at + 2] = (byte) random.nextInt(40);
                noise[at + 3] = (byte) random.nextInt(11);
            }
            try (var raw = raw().greeted()) {
                raw.out.write(noise);
                raw.out.flush();
                raw.socket.shutdownOutput();
                raw.ended();
            }
        }
        try (var raw = raw().greeted()) {
            raw.frame(HEADERS, END_HEADERS, 1, request()).frame(RST_STREAM, 0, 1, new byte[4]);
            raw.frame(HEADERS, END_HEADERS | END_STREAM, 3, request());
            raw.frame(DATA, 0, 9, new byte[1]);
            assertThat(raw.ended()).isEqualTo(Http2Error.PROTOCOL_ERROR.code());
        }
    }
}
