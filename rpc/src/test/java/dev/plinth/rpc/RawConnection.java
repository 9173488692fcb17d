package dev.plinth.rpc;

import dev.plinth.wire.bolt.BoltDecoder;
import dev.plinth.wire.bolt.BoltDialect;
import dev.plinth.wire.bolt.BoltEncoder;
import dev.plinth.wire.bolt.BoltFrame;
import dev.plinth.wire.bolt.BoltLimits;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.buffer.UnpooledByteBufAllocator;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.util.Optional;

/** A socket that speaks Bolt as badly as a test wants. */
final class RawConnection implements AutoCloseable {
    private static final int READ_TIMEOUT_MS = 20_000;
    private static final UnpooledByteBufAllocator HEAP = new UnpooledByteBufAllocator(false, true);

    private final Socket socket;
    private final ByteBuf received = Unpooled.buffer();
    private final BoltDecoder decoder = new BoltDecoder(BoltLimits.DEFAULT);

    RawConnection(InetSocketAddress address) throws IOException {
        this(new Socket(address.getAddress(), address.getPort()));
    }

    RawConnection(Socket socket) throws IOException {
        this.socket = socket;
        socket.setSoTimeout(READ_TIMEOUT_MS);
    }

    void send(byte[] bytes) throws IOException {
        socket.getOutputStream().write(bytes);
        socket.getOutputStream().flush();
    }

    void send(BoltFrame frame) throws IOException {
        send(bytes(frame));
    }

    /** Makes the bytes begin as a request does whose content is so long. */
    static void head(byte[] bytes, int contentBytes) {
        byte[] request = bytes(new BoltFrame.Request(
                BoltDialect.V1, 1, false, (byte) 1, 0, "", Unpooled.EMPTY_BUFFER, Unpooled.EMPTY_BUFFER));
        System.arraycopy(request, 0, bytes, 0, request.length);
        Unpooled.wrappedBuffer(bytes).setInt(request.length - Integer.BYTES, contentBytes);
    }

    static byte[] bytes(BoltFrame frame) {
        return ByteBufUtil.getBytes(BoltEncoder.encode(frame, HEAP));
    }

    /** The next frame; empty when the other side has closed. */
    Optional<BoltFrame> receive() throws IOException {
        byte[] chunk = new byte[8192];
        while (true) {
            Optional<BoltFrame> frame = decoder.decode(received);
            if (frame.isPresent()) {
                return frame;
            }
            int count = socket.getInputStream().read(chunk);
            if (count < 0) {
                return Optional.empty();
            }
            received.writeBytes(chunk, 0, count);
        }
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
