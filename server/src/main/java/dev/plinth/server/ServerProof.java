package dev.plinth.server;

import dev.plinth.kernel.Clock;
import dev.plinth.raft.RaftTls;
import dev.plinth.trust.control.DomainRootFile;
import dev.plinth.trust.control.ServerIdentity;
import java.io.IOException;
import java.security.SecureRandom;
import java.util.Optional;

/**
 * What a server proves itself with to the others of its cluster: files, or else what it has of its trust domain.
 *
 * @param tls empty: nothing, which suffices on loopback alone
 * @param identity of its trust domain, if it is that
 */
record ServerProof(Optional<RaftTls> tls, Optional<ServerIdentity> identity) {
    private static final ServerProof NONE = new ServerProof(Optional.empty(), Optional.empty());

    /** @throws IOException if the domain's root key cannot be read */
    static ServerProof of(ServerConfiguration configuration, Clock clock) throws IOException {
        if (configuration.cluster().isEmpty()) {
            return NONE;
        }
        var cluster = configuration.cluster().get();
        if (configuration.trust().isEmpty() || cluster.tls().isPresent()) {
            return new ServerProof(cluster.tls(), Optional.empty());
        }
        var trust = configuration.trust().get();
        var random = new SecureRandom();
        var file = trust.demandRootKey(configuration);
        var identity =
                ServerIdentity.of(trust.domain(), cluster.self(), DomainRootFile.read(file, random), clock, random);
        return new ServerProof(
                Optional.of(new RaftTls.Identity(identity.keys(), identity.servers())), Optional.of(identity));
    }
}
