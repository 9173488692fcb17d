package dev.plinth.bench.registry.lean;

import com.google.protobuf.ByteString;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;

/**
 * One connection of HTTP/2 (RFC 9113) to a gRPC server on this machine: unary calls, and streams of messages both ways. All on its
 * {@link LeanThread}, but for the constructor.
 */
public final class LeanConnection {
    /*
     * Of the headers that come back only their end is looked at: a call that ends without a message has failed, and its status is
     * not decoded. What goes out is, as with gRPC's own client, in full with the first call and by its places in the table of headers
     * (RFC 7541) ever after. The server may send as much as it likes: it is given 2 GiB of room, which no run uses up. What the
     * server has no room for waits.
     */
    private static final byte[] PREFACE = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".getBytes(StandardCharsets.US_ASCII);
    private static final int FRAME_HEADER = 9;
    private static final int FRAME_MAX = 16_384;
    private static final int MESSAGE_HEADER = 5;
    private static final int DATA = 0;
    private static final int HEADERS = 1;
    private static final int RST_STREAM = 3;
    private static final int SETTINGS = 4;
    private static final int PING = 6;
    private static final int GOAWAY = 7;
    private static final int WINDOW_UPDATE = 8;
    private static final int ACK = 1;
    private static final int END_STREAM = 1;
    private static final int END_HEADERS = 4;
    private static final int HEADER_TABLE_SIZE = 1;
    private static final int INITIAL_WINDOW_SIZE = 4;
    private static final int WINDOW_AT_FIRST = 65_535;
    private static final int TABLE_BYTES = 4_096;

    /** POST and http, of RFC 7541's own table. */
    private static final byte[] METHOD_AND_SCHEME = bytes(0x83, 0x86);

    /** After the first call, of the table of this connection: the headers that {@link #headers} added, the last one first. */
    private static final byte[] KNOWN_PATH = bytes(0xc3);

    private static final byte[] KNOWN_OTHERS = bytes(0xc2, 0xc1, 0xc0, 0xbf, 0xbe);

    /** Hears what a call or a stream is told. */
    public interface Listener {
        void heard(ByteString message);

        /** The server has nothing more to say. */
        void ended();
    }

    /** Told once, on the thread, when the connection could not be made, or it or one of its calls failed. */
    public interface Failure {
        void failed(IOException why);
    }

    private record Said(int stream, ByteString message, boolean last) {
        int length() {
            return MESSAGE_HEADER + message.size();
        }
    }

    private final LeanThread thread;
    private final Failure failure;
    private final String authority;
    private final SocketChannel channel;
    private final Map<Integer, Listener> calls = new HashMap<>();
    private final Map<Integer, byte[]> parts = new HashMap<>();
    private final ArrayDeque<Said> held = new ArrayDeque<>();
    private byte[] out = new byte[1 << 12];
    private int outLength;
    private byte[] in = {};
    private boolean listed;
    private boolean closed;
    private int nextStream = 1;

    /** Of the first call. */
    private String knownPath = "";

    private long window = WINDOW_AT_FIRST;
    private long windowOfStreams = WINDOW_AT_FIRST;

    /** Of those streams on which more than one thing is said, the room that the server has for them. */
    private final Map<Integer, Long> windows = new HashMap<>();

    /** Begins to connect; what is said meanwhile leaves when that is done. */
    public LeanConnection(LeanThread thread, int port, Failure failure) throws IOException {
        this.thread = thread;
        this.failure = failure;
        this.authority = "127.0.0.1:" + port;
        this.channel = SocketChannel.open();
        channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
        channel.configureBlocking(false);
        begin();
        thread.execute(() -> connect(port));
    }

    private void begin() {
        // What comes before the connection leaves with it.
        listed = true;
        put(PREFACE);
        frame(6, SETTINGS, 0, 0);
        put(0, INITIAL_WINDOW_SIZE);
        putInt(Integer.MAX_VALUE);
        frame(4, WINDOW_UPDATE, 0, 0);
        putInt(Integer.MAX_VALUE - WINDOW_AT_FIRST);
    }

    private void connect(int port) {
        try {
            boolean connected = channel.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
            channel.register(thread.selector(), connected ? SelectionKey.OP_READ : SelectionKey.OP_CONNECT, this);
            if (connected) {
                write();
            }
        } catch (IOException e) {
            fail(e);
        }
    }

    /** Asks once, and hears one answer. */
    public void call(String path, ByteString message, Listener listener) {
        int stream = begin(path, listener);
        say(new Said(stream, message, true));
    }

    /** Begins a stream; {@link #say(int, ByteString)} says something on it. */
    public int open(String path, Listener listener) {
        int stream = begin(path, listener);
        windows.put(stream, windowOfStreams);
        return stream;
    }

    private int begin(String path, Listener listener) {
        int stream = nextStream;
        nextStream += 2;
        calls.put(stream, listener);
        headers(stream, path);
        return stream;
    }

    private void headers(int stream, String path) {
        int at = outLength;
        frame(0, HEADERS, END_HEADERS, stream);
        put(METHOD_AND_SCHEME);
        if (knownPath.isEmpty()) {
            knownPath = path;
            // Literal, to be added: the name by its place, or in full. The last added is the table's 62nd.
            added(0x44, path);
            added(0x41, authority);
            added(0x40, "content-type", "application/grpc");
            added(0x40, "te", "trailers");
            added(0x40, "user-agent", "grpc-lean-load");
            added(0x40, "grpc-accept-encoding", "gzip");
        } else if (path.equals(knownPath)) {
            put(KNOWN_PATH);
            put(KNOWN_OTHERS);
        } else {
            // Literal, not to be added.
            added(0x04, path);
            put(KNOWN_OTHERS);
        }
        int length = outLength - at - FRAME_HEADER;
        out[at + 1] = (byte) (length >> 8);
        out[at + 2] = (byte) length;
    }

    private void added(int by, String... texts) {
        put(by);
        for (var text : texts) {
            put(text.length());
            put(text.getBytes(StandardCharsets.US_ASCII));
        }
    }

    public void say(int stream, ByteString message) {
        say(new Said(stream, message, false));
    }

    private void say(Said said) {
        if (closed) {
            return;
        }
        if (held.isEmpty() && fits(said)) {
            send(said);
        } else {
            held.add(said);
        }
    }

    private void sayHeld() {
        while (!held.isEmpty() && fits(held.element())) {
            send(held.remove());
        }
    }

    private boolean fits(Said said) {
        return said.length() <= Math.min(window, windows.getOrDefault(said.stream, windowOfStreams));
    }

    private void send(Said said) {
        window -= said.length();
        windows.computeIfPresent(said.stream, (_, room) -> room - said.length());
        // Only the first frame of a message has its header.
        int first = Math.min(said.message.size(), FRAME_MAX - MESSAGE_HEADER);
        boolean whole = first == said.message.size();
        frame(MESSAGE_HEADER + first, DATA, said.last && whole ? END_STREAM : 0, said.stream);
        put(0);
        putInt(said.message.size());
        put(said.message.substring(0, first));
        for (int at = first; at < said.message.size(); ) {
            int length = Math.min(said.message.size() - at, FRAME_MAX);
            boolean last = said.last && at + length == said.message.size();
            frame(length, DATA, last ? END_STREAM : 0, said.stream);
            put(said.message.substring(at, at + length));
            at += length;
        }
    }

    /** Says that nothing more is said on a stream. */
    public void end(int stream) {
        if (!closed) {
            frame(0, DATA, END_STREAM, stream);
        }
    }

    public void close() {
        closed = true;
        try {
            channel.close();
        } catch (IOException e) {
            // It is gone, which is what was wanted.
            return;
        }
    }

    void ready(SelectionKey key) {
        try {
            if (key.isValid() && key.isConnectable() && channel.finishConnect()) {
                key.interestOps(SelectionKey.OP_READ);
                write();
            }
            if (key.isValid() && key.isWritable()) {
                key.interestOps(SelectionKey.OP_READ);
                write();
            }
            if (key.isValid() && key.isReadable()) {
                read();
            }
        } catch (IOException e) {
            fail(e);
        }
    }

    private void read() throws IOException {
        var heard = thread.heard();
        heard.clear();
        int count = channel.read(heard);
        if (count < 0) {
            throw new IOException("the server closed a connection");
        }
        int before = in.length;
        var all = Arrays.copyOf(in, before + count);
        heard.flip();
        heard.get(all, before, count);
        int at = 0;
        while (all.length - at >= FRAME_HEADER) {
            int length = (all[at] & 0xff) << 16 | (all[at + 1] & 0xff) << 8 | (all[at + 2] & 0xff);
            if (all.length - at < FRAME_HEADER + length) {
                break;
            }
            hear(all[at + 3], all[at + 4], int32(all, at + 5) & 0x7fff_ffff, all, at + FRAME_HEADER, length);
            at += FRAME_HEADER + length;
        }
        in = at == all.length ? new byte[0] : Arrays.copyOfRange(all, at, all.length);
    }

    private void hear(int type, int flags, int stream, byte[] bytes, int at, int length) throws IOException {
        switch (type) {
            case DATA -> {
                messages(stream, bytes, at, length);
                if ((flags & END_STREAM) != 0) {
                    ended(stream);
                }
            }
            case HEADERS -> {
                if ((flags & END_STREAM) != 0) {
                    ended(stream);
                }
            }
            case SETTINGS -> {
                if ((flags & ACK) == 0) {
                    settings(bytes, at, length);
                }
            }
            case PING -> {
                if ((flags & ACK) == 0) {
                    frame(length, PING, ACK, 0);
                    put(Arrays.copyOfRange(bytes, at, at + length));
                }
            }
            case WINDOW_UPDATE -> {
                int more = int32(bytes, at);
                if (stream == 0) {
                    window += more;
                } else {
                    windows.computeIfPresent(stream, (_, room) -> room + more);
                }
                sayHeld();
            }
            case RST_STREAM -> throw new IOException("the server reset a call: error " + int32(bytes, at));
            case GOAWAY -> throw new IOException("the server ends a connection: error " + int32(bytes, at + 4));
            default -> {
                // Nothing that a load has to obey.
            }
        }
    }

    private void settings(byte[] bytes, int at, int length) throws IOException {
        for (int i = at; i < at + length; i += 6) {
            int setting = (bytes[i] & 0xff) << 8 | (bytes[i + 1] & 0xff);
            int value = int32(bytes, i + 2);
            if (setting == HEADER_TABLE_SIZE && value < TABLE_BYTES) {
                throw new IOException("the server keeps " + value + " bytes of headers: expected " + TABLE_BYTES);
            }
            if (setting == INITIAL_WINDOW_SIZE) {
                long more = value - windowOfStreams;
                windowOfStreams = value;
                windows.replaceAll((_, room) -> room + more);
            }
        }
        frame(0, SETTINGS, ACK, 0);
        sayHeld();
    }

    private void messages(int stream, byte[] bytes, int at, int length) throws IOException {
        var before = parts.isEmpty() ? null : parts.remove(stream);
        var all = bytes;
        int from = at;
        int to = at + length;
        if (before != null) {
            all = Arrays.copyOf(before, before.length + length);
            System.arraycopy(bytes, at, all, before.length, length);
            from = 0;
            to = all.length;
        }
        while (to - from >= MESSAGE_HEADER) {
            int size = int32(all, from + 1);
            if (to - from < MESSAGE_HEADER + size) {
                break;
            }
            if (all[from] != 0) {
                throw new IOException("the server compressed a message, which nobody asked for");
            }
            var call = calls.get(stream);
            if (call != null) {
                call.heard(ByteString.copyFrom(all, from + MESSAGE_HEADER, size));
            }
            from += MESSAGE_HEADER + size;
        }
        if (from < to) {
            parts.put(stream, Arrays.copyOfRange(all, from, to));
        }
    }

    private void ended(int stream) {
        var call = calls.remove(stream);
        if (call != null) {
            windows.remove(stream);
            call.ended();
        }
    }

    private void fail(IOException why) {
        if (!closed) {
            close();
            failure.failed(why);
        }
    }

    // Bytes on their way out.

    void write() {
        listed = false;
        if (closed || outLength == 0) {
            return;
        }
        try {
            int written = channel.write(ByteBuffer.wrap(out, 0, outLength));
            System.arraycopy(out, written, out, 0, outLength - written);
            outLength -= written;
            if (outLength > 0) {
                channel.keyFor(thread.selector()).interestOps(SelectionKey.OP_READ | SelectionKey.OP_WRITE);
            }
        } catch (IOException e) {
            fail(e);
        }
    }

    private void frame(int length, int type, int flags, int stream) {
        put(length >> 16, length >> 8, length, type, flags);
        putInt(stream);
        if (!listed) {
            listed = true;
            thread.toWrite(this);
        }
    }

    private void put(int... values) {
        room(values.length);
        for (int value : values) {
            out[outLength++] = (byte) value;
        }
    }

    private void put(byte[] bytes) {
        room(bytes.length);
        System.arraycopy(bytes, 0, out, outLength, bytes.length);
        outLength += bytes.length;
    }

    private void put(ByteString bytes) {
        room(bytes.size());
        bytes.copyTo(out, outLength);
        outLength += bytes.size();
    }

    private void putInt(int value) {
        put(value >> 24, value >> 16, value >> 8, value);
    }

    private void room(int more) {
        if (outLength + more > out.length) {
            out = Arrays.copyOf(out, Math.max(2 * out.length, outLength + more));
        }
    }

    private static int int32(byte[] bytes, int at) {
        return (bytes[at] & 0xff) << 24
                | (bytes[at + 1] & 0xff) << 16
                | (bytes[at + 2] & 0xff) << 8
                | (bytes[at + 3] & 0xff);
    }

    private static byte[] bytes(int... values) {
        var bytes = new byte[values.length];
        for (int i = 0; i < values.length; i++) {
            bytes[i] = (byte) values[i];
        }
        return bytes;
    }
}
