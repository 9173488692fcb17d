package dev.plinth.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.InputStream;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Who decides a command: the engine's thread, or who brings it. */
class InboxTest {
    private final SystemClock clock = new SystemClock();
    private final SerialThread serial = SerialThread.named("engine");
    private final Recorder member = new Recorder();
    private final Inbox<String> inbox = new Inbox<>(1, serial, clock);

    @AfterEach
    void end() throws InterruptedException {
        serial.close();
        assertThat(serial.awaitEnd(60)).isTrue();
        clock.close();
    }

    @Test
    void who_brings_a_command_while_the_engine_has_nothing_to_do_decides_it_and_has_its_outcome_at_once()
            throws Exception {
        begin();
        inbox.propose(command("a"), null);
        assertThat(member.applied).containsExactly("a");
        assertThat(member.threads).containsExactly(Thread.currentThread());
    }

    @Test
    void what_comes_while_the_engine_is_busy_waits_for_its_thread_in_order() throws Exception {
        begin();
        var started = new CountDownLatch(1);
        var release = new CountDownLatch(1);
        inbox.execute(() -> {
            started.countDown();
            await(release);
        });
        started.await();
        inbox.propose(command("a"), null);
        inbox.propose(command("b"), null);
        assertThat(member.applied).isEmpty();
        release.countDown();
        idle();
        assertThat(member.applied).containsExactly("a", "b");
        assertThat(member.threads).extracting(Thread::getName).containsOnly("engine");
    }

    @Test
    void ticks_are_left_to_the_engines_thread() throws Exception {
        begin();
        inbox.propose(new Input.Tick<>(), null);
        idle();
        assertThat(member.threads).extracting(Thread::getName).containsExactly("engine");
    }

    @Test
    void a_command_that_comes_after_the_end_is_refused() throws Exception {
        begin();
        inbox.close();
        var refused = new CompletableFuture<Refused>();
        inbox.propose(command("late"), refused::complete);
        assertThat(refused.join().code()).isEqualTo(Refused.Code.STOPPED);
        assertThat(member.applied).isEmpty();
    }

    private void begin() throws InterruptedException {
        inbox.start(member);
        idle();
    }

    /** Waits until the engine's thread has nothing to do. */
    private void idle() throws InterruptedException {
        var ran = new CountDownLatch(1);
        serial.execute(ran::countDown);
        ran.await();
        while (!serial.takeTurn()) {
            Thread.onSpinWait();
        }
        serial.endTurn();
    }

    private static Input<String> command(String text) {
        return new Input.Command<>(Optional.empty(), text);
    }

    private static void await(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    private static final class Recorder implements Journal.Member<String> {
        final List<String> applied = new ArrayList<>();
        final List<Thread> threads = new ArrayList<>();

        @Override
        public void apply(Entry<String> entry, Journal.@Nullable Ticket ticket) {
            threads.add(Thread.currentThread());
            if (entry.input() instanceof Input.Command<String>(var _, String command)) {
                applied.add(command);
            }
        }

        @Override
        public void restore(Revision revision, Instant stamp, InputStream state) {
            throw new UnsupportedOperationException("an inbox restores nothing");
        }

        @Override
        public Snapshot snapshot() {
            throw new UnsupportedOperationException("an inbox takes no snapshots");
        }

        @Override
        public void lead() {}

        @Override
        public void follow() {}

        @Override
        public void stopped(Refused reason) {}
    }
}
