package dev.plinth.acceptance.trust;

import dev.plinth.kernel.FreePorts;
import dev.plinth.server.TrustConfiguration;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.UnaryOperator;

/** Three servers with trust and secrets that run as one. */
final class TrustCluster {
    static final String DOMAIN = "example.org";
    static final List<String> NAMES = List.of("a", "b", "c");

    /** The file with the root key of secrets, if one keeps it; here the servers share a disk. */
    static final String ROOT = "secrets.key";

    private TrustCluster() {}

    /** Starts them; a file keeps the root key of secrets. */
    static List<TrustServer> withRootFile(Path folder, int callSeconds) throws IOException {
        var root = folder.resolve(ROOT);
        TrustConfiguration.makeRootKey(root);
        return start(folder, callSeconds, _ -> "  rootKey: " + root);
    }

    /**
     * Starts them.
     *
     * @param secrets what each one's configuration says of secrets, by its name
     */
    static List<TrustServer> start(Path folder, int callSeconds, UnaryOperator<String> secrets) throws IOException {
        var root = folder.resolve("trust.key");
        TrustConfiguration.makeRootKey(root);
        var ports = FreePorts.find(2 * NAMES.size());
        var servers = new StringBuilder();
        for (int i = 0; i < NAMES.size(); i++) {
            servers.append("    - { name: %s, raft: 127.0.0.1:%d, http: 127.0.0.1:%d }%n"
                    .formatted(NAMES.get(i), ports.get(2 * i), ports.get(2 * i + 1)));
        }
        List<CompletableFuture<TrustServer>> starting = new ArrayList<>();
        for (int i = 0; i < NAMES.size(); i++) {
            var name = NAMES.get(i);
            int http = ports.get(2 * i + 1);
            var configuration = Files.writeString(
                    folder.resolve(name + ".yaml"), """
                    trust: { domain: %s, rootKey: %s }
                    secrets:
                    %s
                    cluster:
                      servers:
                    %s""".formatted(DOMAIN, root, secrets.apply(name), servers));
            starting.add(CompletableFuture.supplyAsync(() -> {
                try {
                    return TrustServer.member(name, folder, http, configuration, callSeconds);
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            }));
        }
        try {
            return starting.stream().map(CompletableFuture::join).toList();
        } catch (CompletionException e) {
            starting.forEach(one -> one.thenAccept(TrustServer::close));
            throw e;
        }
    }
}
