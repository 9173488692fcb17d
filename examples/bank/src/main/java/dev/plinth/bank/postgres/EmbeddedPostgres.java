package dev.plinth.bank.postgres;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * A PostgreSQL that this process has started, on 127.0.0.1 and with its data in a given directory; closing it stops it.
 *
 * <p>Everything is as durable as PostgreSQL is by default. There is one database, and one role of the same name, which owns it
 * and needs no password; no superuser can connect. Linux only.
 */
public final class EmbeddedPostgres implements AutoCloseable {
    /*
     * The data directory is made under another name and renamed when it is complete, so that a kill in the middle of it leaves
     * nothing that looks like a database.
     *
     * After a kill, PostgreSQL finds its postmaster.pid again. It handles the usual case by itself: the process of that id is
     * gone. Two cases are left to us. The database survived and only the process that had started it is gone: it is stopped.
     * The id now belongs to somebody else's process (a container that was restarted counts from 1 again): PostgreSQL would
     * refuse to start, and pg_ctl would even stop that process; so the file is deleted.
     */
    private static final Duration INIT_TIMEOUT = Duration.ofSeconds(60);
    private static final Duration START_TIMEOUT = Duration.ofSeconds(60);
    private static final Duration STOP_TIMEOUT = Duration.ofSeconds(30);
    private static final byte[] LOOPBACK = {127, 0, 0, 1};
    private static final int START_ATTEMPTS_MAX = 10;
    private static final Duration START_PAUSE = Duration.ofMillis(300);

    /** Little memory, no helpers that a small database does not need, and every promise about durability kept. */
    private static final String SETTINGS = """
            listen_addresses = '127.0.0.1'
            unix_socket_directories = ''
            max_connections = 60
            superuser_reserved_connections = 0
            reserved_connections = 0
            fsync = on
            synchronous_commit = on
            full_page_writes = on
            shared_buffers = 24MB
            max_wal_size = 256MB
            wal_level = minimal
            max_wal_senders = 0
            io_method = sync
            jit = off
            max_prepared_transactions = 60
            max_worker_processes = 2
            max_parallel_workers = 0
            max_logical_replication_workers = 0
            log_min_messages = warning
            log_checkpoints = off
            log_line_prefix = '%m [%p] '
            log_timezone = 'GMT'
            timezone = 'GMT'
            """;

    /**
     * Where and how.
     *
     * @param directory for the data and the log; created if need be
     * @param cache for the unpacked programs; several databases may share it
     * @param port 0 takes a free one
     * @param database the name of the database and of its owner: lower-case letters
     */
    public record Options(Path directory, Path cache, int port, String database) {
        public Options {
            if (port < 0 || port > 65_535) {
                throw new IllegalArgumentException("port: " + port + " is not within 0..65535");
            }
            if (!database.matches("[a-z]{1,32}")) {
                throw new IllegalArgumentException("database: '" + database + "' is not 1 to 32 lower-case letters");
            }
        }
    }

    private final DatabaseUser user;
    private final Path binaries;
    private final Path home;
    private final String database;
    private final int port;

    private EmbeddedPostgres(DatabaseUser user, Path binaries, Path home, String database, int port) {
        this.user = user;
        this.binaries = binaries;
        this.home = home;
        this.database = database;
        this.port = port;
    }

    /** Starts the database, makes it first if it is not there, and returns when it takes connections. */
    public static EmbeddedPostgres start(Options options) throws IOException {
        Path directory = options.directory().toAbsolutePath();
        DatabaseUser user = DatabaseUser.of(directory.resolve("data"));
        Path home = user.own(directory);
        Path binaries =
                Binaries.unpack(user.readable(options.cache().toAbsolutePath())).resolve("bin");
        if (!Files.exists(data(home).resolve("PG_VERSION"))) {
            initialize(user, binaries, home, options.database());
        }
        stopSurvivor(user, binaries, home);
        String trouble = "";
        for (int attempt = 0; attempt < START_ATTEMPTS_MAX; attempt++) {
            int port = options.port() == 0 ? freePort() : options.port();
            long logged = size(log(home));
            Program.Result result = Program.run(
                    user.command(List.of(
                            binaries.resolve("pg_ctl").toString(),
                            "start",
                            "-w",
                            "-t",
                            Long.toString(START_TIMEOUT.toSeconds()),
                            "-D",
                            data(home).toString(),
                            "-l",
                            log(home).toString(),
                            "-o",
                            "-p " + port)),
                    Path.of("/dev/null"),
                    START_TIMEOUT.plusSeconds(5));
            if (result.status() == 0) {
                return new EmbeddedPostgres(user, binaries, home, options.database(), port);
            }
            trouble = result.output() + since(log(home), logged);
            boolean portWasTaken = options.port() == 0 && trouble.contains("Address already in use");
            // The children of a killed database need a moment to notice.
            boolean childrenAreLeft = trouble.contains("still in use");
            if (!portWasTaken && !childrenAreLeft) {
                break;
            }
            pause(START_PAUSE);
        }
        throw new IOException("PostgreSQL in " + home + " does not start:\n" + trouble);
    }

    /** The programs' cache for those who do not care where it is: under this user's home. */
    public static Path defaultCache() {
        return Path.of(System.getProperty("user.home"), ".cache", "plinth", "postgres");
    }

    public int port() {
        return port;
    }

    /** Where the data really are; not always under the directory that was asked for, see {@link Options}. */
    public Path data() {
        return data(home);
    }

    /** With the user in it. */
    public String jdbcUrl() {
        return "jdbc:postgresql://127.0.0.1:" + port + "/" + database + "?user=" + database;
    }

    /** The database's main process, if it runs. */
    public Optional<ProcessHandle> process() throws IOException {
        return survivor(home);
    }

    /** Stops it: connections are cut, everything committed is kept. */
    @Override
    public void close() throws IOException {
        stop(user, binaries, home);
    }

    private static void initialize(DatabaseUser user, Path binaries, Path home, String database) throws IOException {
        Path fresh = home.resolve("data-in-the-making");
        deleteAll(fresh);
        Program.succeed(
                user.command(List.of(
                        binaries.resolve("initdb").toString(),
                        "-D",
                        fresh.toString(),
                        "-U",
                        "postgres",
                        "-A",
                        "reject",
                        "--encoding=UTF8",
                        "--locale=C",
                        "--no-instructions")),
                INIT_TIMEOUT);
        Files.writeString(fresh.resolve("postgresql.conf"), SETTINGS);
        Files.writeString(fresh.resolve("pg_hba.conf"), "host " + database + " " + database + " 127.0.0.1/32 trust\n");
        Path statements = Files.createTempFile("plinth-postgres-", ".sql");
        try {
            Files.writeString(
                    statements,
                    "CREATE ROLE " + database + " LOGIN\nCREATE DATABASE " + database + " OWNER " + database + "\n");
            // Without a network there is no moment in which somebody else could be the superuser.
            Program.succeed(
                    user.command(List.of(
                            binaries.resolve("postgres").toString(),
                            "--single",
                            "-D",
                            fresh.toString(),
                            "-c",
                            "exit_on_error=true",
                            "postgres")),
                    statements,
                    INIT_TIMEOUT);
        } finally {
            Files.delete(statements);
        }
        Files.move(fresh, data(home));
    }

    private static void stopSurvivor(DatabaseUser user, Path binaries, Path home) throws IOException {
        Path pidFile = data(home).resolve("postmaster.pid");
        Optional<Long> pid = pid(pidFile);
        if (pid.isEmpty()) {
            return;
        }
        if (survivor(home).isPresent()) {
            stop(user, binaries, home);
        } else if (ProcessHandle.of(pid.get()).isPresent()) {
            Files.deleteIfExists(pidFile);
        }
    }

    private static void stop(DatabaseUser user, Path binaries, Path home) throws IOException {
        if (survivor(home).isEmpty()) {
            return;
        }
        Program.Result fast = stop(user, binaries, home, "fast");
        if (fast.status() != 0 && survivor(home).isPresent()) {
            Program.Result immediate = stop(user, binaries, home, "immediate");
            if (immediate.status() != 0 && survivor(home).isPresent()) {
                throw new IOException(
                        "PostgreSQL in " + home + " does not stop:\n" + fast.output() + immediate.output());
            }
        }
    }

    private static Program.Result stop(DatabaseUser user, Path binaries, Path home, String mode) throws IOException {
        return Program.run(
                user.command(List.of(
                        binaries.resolve("pg_ctl").toString(),
                        "stop",
                        "-w",
                        "-t",
                        Long.toString(STOP_TIMEOUT.toSeconds()),
                        "-D",
                        data(home).toString(),
                        "-m",
                        mode)),
                Path.of("/dev/null"),
                STOP_TIMEOUT.plusSeconds(5));
    }

    /** The database that runs on these data: it works in its data directory, and nobody else does. */
    private static Optional<ProcessHandle> survivor(Path home) throws IOException {
        Path data = data(home);
        return pid(data.resolve("postmaster.pid"))
                .filter(pid -> {
                    try {
                        return Path.of("/proc", Long.toString(pid), "cwd")
                                .toRealPath()
                                .equals(data);
                    } catch (IOException e) {
                        return false; // gone, or somebody else's process
                    }
                })
                .flatMap(ProcessHandle::of);
    }

    private static Optional<Long> pid(Path pidFile) throws IOException {
        if (!Files.exists(pidFile)) {
            return Optional.empty();
        }
        List<String> lines = Files.readAllLines(pidFile);
        // Empty if the machine went down while it was written.
        return lines.isEmpty() || lines.getFirst().isBlank()
                ? Optional.empty()
                : Optional.of(Long.parseLong(lines.getFirst().strip()));
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getByAddress(LOOPBACK))) {
            return socket.getLocalPort();
        }
    }

    private static Path data(Path home) {
        return home.resolve("data");
    }

    private static Path log(Path home) {
        return home.resolve("postgres.log");
    }

    private static long size(Path file) throws IOException {
        return Files.exists(file) ? Files.size(file) : 0;
    }

    private static String since(Path log, long position) throws IOException {
        if (!Files.exists(log)) {
            return "";
        }
        byte[] bytes = Files.readAllBytes(log);
        int from = (int) Math.min(position, bytes.length);
        return new String(bytes, from, bytes.length - from, StandardCharsets.UTF_8);
    }

    private static void pause(Duration pause) throws IOException {
        try {
            TimeUnit.MILLISECONDS.sleep(pause.toMillis());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted while starting PostgreSQL", e);
        }
    }

    private static void deleteAll(Path directory) throws IOException {
        if (!Files.exists(directory, LinkOption.NOFOLLOW_LINKS)) {
            return;
        }
        Files.walkFileTree(directory, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
                Files.delete(file);
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult postVisitDirectory(Path visited, @Nullable IOException failure) throws IOException {
                if (failure != null) {
                    throw failure;
                }
                Files.delete(visited);
                return FileVisitResult.CONTINUE;
            }
        });
    }
}
