package dev.plinth.trust.control.door.spiffe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.HexFormat;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** On this process as it is, and on a folder that is laid out as the kernel lays out its own. */
class ProcessAttestorTest {
    private static final int PID = 4711;

    @TempDir
    private Path proc;

    private ProcessAttestor attestor;
    private int uid;

    @BeforeEach
    void laysOutAProcess() throws IOException {
        attestor = new ProcessAttestor(proc);
        Files.createDirectories(folder());
        Files.writeString(folder().resolve("status"), "Name:\ta\nUid:\t1\t1001\t1\t1\nGid:\t8\t8\t8\t8\n");
        uid = 1001;
        Files.writeString(proc.resolve("program"), "code");
        Files.createSymbolicLink(folder().resolve("exe"), proc.resolve("program"));
        startedAt(100);
    }

    private Path folder() {
        return proc.resolve(Integer.toString(PID));
    }

    private void startedAt(long ticks) throws IOException {
        Files.writeString(
                folder().resolve("stat"),
                PID + " (a (b) c) S 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 " + ticks + " 20 21\n");
    }

    @Test
    void a_process_is_its_user_its_group_and_the_program_that_runs() throws Exception {
        var peer = attestor.accept(PID, uid, 8);
        var hash = HexFormat.of()
                .formatHex(MessageDigest.getInstance("SHA-256")
                        .digest("code".getBytes(java.nio.charset.StandardCharsets.UTF_8)));
        assertThat(peer.startTime()).isEqualTo(100);
        assertThat(attestor.attest(peer))
                .containsExactlyInAnyOrder(
                        "unix:uid:" + uid, "unix:gid:8", "unix:path:" + proc.resolve("program"), "unix:sha256:" + hash);
    }

    @Test
    void a_process_that_took_over_the_number_gets_nothing() throws Exception {
        var peer = attestor.accept(PID, uid, 8);
        startedAt(101);
        assertThatThrownBy(() -> attestor.attest(peer)).isInstanceOf(ProcessAttestor.Gone.class);
    }

    @Test
    void a_process_that_is_gone_or_of_another_user_gets_nothing() throws Exception {
        var peer = attestor.accept(PID, uid + 1, 8);
        assertThatThrownBy(() -> attestor.attest(peer))
                .isInstanceOf(ProcessAttestor.Gone.class)
                .hasMessageContaining("user");
        assertThatThrownBy(() -> attestor.accept(PID + 1, uid, 8)).isInstanceOf(ProcessAttestor.Gone.class);
        assertThatThrownBy(() -> attestor.accept(0, uid, 8)).isInstanceOf(ProcessAttestor.Gone.class);
    }

    @Test
    void a_process_that_this_server_may_not_look_into_has_no_program() throws Exception {
        var peer = attestor.accept(PID, uid, 8);
        Files.delete(folder().resolve("exe"));
        assertThat(attestor.attest(peer)).containsExactlyInAnyOrder("unix:uid:" + uid, "unix:gid:8");
    }

    @Test
    void this_very_process_runs_java() throws Exception {
        var own = new ProcessAttestor(Path.of("/proc"));
        int user = (Integer) Files.getAttribute(Path.of("/proc/self"), "unix:uid");
        var peer = own.accept((int) ProcessHandle.current().pid(), user, 0);
        assertThat(own.attest(peer)).anyMatch(selector -> selector.matches("unix:path:/.*java"));
    }
}
