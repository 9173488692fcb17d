package dev.plinth.cli;

import dev.plinth.server.Listen;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;

/** What is asked of a server that was started to see whether it would do, over HTTP, as whoever watches it will. */
final class FirstQuestion {
    private static final Duration PATIENCE = Duration.ofSeconds(10);

    private FirstQuestion() {}

    /** @throws IOException if there is no answer, or another one than that all is well; it says which */
    static void ask(Listen http, String path) throws IOException {
        try (var socket = new Socket()) {
            socket.connect(new InetSocketAddress(http.host(), http.port()), Math.toIntExact(PATIENCE.toMillis()));
            socket.setSoTimeout(Math.toIntExact(PATIENCE.toMillis()));
            socket.getOutputStream()
                    .write(("GET " + path + " HTTP/1.1\r\nHost: " + http + "\r\nConnection: close\r\n\r\n")
                            .getBytes(StandardCharsets.US_ASCII));
            var answer =
                    new BufferedReader(new InputStreamReader(socket.getInputStream(), StandardCharsets.ISO_8859_1));
            var status = answer.readLine();
            if (status == null || !status.startsWith("HTTP/1.1 200")) {
                throw new IOException("http://" + http + path + " answered "
                        + (status == null ? "nothing" : "'" + status + "'") + ": expected 200");
            }
            while (answer.readLine() != null) {
                // To its end, as whoever asks reads it.
            }
        }
    }
}
