package dev.plinth.server;

import dev.plinth.trust.KeyAlgorithm;
import dev.plinth.trust.control.FileRootKey;
import dev.plinth.trust.control.TrustCommand;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.Optional;

/**
 * The trust domain that this server signs for.
 *
 * @param domain its name; once it is stored, it can have no other
 * @param algorithm of the keys of authorities, and of the identities that they sign
 * @param socket where workloads of this host find the SPIFFE Workload API; empty: in the data folder
 * @param rootKey the file with the key that private keys are sealed under, the same on all servers of a cluster; empty: in the data
 *     folder
 * @param collateral a folder with what hardware's vendors publish; empty: evidence has to bring what it needs
 * @param federation where other domains fetch this one's bundle, over TLS; empty: nowhere
 */
public record TrustConfiguration(
        String domain,
        KeyAlgorithm algorithm,
        Optional<Path> socket,
        Optional<Path> rootKey,
        Optional<Path> collateral,
        Optional<Listen> federation) {

    /** All of it in the data folder, with keys on P-256. */
    public static TrustConfiguration of(String domain) {
        return new TrustConfiguration(
                domain, KeyAlgorithm.P256, Optional.empty(), Optional.empty(), Optional.empty(), Optional.empty());
    }

    /** As this one, with the root key in a file that all servers of a cluster have. */
    public TrustConfiguration withRootKey(Path file) {
        return new TrustConfiguration(domain, algorithm, socket, Optional.of(file), collateral, federation);
    }

    /** As this one, with keys of this algorithm from now on. */
    public TrustConfiguration signingWith(KeyAlgorithm other) {
        return new TrustConfiguration(domain, other, socket, rootKey, collateral, federation);
    }

    /** As this one, with a port where other domains fetch the bundle. */
    public TrustConfiguration federating(Listen listen) {
        return new TrustConfiguration(domain, algorithm, socket, rootKey, collateral, Optional.of(listen));
    }

    Path socket(Path data) {
        return socket.orElseGet(() -> data.resolve("trust").resolve("workload.sock"));
    }

    Path rootKey(Path data) {
        return rootKey.orElseGet(() -> data.resolve("trust").resolve("root.key"));
    }

    /**
     * The file with the root key.
     *
     * @throws IOException if it is not there; it says where it comes from
     */
    Path demandRootKey(ServerConfiguration configuration) throws IOException {
        var file = rootKey(configuration.data());
        if (Files.notExists(file)) {
            throw new IOException("trust.rootKey: " + file + ": there is no such file; expected "
                    + (configuration.cluster().isEmpty()
                            ? "the key that this server's data was made with, or comes from"
                            : "the same file on all servers of the cluster; plinth trust root-key makes one"));
        }
        return file;
    }

    /** What somebody has to know to change what is trusted; it never leaves the data folder. */
    public static Path token(Path data) {
        return data.resolve("trust").resolve("admin.token");
    }

    /**
     * Makes a root key for the servers of a cluster.
     *
     * @throws IOException if the file is there, or cannot be written
     */
    public static void makeRootKey(Path file) throws IOException {
        FileRootKey.make(file, new SecureRandom());
    }

    static TrustConfiguration read(YamlReader.Section section) {
        var domain = section.required(
                "domain",
                "the name of the trust domain, such as example.org",
                text -> new TrustCommand.SetDomain(text).name());
        var socket = section.value("socket", Path::of);
        var rootKey = section.value("rootKey", Path::of);
        var collateral = section.value("collateral", Path::of);
        var federation = section.section("federation").flatMap(of -> {
            var listen = of.value("listen", Listen::parse);
            of.done();
            return listen;
        });
        var algorithm = section.value("algorithm", KeyAlgorithm::parse).orElse(KeyAlgorithm.P256);
        section.done();
        if (algorithm == KeyAlgorithm.SM2 && federation.isPresent()) {
            throw section.wrong(
                    "algorithm: expected p256 with federation: TLS does not know SM2 here, and a bundle as other"
                            + " domains import it has no form for SM2 keys");
        }
        return new TrustConfiguration(domain, algorithm, socket, rootKey, collateral, federation);
    }
}
