package dev.plinth.config;

import java.util.Map;

/**
 * Who asks for a text, as far as grey releases look at it.
 *
 * @param id what stays the same when it comes back
 */
public record ConfigClient(String id, String address, Map<String, String> labels) {
    public ConfigClient {
        labels = Map.copyOf(labels);
    }

    /** Where it stands among all clients, 0 to 99: by FNV-1a of 32 bits over its id. */
    int percentile() {
        int hash = 0x811c9dc5;
        for (int i = 0; i < id.length(); i++) {
            hash = (hash ^ id.charAt(i)) * 0x01000193;
        }
        return Integer.remainderUnsigned(hash ^ (hash >>> 16), 100);
    }
}
