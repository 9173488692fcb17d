package dev.plinth.acceptance.seata;

import static dev.plinth.acceptance.seata.BankSchema.OPENING_BALANCE;
import static org.assertj.core.api.Assertions.assertThat;

import dev.plinth.bank.postgres.EmbeddedPostgres;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The original client in another serializer than its default: {@code transport.serialization}. */
class SeataDialectsTest {
    private static final int ACCOUNT = 1;

    @TempDir
    Path directory;

    private EmbeddedPostgres postgres;
    private BankSchema first;
    private BankSchema second;
    private ServerProcess server;

    @BeforeEach
    void start() throws Exception {
        postgres = EmbeddedPostgres.start(new EmbeddedPostgres.Options(
                directory.resolve("postgres"), EmbeddedPostgres.defaultCache(), 0, "bank"));
        first = BankSchema.onPostgres(postgres.jdbcUrl(), "first");
        second = BankSchema.onPostgres(postgres.jdbcUrl(), "second");
        first.openAccount(ACCOUNT);
        second.openAccount(ACCOUNT);
        server = new ServerProcess(directory.resolve("server"), Path.of("target", "seata-dialects-server.log"));
    }

    @AfterEach
    void stop() throws Exception {
        server.close();
        postgres.close();
    }

    @Test
    void at_and_tcc_in_protobuf_with_compressed_bodies() throws Exception {
        try (var app = new SeataAppProcess(
                List.of(
                        "-Dservice.default.grouplist=" + server.seata(),
                        "-Dtransport.serialization=protobuf",
                        "-Dtransport.compressor=deflater"),
                first.url(),
                second.url(),
                Path.of("target", "seata-dialects-app.log"))) {
            app.run("transfer " + ACCOUNT + " " + ACCOUNT + " 10 succeed");
            assertThat(first.balance(ACCOUNT)).isEqualTo(OPENING_BALANCE - 20);
            assertThat(second.balance(ACCOUNT)).isEqualTo(OPENING_BALANCE + 10);

            assertThat(app.fail("transfer " + ACCOUNT + " " + ACCOUNT + " 10 fail"))
                    .contains("RollbackDone");
            assertThat(first.balance(ACCOUNT)).isEqualTo(OPENING_BALANCE - 20);
            assertThat(second.balance(ACCOUNT)).isEqualTo(OPENING_BALANCE + 10);
            assertThat(first.frozen(ACCOUNT)).isZero();

            var holder = app.run("begin 60000");
            app.run("add " + holder + " a " + ACCOUNT + " -1");
            var other = app.run("begin 60000");
            assertThat(app.fail("add " + other + " a " + ACCOUNT + " 7")).contains("LockConflict");
            app.run("rollback " + holder);
            app.run("rollback " + other);
        }
    }
}
