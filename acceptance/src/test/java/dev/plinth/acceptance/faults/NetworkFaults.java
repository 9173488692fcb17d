package dev.plinth.acceptance.faults;

import java.io.IOException;

/** Lines that are cut under the leader. */
final class NetworkFaults {
    private NetworkFaults() {}

    private interface Cut {
        void between(Network network, String leader, String other) throws IOException;
    }

    static String leaderCutOff(Scene scene) throws Exception {
        return isolated(scene, Network::cutBoth);
    }

    /** What it says is lost; it hears the others. */
    static String leaderNotHeard(Scene scene) throws Exception {
        return isolated(scene, Network::cut);
    }

    /** What the others say is lost; they hear it, as far as it still speaks. */
    static String leaderHearsNobody(Scene scene) throws Exception {
        return isolated(scene, (network, leader, other) -> network.cut(other, leader));
    }

    private static String isolated(Scene scene, Cut cut) throws Exception {
        var trio = scene.trio();
        var leader = trio.awaitLeader();
        long failed = scene.clients().failed(leader.server());
        for (var other : trio.others(leader.server())) {
            cut.between(trio.network(), leader.server().name(), other.name());
        }
        var next = scene.othersGoOn(leader);
        scene.clients().awaitFailed(leader.server(), failed);
        long met = scene.clients().failed(leader.server()) - failed;
        trio.network().heal();
        return leader + " was followed by " + next + "; " + met + " calls to " + leader.server() + " failed meanwhile";
    }

    /** The leader and one other do not reach each other; the third reaches both. */
    static String bridge(Scene scene) throws Exception {
        var trio = scene.trio();
        while (true) {
            var leader = trio.awaitLeader();
            var others = trio.others(leader.server());
            var cutOff = others.get(scene.lots().nextInt(2));
            long failed = scene.clients().failed(cutOff);
            trio.network().cutBoth(leader.server().name(), cutOff.name());
            scene.clients().awaitAcknowledged(trio.others(cutOff), Scene.SOME);
            // The lead may go to the third one, for good reasons of the servers' own, before the cut or at any moment
            // after it:
            // then whoever was cut off is not, and nothing need fail.
            boolean failing = scene.clients()
                    .awaitFailed(
                            cutOff,
                            failed,
                            () -> trio.leader(trio.others(cutOff), 0)
                                    .map(now -> !now.server().equals(leader.server()))
                                    .orElse(false));
            long met = scene.clients().failed(cutOff) - failed;
            trio.network().heal();
            if (failing) {
                return leader + " led on with one follower; " + met + " calls to " + cutOff + " failed meanwhile";
            }
        }
    }
}
