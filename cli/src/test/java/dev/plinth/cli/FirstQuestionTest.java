package dev.plinth.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.plinth.server.Listen;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FirstQuestionTest {
    @Test
    void aServerThatIsCheckedAnswersBeforeItStops(@TempDir Path directory) {
        var out = new StringWriter();

        int status = Plinth.commandLine("server")
                .setOut(new PrintWriter(out))
                .execute(
                        "server",
                        "--check",
                        "--data",
                        directory.resolve("data").toString(),
                        "--http",
                        "127.0.0.1:0",
                        "--seata",
                        "127.0.0.1:0");

        assertThat(status).isZero();
        assertThat(out.toString()).contains("READY server");
    }

    @Test
    void anAnswerThatNotAllIsWellIsNamed() throws IOException {
        try (var other = new ServerSocket(0)) {
            Thread.ofVirtual().start(() -> answer(other));
            var http = new Listen("127.0.0.1", other.getLocalPort());

            assertThatThrownBy(() -> FirstQuestion.ask(http, "/health/live"))
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining("/health/live answered 'HTTP/1.1 503 No'")
                    .hasMessageContaining("expected 200");
        }
    }

    private static void answer(ServerSocket at) {
        try (var asked = at.accept()) {
            asked.getOutputStream().write("HTTP/1.1 503 No\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
