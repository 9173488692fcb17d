package dev.plinth.kernel;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;

/** What is on its way between clients and members: late, in any order, twice, or never there. */
final class FaultyNetwork {
    /*
     * A message has no time at which it arrives: which one does next is drawn by lot. So any delay and any order can happen, and
     * the longer something waits, the less likely it is to wait on.
     */
    private static final int LOST_PER_THOUSAND = 15;
    private static final int STORM_LOST_PER_THOUSAND = 500;
    private static final int TWICE_PER_THOUSAND = 30;
    private static final int STORM_TWICE_PER_THOUSAND = 200;

    private record Message(int member, boolean toMember, Runnable arrival) {}

    private final Random random;
    private final Coverage coverage;
    private final List<Message> underWay = new ArrayList<>();
    private final Set<Integer> deaf = new HashSet<>();
    private final Set<Integer> mute = new HashSet<>();
    private boolean storm;
    private boolean calm;

    FaultyNetwork(Random random, Coverage coverage) {
        this.random = random;
        this.coverage = coverage;
    }

    /** @param repeatable whether it may come twice, as datagrams do and what a client sends again */
    void send(int member, boolean toMember, boolean repeatable, Runnable arrival) {
        if (!calm && random.nextInt(1_000) < (storm ? STORM_LOST_PER_THOUSAND : LOST_PER_THOUSAND)) {
            coverage.event("message lost");
            return;
        }
        underWay.add(new Message(member, toMember, arrival));
        if (!calm && repeatable && random.nextInt(1_000) < (storm ? STORM_TWICE_PER_THOUSAND : TWICE_PER_THOUSAND)) {
            coverage.event("message doubled");
            underWay.add(new Message(member, toMember, arrival));
        }
    }

    boolean busy() {
        return !underWay.isEmpty();
    }

    /** One message arrives, or is lost on a line that is cut. Returns false if there is none. */
    boolean step() {
        if (underWay.isEmpty()) {
            return false;
        }
        int chosen = random.nextInt(underWay.size());
        var last = underWay.removeLast();
        var message = chosen == underWay.size() ? last : underWay.set(chosen, last);
        if ((message.toMember() ? deaf : mute).contains(message.member())) {
            coverage.event("message cut off");
        } else {
            message.arrival().run();
        }
        return true;
    }

    void storm(boolean blows) {
        storm = blows;
    }

    /** @param way 0: nothing reaches the member; 1: nothing comes back from it; 2: both */
    void cut(int member, int way) {
        if (way != 1) {
            deaf.add(member);
        }
        if (way != 0) {
            mute.add(member);
        }
    }

    void mend(int member) {
        deaf.remove(member);
        mute.remove(member);
    }

    void calm() {
        calm = true;
        storm = false;
        deaf.clear();
        mute.clear();
    }
}
