package dev.plinth.bank.postgres;

import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** The system's user that the database runs as: this process's own, or another one if this process is root. */
final class DatabaseUser {
    /*
     * PostgreSQL refuses to run as root. So root hands the directory to the user who owns the data already, or to "nobody",
     * and starts each of PostgreSQL's programs as that user. setpriv belongs to util-linux, which every Debian has; runuser is
     * the fallback for older ones. Linking a database library that forks by itself was the alternative: there is none.
     */
    private static final Duration PROGRAM_TIMEOUT = Duration.ofSeconds(10);
    private static final String NOBODY = "nobody";
    private static final int ROOT = 0;
    /** Where a directory goes that the user cannot reach; unlike /tmp it outlives a restart of the machine. */
    private static final Path ELSEWHERE = Path.of("/var/tmp");

    private final int uid;
    private final int gid;
    private final List<String> prefix;

    private DatabaseUser(int uid, int gid, List<String> prefix) {
        this.uid = uid;
        this.gid = gid;
        this.prefix = prefix;
    }

    /** Who runs the database whose data are, or are to be, in this directory. */
    static DatabaseUser of(Path data) throws IOException {
        int self = number("id", "-u");
        if (self != ROOT) {
            return new DatabaseUser(self, number("id", "-g"), List.of());
        }
        int owner = Files.exists(data.resolve("PG_VERSION")) ? (Integer) Files.getAttribute(data, "unix:uid") : ROOT;
        if (owner != ROOT) {
            return as(owner, (Integer) Files.getAttribute(data, "unix:gid"));
        }
        return as(number("id", "-u", NOBODY), number("id", "-g", NOBODY));
    }

    private static DatabaseUser as(int uid, int gid) throws IOException {
        Optional<Path> setpriv = program("setpriv");
        if (setpriv.isPresent()) {
            return new DatabaseUser(
                    uid,
                    gid,
                    List.of(setpriv.get().toString(), "--reuid=" + uid, "--regid=" + gid, "--clear-groups", "--"));
        }
        Optional<Path> runuser = program("runuser");
        if (runuser.isPresent()) {
            String name = Program.succeed(List.of("id", "-nu", Integer.toString(uid)), PROGRAM_TIMEOUT);
            return new DatabaseUser(uid, gid, List.of(runuser.get().toString(), "-u", name, "--"));
        }
        throw new IOException(
                "PostgreSQL refuses to run as root, and neither setpriv nor runuser is there to start it as '" + NOBODY
                        + "': install util-linux, or run this as an ordinary user");
    }

    private static Optional<Path> program(String name) {
        for (String directory : List.of("/usr/bin", "/bin", "/usr/sbin", "/sbin")) {
            Path candidate = Path.of(directory, name);
            if (Files.isExecutable(candidate)) {
                return Optional.of(candidate);
            }
        }
        return Optional.empty();
    }

    private static int number(String... command) throws IOException {
        return Integer.parseInt(Program.succeed(List.of(command), PROGRAM_TIMEOUT));
    }

    /** The command, so that it runs as this user. */
    List<String> command(List<String> command) {
        List<String> whole = new ArrayList<>(prefix);
        whole.addAll(command);
        return whole;
    }

    /** A directory of this user's own at the wanted place, or linked from it if this user cannot get there (under /root, say). */
    Path own(Path wanted) throws IOException {
        return reachable(wanted, "-w");
    }

    /** A directory that this user can at least look into at the wanted place, or linked from it. */
    Path readable(Path wanted) throws IOException {
        return reachable(wanted, "-x");
    }

    private Path reachable(Path wanted, String access) throws IOException {
        if (Files.isSymbolicLink(wanted) && !Files.exists(wanted)) {
            Files.delete(wanted); // its target was cleaned away
        }
        Files.createDirectories(wanted);
        Path place = wanted.toRealPath();
        if (prefix.isEmpty()) {
            return place;
        }
        give(place, access);
        if (can(access, place)) {
            return place;
        }
        Path elsewhere = Files.createTempDirectory(ELSEWHERE, "plinth-" + place.getFileName() + "-");
        give(elsewhere, access);
        if (!can(access, elsewhere)) {
            throw new IOException(
                    "the user " + uid + ", who is to run PostgreSQL, can use neither " + place + " nor " + elsewhere);
        }
        try {
            Files.delete(place); // fails if something is in it: it was used before, and somebody closed the way to it
            Files.createSymbolicLink(wanted, elsewhere);
            return elsewhere;
        } catch (NoSuchFileException | FileAlreadyExistsException e) {
            Files.delete(elsewhere); // another process did it at the same moment: take its place
            return reachable(wanted, access);
        }
    }

    private void give(Path directory, String access) throws IOException {
        if (access.equals("-w")) {
            Files.setAttribute(directory, "unix:uid", uid, LinkOption.NOFOLLOW_LINKS);
            Files.setAttribute(directory, "unix:gid", gid, LinkOption.NOFOLLOW_LINKS);
        } else {
            Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxr-xr-x"));
        }
    }

    private boolean can(String access, Path directory) throws IOException {
        return Program.run(
                                command(List.of("test", access, directory.toString())),
                                Path.of("/dev/null"),
                                PROGRAM_TIMEOUT)
                        .status()
                == 0;
    }
}
