package dev.plinth.acceptance.faults;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;

/** Disks that are full, fail, and take less than they are given. */
final class StorageFaults {
    private static final String FILLER = "filler";
    private static final int PIECE_BYTES = 1 << 20;

    /** Nearly the longest text that there can be. */
    private static final String LARGE = "x".repeat(500 << 10);

    /** Longer than one block of the disk, so that there is something to take a part of. */
    private static final String MEDIUM = "x".repeat(64 << 10);

    /** Two files of the journal hold fewer: by then a third one has to be made. */
    private static final int LARGE_TEXTS_MAX = 300;

    private static final int PUBLISHERS = 4;

    private static final int SHORT_WRITES = 10;

    private StorageFaults() {}

    static String fullDisk(Scene scene) throws Exception {
        var trio = scene.trio();
        var leader = trio.awaitLeader();
        var filler = leader.server().disk().resolve(FILLER);
        fill(filler);
        // A full disk bites when the journal's next file is made, and not before: what is there was filled in advance.
        int published = publishUntilTrouble(leader.server());
        var trouble = brokenMemberLeaves(scene, leader);
        leader.server().stop();
        Files.delete(filler);
        trio.start(leader.server());
        return "after " + published + " large texts " + trouble;
    }

    /** Some at a time, as one waits mostly for the disks. Returns how many it took. */
    private static int publishUntilTrouble(Server server) throws InterruptedException {
        var texts = new Texts(server.channel());
        var number = new AtomicInteger();
        List<Thread> publishers = new ArrayList<>();
        for (int i = 0; i < PUBLISHERS; i++) {
            var name = "large-" + i;
            publishers.add(Thread.ofVirtual().start(() -> {
                while (number.get() < LARGE_TEXTS_MAX && server.trouble().isEmpty()) {
                    texts.publish("ballast", name, LARGE + number.incrementAndGet(), Optional.empty());
                }
            }));
        }
        for (var publisher : publishers) {
            publisher.join();
        }
        assertThat(server.trouble())
                .as("trouble after " + number + " large texts on a full disk")
                .isNotEmpty();
        return number.get();
    }

    private static void fill(Path file) throws IOException {
        byte[] piece = new byte[PIECE_BYTES];
        try (OutputStream out = Files.newOutputStream(file)) {
            while (true) {
                out.write(piece);
            }
        } catch (IOException e) {
            if (!String.valueOf(e.getMessage()).contains("No space left")) {
                throw e;
            }
        }
    }

    /** It says why it is out of the group, the others go on, and nothing stale is to be had of it. Returns what it says. */
    private static String brokenMemberLeaves(Scene scene, Trio.Lead broken) {
        var server = broken.server();
        await("what is wrong with " + server)
                .atMost(Trio.PATIENCE)
                .until(() -> server.trouble().containsKey(Trio.GROUP));
        var next = scene.othersGoOn(broken);
        assertThat(new Texts(server.channel()).get("ballast", "medium"))
                .as("a read of " + server + ", which is out of the group")
                .isInstanceOf(Texts.Answer.Failed.class);
        return broken + " was followed by " + next + ", and said: "
                + server.trouble().get(Trio.GROUP);
    }

    static String failingWrites(Scene scene) throws Exception {
        var leader = scene.trio().awaitLeader();
        leader.server().calls().writes(FaultyCalls.Writes.FAIL);
        return failing(scene, leader);
    }

    static String failingSyncs(Scene scene) throws Exception {
        var leader = scene.trio().awaitLeader();
        leader.server().calls().syncsFail();
        return failing(scene, leader);
    }

    /** A part of the last write is there when it starts again. */
    static String tornWrite(Scene scene) throws Exception {
        var leader = scene.trio().awaitLeader();
        leader.server().calls().writes(FaultyCalls.Writes.TORN);
        return failing(scene, leader);
    }

    private static String failing(Scene scene, Trio.Lead leader) throws Exception {
        var calls = leader.server().calls();
        long before = calls.writesHit() + calls.syncsHit();
        var trouble = brokenMemberLeaves(scene, leader);
        long hit = calls.writesHit() + calls.syncsHit() - before;
        assertThat(hit).as("calls that failed").isPositive();
        // Killed as often as asked to stop: the one shows what is found on the disk, the other that it still can stop.
        if (scene.lots().nextBoolean()) {
            leader.server().kill();
        } else {
            leader.server().stop();
        }
        calls.none();
        scene.trio().start(leader.server());
        return hit + " calls failed; " + trouble;
    }

    /** Not a failure: who writes goes on with the rest. */
    static String shortWrites(Scene scene) throws Exception {
        var leader = scene.trio().awaitLeader();
        var calls = leader.server().calls();
        long before = calls.writesHit();
        var texts = new Texts(leader.server().channel());
        calls.writes(FaultyCalls.Writes.SHORT);
        for (int i = 0; calls.writesHit() < before + SHORT_WRITES; i++) {
            texts.publish("ballast", "medium", MEDIUM + i, Optional.empty());
            assertThat(leader.server().trouble()).isEmpty();
        }
        scene.clients().awaitAcknowledged(scene.trio().servers(), Scene.SOME);
        long hit = calls.writesHit() - before;
        calls.none();
        return hit + " writes of " + leader + " came out short, and nobody noticed";
    }
}
