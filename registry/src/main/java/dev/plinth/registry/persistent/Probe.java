package dev.plinth.registry.persistent;

import dev.plinth.registry.Endpoint;
import java.io.IOException;
import java.net.HttpURLConnection;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;

/** Whether an endpoint answers: over TCP that it accepts, over HTTP that it answers with a status below 400. */
final class Probe {
    /** The metadata key that says how: {@code tcp}, which is the default, {@code http:/path}, or {@code none}. */
    static final String KEY = "plinth.probe";

    private static final String HTTP = "http:";
    private static final int TIMEOUT_MS = 1_000;
    private static final int STATUS_BAD = 400;

    private Probe() {}

    static boolean answers(Endpoint endpoint) {
        var how = endpoint.metadata().getOrDefault(KEY, "tcp");
        var address = endpoint.name().address();
        if (how.equals("none")) {
            return true;
        }
        return how.startsWith(HTTP) ? http(address, how.substring(HTTP.length())) : tcp(address);
    }

    private static boolean tcp(String address) {
        int colon = address.lastIndexOf(':');
        try (var socket = new Socket()) {
            socket.connect(
                    new InetSocketAddress(address.substring(0, colon), Integer.parseInt(address.substring(colon + 1))),
                    TIMEOUT_MS);
            return true;
        } catch (IOException e) {
            // That it does not answer is the answer.
            return false;
        }
    }

    private static boolean http(String address, String path) {
        try {
            var url = URI.create("http://" + address + (path.startsWith("/") ? path : "/" + path))
                    .toURL();
            if (!(url.openConnection() instanceof HttpURLConnection connection)) {
                return false;
            }
            connection.setConnectTimeout(TIMEOUT_MS);
            connection.setReadTimeout(TIMEOUT_MS);
            connection.setInstanceFollowRedirects(false);
            try {
                return connection.getResponseCode() < STATUS_BAD;
            } finally {
                connection.disconnect();
            }
        } catch (IOException | IllegalArgumentException e) {
            return false;
        }
    }
}
