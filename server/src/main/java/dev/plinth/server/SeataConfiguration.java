package dev.plinth.server;

import java.util.Optional;

/**
 * Where the server is reached by Seata's clients.
 *
 * @param advertise what they are told: in the XIDs, and where they ask who leads; empty: the address that it listens on
 * @param metadata where they may ask who leads, over HTTP, and nothing else; empty: where the console is, and nowhere else
 */
public record SeataConfiguration(
        Listen listen, Optional<Listen> advertise, Optional<Listen> metadata, UnprovenClients clients) {
    private static final Listen LISTEN_DEFAULT = new Listen("127.0.0.1", 8091);
    static final SeataConfiguration DEFAULT = on(LISTEN_DEFAULT);

    /** For clients of this machine. */
    public static SeataConfiguration on(Listen listen) {
        return new SeataConfiguration(listen, Optional.empty(), Optional.empty(), UnprovenClients.LOCAL);
    }

    SeataConfiguration listening(Listen other) {
        return new SeataConfiguration(other, advertise, metadata, clients);
    }

    /** What clients are told. Port 0 is the one that is opened. */
    Listen advertised() {
        return advertise.orElse(listen);
    }

    /** Where clients are told to ask who leads, if not where the console is: on the host that they are told. */
    Optional<Listen> advertisedMetadata() {
        return metadata.map(at -> new Listen(advertised().host(), at.port()));
    }

    void check() {
        clients.check("seata", "seata.listen", listen);
        metadata.ifPresent(at -> {
            clients.check("seata", "seata.metadata", at);
            if (at.port() == 0) {
                throw new ConfigurationException(
                        "seata.metadata: expected a port other than 0, for servers tell it to clients; found " + at);
            }
        });
        if (listen.isAnyLocal() && advertise.isEmpty()) {
            throw new ConfigurationException(
                    "seata.advertise: missing; expected host:port at which clients reach this server, for " + listen
                            + " is every address and none that an XID can name");
        }
    }

    static SeataConfiguration read(YamlReader.Section section) {
        var listen = section.value("listen", Listen::parse).orElse(LISTEN_DEFAULT);
        var advertise = section.value("advertise", Listen::reachable);
        var metadata = section.value("metadata", Listen::parse);
        var clients = UnprovenClients.read(section);
        section.done();
        return new SeataConfiguration(listen, advertise, metadata, clients);
    }
}
