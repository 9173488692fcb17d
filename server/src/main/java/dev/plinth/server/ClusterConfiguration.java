package dev.plinth.server;

import dev.plinth.raft.RaftMember;
import dev.plinth.raft.RaftOptions;
import dev.plinth.raft.RaftTls;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Stream;

/**
 * The servers that run as one.
 *
 * @param self the name of the one that is configured
 * @param servers all of them, this one too; a cluster that has a past knows its members itself, and takes from here where they are
 * @param tls what this server proves itself with to the others; demanded off loopback. Empty: what it has of its trust domain, if it
 *     signs for one
 * @param balance whether the servers share the leads of the groups evenly; otherwise they stay where an election or a person put them
 * @param entry how a server that has no cluster yet comes into one
 */
public record ClusterConfiguration(
        String self, List<Server> servers, Optional<RaftTls> tls, boolean balance, Entry entry) {

    /** How a server comes into its cluster, the first time it is started as a member. */
    public sealed interface Entry {

        /** With the others that are configured, all of them new. */
        record Found() implements Entry {}

        /** Into a cluster that is there; any of its servers is asked. */
        record Join(Listen http) implements Entry {}

        /** As the first, with what this server stored when it was alone. */
        record Adopt() implements Entry {}
    }

    /**
     * One server.
     *
     * @param name 1 to 40 letters, digits and '-'
     * @param raft where the others reach its Raft door, and how its groups know it
     * @param http where the others reach it, over gRPC: on loopback the door that consoles and commands have too, off loopback one for
     *     servers alone, over mutual TLS
     */
    public record Server(String name, RaftMember raft, Listen http) {
        public Server {
            if (!name.matches("[A-Za-z0-9][A-Za-z0-9-]{0,39}")) {
                throw new IllegalArgumentException("a name of 1 to 40 letters, digits and '-', not '" + name + "'");
            }
            if (http.port() == 0) {
                throw new IllegalArgumentException(
                        "a port other than 0 for http of server " + name + ": the other servers have to know it");
            }
        }

        /** Where its console, HTTP and gRPC are, unless it is told otherwise: always on loopback. */
        Listen console() {
            return http.isLoopback() ? http : new Listen("127.0.0.1", http.port());
        }
    }

    /** Servers that begin a cluster together, and share the leads. */
    public ClusterConfiguration(String self, List<Server> servers, Optional<RaftTls> tls) {
        this(self, servers, tls, true, new Entry.Found());
    }

    /** A server that knows of no other yet, by the addresses at which those will reach it. */
    public static ClusterConfiguration of(String name, Listen raft, Listen http) {
        return new ClusterConfiguration(
                name, List.of(new Server(name, new RaftMember(raft.host(), raft.port()), http)), Optional.empty());
    }

    public ClusterConfiguration {
        servers = List.copyOf(servers);
        if (servers.isEmpty() || servers.size() > RaftOptions.MEMBERS_MAX) {
            throw new IllegalArgumentException("1 to " + RaftOptions.MEMBERS_MAX + " servers, not " + servers.size());
        }
        distinct("name", servers, Server::name);
        distinct("raft", servers, Server::raft);
        distinct("http", servers, Server::http);
        named(servers, self);
    }

    private static void distinct(String what, List<Server> servers, Function<Server, ?> value) {
        Set<Object> seen = new HashSet<>();
        for (Server server : servers) {
            if (!seen.add(value.apply(server))) {
                throw new IllegalArgumentException(
                        "another " + what + " for each server; " + value.apply(server) + " is there twice");
            }
        }
    }

    private static Server named(List<Server> servers, String name) {
        return servers.stream()
                .filter(server -> server.name().equals(name))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("one of "
                        + String.join(", ", servers.stream().map(Server::name).toList()) + " as self, not '" + name
                        + "'"));
    }

    /** This server. */
    public Server own() {
        return named(servers, self);
    }

    /** The other servers. */
    public List<Server> others() {
        return servers.stream().filter(server -> !server.name().equals(self)).toList();
    }

    /** The same cluster, configured for another of its servers. */
    public ClusterConfiguration as(String name) {
        return new ClusterConfiguration(name, servers, tls, balance, entry);
    }

    /** The same, coming into the cluster in another way. */
    public ClusterConfiguration entering(Entry by) {
        return new ClusterConfiguration(self, servers, tls, balance, by);
    }

    /** Every address that is not on loopback speaks mutual TLS, or the server does not start. */
    RaftOptions raft(List<RaftMember> founders, Path directory, Optional<RaftTls> proof) {
        var options = RaftOptions.of(own().raft(), founders, directory).withBalance(balance);
        return proof.map(options::withTls).orElse(options);
    }

    static ClusterConfiguration read(YamlReader.Section section, Optional<String> name) {
        var servers = section.sections("servers").stream()
                .map(ClusterConfiguration::server)
                .toList();
        var self = Stream.of(section.value("self", text -> text), name)
                .flatMap(Optional::stream)
                .reduce((_, last) -> last);
        var tls = section.section("tls").map(ClusterConfiguration::tls);
        boolean balance = section.value("balance", YamlReader::yesOrNo).orElse(true);
        section.done();
        try {
            return new ClusterConfiguration(
                    self.orElseThrow(
                            () -> new IllegalArgumentException("self: the name of this server, here or as --name")),
                    servers,
                    tls,
                    balance,
                    new Entry.Found());
        } catch (IllegalArgumentException e) {
            throw section.wrong("expected " + e.getMessage());
        }
    }

    private static Server server(YamlReader.Section section) {
        var name = section.required("name", "the server's name", text -> text);
        var raft = section.required("raft", "host:port of its Raft door", RaftMember::parse);
        var http = section.required("http", "host:port of its console, HTTP and gRPC", Listen::parse);
        section.done();
        try {
            return new Server(name, raft, http);
        } catch (IllegalArgumentException e) {
            throw section.wrong("expected " + e.getMessage());
        }
    }

    private static RaftTls tls(YamlReader.Section section) {
        var certificate = section.required("certificate", "a PEM file", Path::of);
        var key = section.required("key", "a PEM file, PKCS 8", Path::of);
        var authority = section.required("authority", "a PEM file with who may make members", Path::of);
        section.done();
        return new RaftTls.Files(certificate, key, authority);
    }
}
