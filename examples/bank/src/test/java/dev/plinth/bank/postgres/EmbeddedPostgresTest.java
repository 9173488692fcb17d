package dev.plinth.bank.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** On the real programs, as root or not, whoever runs the tests. */
class EmbeddedPostgresTest {
    private static final Path PLACE = Path.of("target", "embedded-postgres-test");
    private static final Path CACHE = Path.of("target", "postgres-programs");

    private final List<Path> leftElsewhere = new ArrayList<>();
    private Path directory = PLACE;

    @BeforeEach
    void freshDirectory() throws IOException {
        // Not one for temporary files: nobody else may look into those, and the database runs as somebody else.
        directory = Files.createDirectories(
                PLACE.resolve("run-" + ProcessHandle.current().pid() + "-" + System.nanoTime()));
    }

    @AfterEach
    void removeDirectories() throws IOException {
        leftElsewhere.add(PLACE);
        for (Path left : leftElsewhere) {
            if (Files.exists(left)) {
                try (Stream<Path> files = Files.walk(left)) {
                    for (Path file : files.sorted((a, b) -> b.compareTo(a)).toList()) {
                        Files.delete(file);
                    }
                }
            }
        }
    }

    private EmbeddedPostgres start(Path place) throws IOException {
        return EmbeddedPostgres.start(new EmbeddedPostgres.Options(place, CACHE, 0, "bank"));
    }

    @Test
    void what_was_committed_is_there_after_it_was_stopped_and_started() throws Exception {
        try (EmbeddedPostgres postgres = start(directory)) {
            execute(postgres, "create table t (x int)", "insert into t values (42)");
        }
        try (EmbeddedPostgres postgres = start(directory)) {
            assertThat(query(postgres, "select x from t")).isEqualTo("42");
        }
    }

    @Test
    void what_was_committed_is_there_after_it_was_killed() throws Exception {
        EmbeddedPostgres killed = start(directory);
        execute(killed, "create table t (x int)", "insert into t values (42)");
        ProcessHandle process = killed.process().orElseThrow();
        process.destroyForcibly();
        await().until(() -> !process.isAlive());
        try (EmbeddedPostgres postgres = start(directory)) {
            assertThat(query(postgres, "select x from t")).isEqualTo("42");
        }
    }

    @Test
    void a_database_that_outlived_who_started_it_is_stopped_and_started_anew() throws Exception {
        EmbeddedPostgres forgotten = start(directory);
        ProcessHandle survivor = forgotten.process().orElseThrow();
        try (EmbeddedPostgres postgres = start(directory)) {
            await().until(() -> !survivor.isAlive());
            assertThat(query(postgres, "select 1")).isEqualTo("1");
        }
    }

    @Test
    void a_process_that_got_the_id_of_a_killed_database_is_left_alone() throws Exception {
        EmbeddedPostgres killed = start(directory);
        ProcessHandle process = killed.process().orElseThrow();
        process.destroyForcibly();
        await().until(() -> !process.isAlive());
        Process stranger = new ProcessBuilder("sleep", "600").start();
        try {
            Path pidFile = killed.data().resolve("postmaster.pid");
            List<String> lines = new ArrayList<>(Files.readAllLines(pidFile));
            lines.set(0, Long.toString(stranger.pid()));
            Files.write(pidFile, lines);
            try (EmbeddedPostgres postgres = start(directory)) {
                assertThat(query(postgres, "select 1")).isEqualTo("1");
            }
            assertThat(stranger.isAlive()).isTrue();
        } finally {
            stranger.destroyForcibly();
        }
    }

    @Test
    void a_kill_in_the_middle_of_making_it_leaves_nothing_in_the_way() throws Exception {
        Path half =
                Files.createDirectories(directory.resolve("data-in-the-making").resolve("base"));
        Files.writeString(half.resolve("1"), "half a file");
        try (EmbeddedPostgres postgres = start(directory)) {
            assertThat(query(postgres, "select 1")).isEqualTo("1");
        }
    }

    @Test
    void everything_is_durable_and_on_loopback_and_no_superuser_gets_in() throws Exception {
        try (EmbeddedPostgres postgres = start(directory)) {
            assertThat(query(postgres, "show fsync")).isEqualTo("on");
            assertThat(query(postgres, "show synchronous_commit")).isEqualTo("on");
            assertThat(query(postgres, "show full_page_writes")).isEqualTo("on");
            assertThat(query(postgres, "show listen_addresses")).isEqualTo("127.0.0.1");
            assertThat(query(postgres, "select rolsuper from pg_roles where rolname = current_user"))
                    .isEqualTo("f");
            String asSuperuser = "jdbc:postgresql://127.0.0.1:" + postgres.port() + "/postgres?user=postgres";
            assertThatThrownBy(() -> DriverManager.getConnection(asSuperuser).close())
                    .isInstanceOf(SQLException.class)
                    .hasMessageContaining("pg_hba.conf");
        }
    }

    @Test
    void two_that_start_at_once_share_the_programs_and_not_the_port() throws Exception {
        Path cache = directory.resolve("cache");
        List<EmbeddedPostgres> started = Stream.of("east", "west")
                .parallel()
                .map(cell -> {
                    try {
                        return EmbeddedPostgres.start(
                                new EmbeddedPostgres.Options(directory.resolve(cell), cache, 0, "bank"));
                    } catch (IOException e) {
                        throw new AssertionError(e);
                    }
                })
                .toList();
        try {
            assertThat(started).extracting(EmbeddedPostgres::port).doesNotHaveDuplicates();
            assertThat(query(started.getFirst(), "select 1")).isEqualTo("1");
            assertThat(query(started.getLast(), "select 1")).isEqualTo("1");
        } finally {
            for (EmbeddedPostgres postgres : started) {
                postgres.close();
            }
        }
    }

    @Test
    void root_finds_a_place_for_a_database_that_its_user_cannot_reach() throws Exception {
        assumeTrue((Integer) Files.getAttribute(Path.of("/proc/self"), "unix:uid") == 0, "only root has two users");
        Path closed = Files.createDirectory(
                directory.resolve("closed"),
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        Path wanted = closed.resolve("database");
        try (EmbeddedPostgres postgres =
                EmbeddedPostgres.start(new EmbeddedPostgres.Options(wanted, closed.resolve("cache"), 0, "bank"))) {
            leftElsewhere.add(wanted.toRealPath());
            leftElsewhere.add(closed.resolve("cache").toRealPath());
            execute(postgres, "create table t (x int)");
        }
        assertThat(wanted).isSymbolicLink();
        try (EmbeddedPostgres postgres =
                EmbeddedPostgres.start(new EmbeddedPostgres.Options(wanted, closed.resolve("cache"), 0, "bank"))) {
            assertThat(query(postgres, "select count(*) from t")).isEqualTo("0");
        }
    }

    @Test
    void a_taken_port_is_said_so() throws Exception {
        try (EmbeddedPostgres first = start(directory.resolve("first"))) {
            assertThatThrownBy(() -> EmbeddedPostgres.start(new EmbeddedPostgres.Options(
                                    directory.resolve("second"), CACHE, first.port(), "bank"))
                            .close())
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining("Address already in use");
        }
    }

    private static void execute(EmbeddedPostgres postgres, String... statements) throws SQLException {
        try (Connection connection = DriverManager.getConnection(postgres.jdbcUrl());
                Statement statement = connection.createStatement()) {
            for (String sql : statements) {
                statement.execute(sql);
            }
        }
    }

    private static String query(EmbeddedPostgres postgres, String sql) throws SQLException {
        try (Connection connection = DriverManager.getConnection(postgres.jdbcUrl());
                Statement statement = connection.createStatement();
                ResultSet result = statement.executeQuery(sql)) {
            assertThat(result.next()).isTrue();
            return result.getString(1);
        }
    }
}
