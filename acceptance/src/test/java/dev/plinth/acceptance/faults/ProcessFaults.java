package dev.plinth.acceptance.faults;

import java.util.ArrayList;
import java.util.List;

/** Processes that die and stand still. */
final class ProcessFaults {
    private ProcessFaults() {}

    static String leaderKilled(Scene scene) throws Exception {
        var leader = scene.trio().awaitLeader();
        leader.server().kill();
        var next = scene.othersGoOn(leader);
        scene.trio().start(leader.server());
        return leader + " was followed by " + next;
    }

    /** All at once, as when the power fails; but for what the disks' caches hold, which stays. */
    static String allKilled(Scene scene) throws Exception {
        var trio = scene.trio();
        var leader = trio.awaitLeader();
        List<Long> failed = new ArrayList<>();
        for (var server : trio.servers()) {
            failed.add(scene.clients().failed(server));
        }
        trio.servers().forEach(Server::kill);
        for (int i = 0; i < failed.size(); i++) {
            scene.clients().awaitFailed(trio.servers().get(i), failed.get(i));
        }
        for (var server : trio.servers()) {
            trio.start(server);
        }
        return leader + " was followed by " + trio.awaitLeader(trio.servers(), leader.term());
    }

    /** Longer than an election takes: it wakes up as a leader that is none any more, with clients' requests before it. */
    static String leaderPaused(Scene scene) throws Exception {
        var leader = scene.trio().awaitLeader();
        long failed = scene.clients().failed(leader.server());
        leader.server().pause();
        Trio.Lead next;
        try {
            next = scene.othersGoOn(leader);
            scene.clients().awaitFailed(leader.server(), failed);
        } finally {
            leader.server().resume();
        }
        return leader + " was followed by " + next + " while it stood still";
    }
}
