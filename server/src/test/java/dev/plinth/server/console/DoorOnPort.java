package dev.plinth.server.console;

import com.linecorp.armeria.server.Server;
import com.linecorp.armeria.server.ServerBuilder;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Set;

/** A door on a port of its own, whose seconds pass when the test says so. */
final class DoorOnPort implements AutoCloseable {
    final ConsoleDoor door;
    private final Server server;
    private final HttpClient client =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

    DoorOnPort(ConsoleSource source) {
        door = new ConsoleDoor(source, Set.of("plinth.example"));
        ServerBuilder builder = Server.builder().http(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
        door.mount(builder);
        server = builder.build();
        server.start().join();
    }

    int port() {
        return server.activeLocalPort();
    }

    HttpResponse<String> get(String path) throws IOException, InterruptedException {
        return send("GET", path, Map.of());
    }

    HttpResponse<String> send(String method, String path, Map<String, String> headers)
            throws IOException, InterruptedException {
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port() + path))
                .method(method, HttpRequest.BodyPublishers.noBody());
        headers.forEach(request::header);
        return client.send(request.build(), HttpResponse.BodyHandlers.ofString());
    }

    HttpResponse<String> post(String path, String body, Map<String, String> headers)
            throws IOException, InterruptedException {
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port() + path))
                .POST(HttpRequest.BodyPublishers.ofString(body));
        headers.forEach(request::header);
        return client.send(request.build(), HttpResponse.BodyHandlers.ofString());
    }

    /** A stream of events as a raw connection, so that a test decides when to read. */
    Reader live() throws IOException {
        return new Reader(raw("GET /api/v1/live HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"));
    }

    /** Sends bytes as they are, over a connection with a small receive buffer. */
    Socket raw(String request) throws IOException {
        Socket socket = new Socket();
        socket.setReceiveBufferSize(4_096);
        socket.setSoTimeout(20_000);
        socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port()));
        socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
        return socket;
    }

    @Override
    public void close() {
        door.close();
        // It takes no new connections from here on; waiting for the last event loop to be gone would take seconds.
        server.closeAsync();
        client.close();
    }

    /** Reads lines of a raw connection; lines of chunk framing are among them, and match nothing that a test looks for. */
    record Reader(Socket socket, InputStream in) implements AutoCloseable {
        Reader(Socket socket) throws IOException {
            this(socket, new java.io.BufferedInputStream(socket.getInputStream(), 4_096));
        }

        /** The next line that starts so. */
        String next(String start) throws IOException {
            while (true) {
                var line = new java.io.ByteArrayOutputStream();
                for (int read = in.read(); read != '\n'; read = in.read()) {
                    if (read < 0) {
                        throw new IOException("the stream ended before a line with " + start);
                    }
                    line.write(read);
                }
                String text = line.toString(StandardCharsets.UTF_8);
                if (text.startsWith(start)) {
                    return text.strip();
                }
            }
        }

        @Override
        public void close() throws IOException {
            socket.close();
        }
    }
}
