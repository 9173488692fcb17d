package dev.plinth.cli.dev;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ChildTest {
    private static final Duration SOON = Duration.ofSeconds(30);

    @TempDir
    private Path folder;

    private Child child;

    private Child child(String script) {
        child = new Child("east-one", List.of("sh", "-c", script), folder.resolve("log"), () -> {});
        return child;
    }

    @AfterEach
    void stop() {
        child.stop();
    }

    private void awaitState(Child.State state) {
        await().atMost(SOON).until(() -> child.status().state() == state);
    }

    @Test
    void it_is_ready_when_it_says_so_and_its_words_are_shown_without_its_name() throws Exception {
        child("echo warming up; echo READY east one 127.0.0.1:1; exec sleep 60").start();

        assertThat(child.awaitReady()).isTrue();
        assertThat(child.status().detail()).isEqualTo("127.0.0.1:1");
        assertThat(Files.readString(child.log())).startsWith("warming up\n");
    }

    @Test
    void one_that_is_killed_comes_back() throws Exception {
        child("echo READY east one; exec sleep 60").start();
        child.awaitReady();

        ProcessHandle.of(child.status().pid()).orElseThrow().destroyForcibly();

        await().atMost(SOON)
                .until(() -> child.status().restarts() == 1 && child.status().state() == Child.State.READY);
    }

    @Test
    void one_that_never_gets_ready_has_failed_and_names_its_log() throws Exception {
        child("echo no luck; exit 3").start();

        assertThat(child.awaitReady()).isFalse();
        assertThat(child.status().state()).isEqualTo(Child.State.FAILED);
        assertThat(child.status().detail()).contains("exited with 3", "log");
    }

    @Test
    void one_that_dies_again_and_again_stays_down() {
        child("echo READY east one; exit 1").start();

        awaitState(Child.State.FAILED);
    }

    @Test
    void one_that_was_stopped_is_not_started_again() throws Exception {
        child("echo READY east one; exec sleep 60").start();
        child.awaitReady();

        child.stop();

        assertThat(child.status().state()).isEqualTo(Child.State.STOPPED);
    }

    @Test
    void a_program_that_is_not_there_is_named() throws Exception {
        child = new Child("east", List.of("/no/such/program"), folder.resolve("log"), () -> {});
        child.start();

        assertThat(child.awaitReady()).isFalse();
        assertThat(child.status().detail()).contains("/no/such/program");
    }
}
