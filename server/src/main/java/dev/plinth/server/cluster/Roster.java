package dev.plinth.server.cluster;

import dev.plinth.raft.RaftMember;
import dev.plinth.server.ClusterConfiguration.Server;
import dev.plinth.server.Listen;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What a server remembers of its cluster: who it is, and where the others are.
 *
 * @param self this server's name
 * @param standing where it stands with its cluster
 * @param founders the members that its groups began with; nobody if it joined
 * @param servers all that it knows of, itself too
 */
public record Roster(String self, Standing standing, List<RaftMember> founders, List<Server> servers) {
    /*
     * Who is a member of a group is the group's to say, in its log. What a log does not say is a member's name and where its HTTP is;
     * that is here, as each server said it of itself. It is kept in a file and not in a group of its own, for it has to be known before
     * any group has a leader, and a stale line does no harm: a server that is no member is not asked for anything.
     */
    static final String FILE = "cluster";

    private static final String FORMAT = "plinth-cluster 1";

    /** Where a server stands with its cluster. */
    public enum Standing {
        /** It is on its way in: not every group has it yet. */
        JOINING,
        MEMBER,
        /** It was taken out, and its data is of the past. */
        LEFT
    }

    public Roster {
        founders = List.copyOf(founders);
        servers = List.copyOf(servers);
    }

    /** This server. */
    public Server own() {
        return find(self).orElseThrow(() -> new IllegalStateException("server " + self + " does not know itself"));
    }

    /** The other servers. */
    public List<Server> others() {
        return servers.stream().filter(server -> !server.name().equals(self)).toList();
    }

    /** The server of this name. */
    public Optional<Server> find(String name) {
        return servers.stream().filter(server -> server.name().equals(name)).findFirst();
    }

    /**
     * With this server, too, or at its new HTTP address.
     *
     * @throws IllegalArgumentException if its name or one of its addresses is another server's
     */
    public Roster with(Server server) {
        List<Server> all = new ArrayList<>();
        for (var known : servers) {
            boolean same = known.name().equals(server.name());
            if (same && !known.raft().equals(server.raft())) {
                throw new IllegalArgumentException(
                        "the name " + server.name() + " is taken by the server whose Raft door is " + known.raft()
                                + "; expected another name for " + server.raft());
            }
            if (!same && (known.raft().equals(server.raft()) || known.http().equals(server.http()))) {
                throw new IllegalArgumentException("server " + known.name() + " is at " + known.raft() + " and "
                        + known.http() + "; expected other addresses for server " + server.name());
            }
            if (!same) {
                all.add(known);
            }
        }
        all.add(server);
        all.sort((one, other) -> one.name().compareTo(other.name()));
        return new Roster(self, standing, founders, all);
    }

    /** Without the server of this name. */
    public Roster without(String name) {
        return new Roster(
                self,
                standing,
                founders,
                servers.stream().filter(server -> !server.name().equals(name)).toList());
    }

    Roster as(Standing now) {
        return new Roster(self, now, founders, servers);
    }

    /**
     * What the server with this data remembers; empty if it never was in a cluster.
     *
     * @throws IOException if the file is not as it was written; it says which line
     */
    public static Optional<Roster> read(Path data) throws IOException {
        var file = data.resolve(FILE);
        if (!Files.exists(file)) {
            return Optional.empty();
        }
        var lines = Files.readAllLines(file);
        var self = "";
        var standing = Standing.MEMBER;
        List<RaftMember> founders = new ArrayList<>();
        List<Server> servers = new ArrayList<>();
        for (int i = 0; i < lines.size(); i++) {
            var words = lines.get(i).split(" ", -1);
            try {
                switch (words[0]) {
                    case "plinth-cluster" -> {
                        if (!lines.get(i).equals(FORMAT)) {
                            throw new IllegalArgumentException("a file of format " + FORMAT);
                        }
                    }
                    case "self" -> self = words[1];
                    case "standing" -> standing = Standing.valueOf(words[1]);
                    case "founder" -> founders.add(RaftMember.parse(words[1]));
                    case "server" ->
                        servers.add(new Server(words[1], RaftMember.parse(words[2]), Listen.parse(words[3])));
                    default -> throw new IllegalArgumentException("self, standing, founder or server");
                }
            } catch (IllegalArgumentException | IndexOutOfBoundsException e) {
                throw new IOException(
                        file + ":" + (i + 1) + ": '" + lines.get(i) + "' is damaged; expected " + e.getMessage(), e);
            }
        }
        var roster = new Roster(self, standing, founders, servers);
        if (roster.find(self).isEmpty()) {
            throw new IOException(file + ": is damaged; expected a line for server '" + self + "' itself");
        }
        return Optional.of(roster);
    }

    /** Puts it on the disk, in place of the one before, whole or not at all. */
    public void write(Path data) throws IOException {
        var text = new StringBuilder(FORMAT).append("\nself ").append(self);
        text.append("\nstanding ").append(standing).append('\n');
        founders.forEach(founder -> text.append("founder ").append(founder).append('\n'));
        servers.forEach(server -> text.append("server ")
                .append(server.name())
                .append(' ')
                .append(server.raft())
                .append(' ')
                .append(server.http())
                .append('\n'));
        Files.createDirectories(data);
        var temporary = data.resolve(FILE + ".tmp");
        Files.writeString(temporary, text);
        try (var file = FileChannel.open(temporary, StandardOpenOption.WRITE)) {
            file.force(true);
        }
        Files.move(temporary, data.resolve(FILE), StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        try (var directory = FileChannel.open(data, StandardOpenOption.READ)) {
            directory.force(true);
        }
    }
}
