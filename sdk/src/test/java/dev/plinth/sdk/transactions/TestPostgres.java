package dev.plinth.sdk.transactions;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.postgresql.xa.PGXADataSource;
import org.tukaani.xz.XZInputStream;

/** One PostgreSQL for all tests of this run, started when it is first asked for; what is in it ends with the run. */
public final class TestPostgres {

    private static final int OWNER_EXECUTES = 0100;

    private static final class Started {
        static final TestPostgres INSTANCE = new TestPostgres();
    }

    private final Path home;
    private final List<String> asOtherUser;
    private final HikariDataSource database;
    private final int port;

    /** Connections to its one database; read committed, as PostgreSQL's default. */
    public static HikariDataSource database() {
        return Started.INSTANCE.database;
    }

    /** The same database for XA. */
    public static PGXADataSource xa() {
        PGXADataSource xa = new PGXADataSource();
        xa.setUrl("jdbc:postgresql://127.0.0.1:" + Started.INSTANCE.port + "/postgres?user=test");
        return xa;
    }

    private TestPostgres() {
        try {
            home = Files.createTempDirectory(Path.of("/var/tmp"), "plinth-sdk-postgres-");
            Runtime.getRuntime().addShutdownHook(new Thread(this::stop));
            // PostgreSQL refuses to run as root.
            asOtherUser = System.getProperty("user.name").equals("root")
                    ? List.of("setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups", "--")
                    : List.of();
            Files.setPosixFilePermissions(home, PosixFilePermissions.fromString("rwxrwxrwx"));
            unpack();
            run("bin/initdb", "-D", data(), "-U", "test", "-A", "trust", "--encoding=UTF8", "--locale=C", "-N");
            port = freePort();
            String options = "-p " + port + " -c listen_addresses=127.0.0.1 -c unix_socket_directories= -c fsync=off"
                    + " -c shared_buffers=16MB -c max_connections=60"
                    + " -c max_prepared_transactions=20";
            run(
                    "bin/pg_ctl",
                    "start",
                    "-w",
                    "-D",
                    data(),
                    "-l",
                    home.resolve("log").toString(),
                    "-o",
                    options);
            HikariConfig pool = new HikariConfig();
            pool.setJdbcUrl("jdbc:postgresql://127.0.0.1:" + port + "/postgres?user=test");
            pool.setMaximumPoolSize(20);
            database = new HikariDataSource(pool);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private String data() {
        return home.resolve("data").toString();
    }

    private void run(String program, String... arguments) throws IOException {
        List<String> command = new ArrayList<>(asOtherUser);
        command.add(home.resolve(program).toString());
        command.addAll(List.of(arguments));
        Path output = Files.createTempFile(home, "output-", ".txt");
        Process process = new ProcessBuilder(command)
                .directory(home.toFile())
                .redirectErrorStream(true)
                .redirectOutput(output.toFile())
                .start();
        try {
            if (!process.waitFor(60, TimeUnit.SECONDS) || process.exitValue() != 0) {
                throw new IOException(command + ": " + Files.readString(output));
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException(e);
        }
    }

    private void unpack() throws IOException {
        try (InputStream archive = TestPostgres.class.getResourceAsStream("/postgres-linux-x86_64.txz");
                TarArchiveInputStream tar = new TarArchiveInputStream(new XZInputStream(archive))) {
            for (TarArchiveEntry entry = tar.getNextEntry(); entry != null; entry = tar.getNextEntry()) {
                Path target = home.resolve(entry.getName()).normalize();
                if (entry.isDirectory()) {
                    Files.createDirectories(target);
                } else {
                    Files.createDirectories(target.getParent());
                    if (entry.isSymbolicLink()) {
                        Files.createSymbolicLink(target, Path.of(entry.getLinkName()));
                    } else if (entry.isFile()) {
                        Files.copy(tar, target);
                        boolean executable = (entry.getMode() & OWNER_EXECUTES) != 0;
                        Files.setPosixFilePermissions(
                                target, PosixFilePermissions.fromString(executable ? "rwxr-xr-x" : "rw-r--r--"));
                    }
                }
            }
        }
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }

    private void stop() {
        try {
            if (Files.exists(home.resolve("data/postmaster.pid"))) {
                run("bin/pg_ctl", "stop", "-w", "-m", "immediate", "-D", data());
            }
            try (Stream<Path> files = Files.walk(home)) {
                for (Path file : files.sorted((a, b) -> b.compareTo(a)).toList()) {
                    Files.delete(file);
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
