package dev.plinth.acceptance.original;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/** An application on an original client, in a process and on a class path of its own, that does what the test says. */
public class OriginalClient implements AutoCloseable {
    private static final long ANSWER_SECONDS_MAX = 40;

    private final Process process;
    private final BufferedWriter orders;
    private final BlockingQueue<String> answers = new LinkedBlockingQueue<>();
    private final List<String> pushed = new CopyOnWriteArrayList<>();

    /**
     * Starts it; {@link #ready} waits until it says so.
     *
     * @param home it keeps its logs, and what it has seen, under the user's home
     */
    public OriginalClient(String module, String program, Path home, List<String> options, List<String> arguments)
            throws IOException {
        this(List.of(), module, program, home, options, arguments);
    }

    /**
     * As the other, somewhere else than here.
     *
     * @param entering what has to stand before the command, so that it runs there; the process is the command's own
     */
    public OriginalClient(
            List<String> entering,
            String module,
            String program,
            Path home,
            List<String> options,
            List<String> arguments)
            throws IOException {
        Path target = Path.of(module, "target").toAbsolutePath();
        List<String> command = new ArrayList<>(entering);
        command.addAll(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx128m",
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "--sun-misc-unsafe-memory-access=allow",
                "--enable-native-access=ALL-UNNAMED",
                "-Duser.home=" + home));
        command.addAll(options);
        command.addAll(List.of(
                "-cp",
                target.resolve("classes") + ":"
                        + Files.readString(target.resolve("class-path.txt")).strip(),
                program));
        command.addAll(arguments);
        process = new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
        orders = process.outputWriter(StandardCharsets.UTF_8);
        var said = process.inputReader(StandardCharsets.UTF_8);
        Thread.ofVirtual().start(() -> listen(said));
    }

    private void listen(BufferedReader said) {
        try (said) {
            for (String line = said.readLine(); line != null; line = said.readLine()) {
                if (line.startsWith("* ")) {
                    pushed.add(line.substring(2));
                } else if (line.startsWith("= ") || line.startsWith("! ") || line.equals("READY")) {
                    answers.add(line);
                }
            }
        } catch (IOException e) {
            answers.add("! it ended: " + e);
        }
    }

    public OriginalClient ready() throws InterruptedException {
        assertThat(answers.poll(ANSWER_SECONDS_MAX, TimeUnit.SECONDS)).isEqualTo("READY");
        return this;
    }

    /** Has something done that works. */
    public String ask(String order) throws IOException, InterruptedException {
        var answer = tryTo(order);
        assertThat(answer).as(order).startsWith("= ");
        return answer.substring(2);
    }

    /** Has something tried; the answer begins with {@code =} or {@code !}. */
    public String tryTo(String order) throws IOException, InterruptedException {
        orders.write(order);
        orders.newLine();
        orders.flush();
        var answer = answers.poll(ANSWER_SECONDS_MAX, TimeUnit.SECONDS);
        assertThat(answer).as("an answer to '%s'", order).isNotNull();
        return answer;
    }

    /** What it was pushed, oldest first. */
    public List<String> pushed() {
        return List.copyOf(pushed);
    }

    /** What it was pushed last of this subject; the empty text if nothing was. */
    public String lastPushed(String subject) {
        return pushed.stream()
                .filter(line -> line.startsWith(subject + " "))
                .reduce((_, later) -> later)
                .map(line -> line.substring(subject.length() + 1))
                .orElse("");
    }

    /** Kill -9. */
    public void kill() {
        process.destroyForcibly();
    }

    @Override
    public void close() {
        kill();
        process.onExit().orTimeout(20, TimeUnit.SECONDS).join();
    }
}
