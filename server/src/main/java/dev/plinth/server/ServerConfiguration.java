package dev.plinth.server;

import dev.plinth.cells.CellMap;
import dev.plinth.transactions.TransactionPartitions;
import java.io.IOException;
import java.nio.charset.MalformedInputException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Optional;

/**
 * What a server is told before it starts; docs/configuration.md shows the file.
 *
 * @param data the folder where everything durable lives; made if it is not there
 * @param http console, HTTP and gRPC
 * @param seata for Seata's clients
 * @param transactions the partitions of the coordinator, and where this server's transactions begin
 * @param registryDoors for the clients of other registries
 * @param cells the map to begin with; once a map is stored, the stored one holds
 * @param trust the trust domain that it signs for; empty: it gives no identities
 * @param secrets how it keeps keys and secrets; empty: it keeps none
 * @param cluster the servers that run as one with this one; empty if it is alone
 */
public record ServerConfiguration(
        Path data,
        Listen http,
        SeataConfiguration seata,
        TransactionPartitions transactions,
        RegistryDoors registryDoors,
        Optional<CellMap> cells,
        Optional<TrustConfiguration> trust,
        Optional<SecretsConfiguration> secrets,
        Optional<ClusterConfiguration> cluster) {
    private static final Path DATA_DEFAULT = Path.of("plinth-data");
    private static final Listen HTTP_DEFAULT = new Listen("127.0.0.1", 7700);

    public ServerConfiguration {
        loopbackOnly("http.listen", http);
        seata.check();
        if (cluster.isPresent()) {
            provable(cluster.get(), trust.isPresent());
        }
        registryDoors.check();
    }

    /** The configuration of a server that was told nothing. */
    public static ServerConfiguration defaults() {
        return alone(DATA_DEFAULT, HTTP_DEFAULT, SeataConfiguration.DEFAULT, Optional.empty());
    }

    /** A server that is no member of a cluster. */
    public static ServerConfiguration alone(Path data, Listen http, Listen seata, Optional<CellMap> cells) {
        return alone(data, http, SeataConfiguration.on(seata), cells);
    }

    /** The same, with more to say of Seata's clients. */
    public static ServerConfiguration alone(Path data, Listen http, SeataConfiguration seata, Optional<CellMap> cells) {
        return new ServerConfiguration(
                data,
                http,
                seata,
                TransactionPartitions.ONE,
                RegistryDoors.NONE,
                cells,
                Optional.empty(),
                Optional.empty(),
                Optional.empty());
    }

    /** As the other {@code read}, for a file that says itself which of a cluster's servers it is for. */
    public static ServerConfiguration read(Path file) throws IOException {
        return read(file, Optional.empty());
    }

    /**
     * Reads a configuration file; what it does not say is as in {@link #defaults}.
     *
     * @param name which of the cluster's servers this one is, whatever the file says
     * @throws ConfigurationException if it is not as expected; it names file, line and key
     */
    public static ServerConfiguration read(Path file, Optional<String> name) throws IOException {
        String text;
        try {
            text = Files.readString(file);
        } catch (NoSuchFileException e) {
            throw new ConfigurationException(file + ": there is no such file");
        } catch (MalformedInputException e) {
            throw new ConfigurationException(file + ": not text in UTF-8");
        }
        var top = new YamlReader(file.toString()).read(text);
        var data = top.value("data", Path::of).orElse(DATA_DEFAULT);
        var http = top.section("http").flatMap(section -> {
            var listen = section.value("listen", Listen::parse);
            section.done();
            return listen;
        });
        var seata = top.section("seata").map(SeataConfiguration::read).orElse(SeataConfiguration.DEFAULT);
        var transactions =
                top.section("transactions").map(TransactionsConfiguration::read).orElse(TransactionPartitions.ONE);
        var registryDoors = RegistryDoors.read(top);
        var cells = top.section("cells").map(CellMapSection::read);
        var trust = top.section("trust").map(TrustConfiguration::read);
        var secrets = top.section("secrets").map(SecretsConfiguration::read);
        var cluster = top.section("cluster").map(section -> ClusterConfiguration.read(section, name));
        top.done();
        if (cluster.isEmpty() && name.isPresent()) {
            throw new ConfigurationException(file + ": cluster: missing; expected, for this server is given a name");
        }
        var listen = http.or(() -> cluster.map(of -> of.own().console())).orElse(HTTP_DEFAULT);
        return new ServerConfiguration(
                data, listen, seata, transactions, registryDoors, cells, trust, secrets, cluster);
    }

    /** This configuration, for a server that signs for a trust domain. */
    public ServerConfiguration with(TrustConfiguration otherTrust) {
        return new ServerConfiguration(
                data, http, seata, transactions, registryDoors, cells, Optional.of(otherTrust), secrets, cluster);
    }

    /** This configuration, with these partitions of the coordinator. */
    public ServerConfiguration with(TransactionPartitions otherTransactions) {
        return new ServerConfiguration(
                data, http, seata, otherTransactions, registryDoors, cells, trust, secrets, cluster);
    }

    /** This configuration, for a server that keeps keys and secrets. */
    public ServerConfiguration with(SecretsConfiguration otherSecrets) {
        return new ServerConfiguration(
                data, http, seata, transactions, registryDoors, cells, trust, Optional.of(otherSecrets), cluster);
    }

    /** This configuration with what the command line says in place of what the file says. */
    public ServerConfiguration with(Optional<Path> otherData, Optional<Listen> otherHttp, Optional<Listen> otherSeata) {
        return new ServerConfiguration(
                otherData.orElse(data),
                otherHttp.orElse(http),
                otherSeata.map(seata::listening).orElse(seata),
                transactions,
                registryDoors,
                cells,
                trust,
                secrets,
                cluster);
    }

    /** This configuration as a member of a cluster. Its HTTP is where the others look for it, unless something else was said. */
    public ServerConfiguration in(ClusterConfiguration of) {
        return new ServerConfiguration(
                data,
                http.equals(HTTP_DEFAULT) ? of.own().console() : http,
                seata,
                transactions,
                registryDoors,
                cells,
                trust,
                secrets,
                Optional.of(of));
    }

    /** Off loopback servers prove themselves to one another, or do not speak. */
    private static void provable(ClusterConfiguration cluster, boolean domain) {
        if (domain || cluster.tls().isPresent()) {
            return;
        }
        for (var server : cluster.servers()) {
            if (!loopback("cluster.servers: http of " + server.name(), server.http())) {
                throw new ConfigurationException("cluster.servers: http of " + server.name()
                        + ": expected a loopback address, or a trust section or cluster.tls with which servers prove themselves to one"
                        + " another, found " + server.http());
            }
        }
    }

    private static void loopbackOnly(String key, Listen listen) {
        if (!loopback(key, listen)) {
            throw new ConfigurationException(key + ": expected a loopback address, found " + listen
                    + "; off loopback this door needs mutual TLS or a token, which this release does not have yet");
        }
    }

    static boolean loopback(String key, Listen listen) {
        try {
            return listen.isLoopback();
        } catch (IllegalArgumentException e) {
            throw new ConfigurationException(key + ": expected " + e.getMessage());
        }
    }
}
