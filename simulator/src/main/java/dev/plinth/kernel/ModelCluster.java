package dev.plinth.kernel;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/**
 * Several members on one order: an adversary that does whatever the contract of {@link Journal} allows, and nothing else.
 *
 * @param <C> the engine's commands
 */
final class ModelCluster<C> {
    /*
     * There is one order, of which a prefix is committed. The leader adds to its end; what a majority has is committed; each member
     * learns of it late, and applies it later. A new leader is anyone who has all that is committed: what it has beyond that
     * survives, and what only others have is lost. That is what a replicated log promises, without the messages by which it keeps
     * the promise: those are the business of the real one, which is tested with real processes.
     *
     * Everything that could happen next is one action, and which one does is drawn by lot. So a member may lag for long, a leader
     * learn of its end long after another has begun, a forwarded proposal arrive when its proposer has long been told that
     * nobody knows, and a command be ordered by a leader whose clock is an hour off.
     */
    private static final long INCARNATION = 7;
    private static final Duration RETRY_HINT = Duration.ofMillis(20);

    /** Entries behind a snapshot that stay in the log. */
    private static final int KEPT_BEHIND_MAX = 30;

    /** An entry in the order, and the proposal that it came of. */
    private record Slot(Instant stamp, Proposal proposal) {}

    /** An input on its way. */
    private static final class Proposal {
        final int member;
        final int life;
        final byte[] envelope;

        Journal.@Nullable Ticket ticket;

        boolean ordered;

        Proposal(int member, int life, byte[] envelope, Journal.@Nullable Ticket ticket) {
            this.member = member;
            this.life = life;
            this.envelope = envelope;
            this.ticket = ticket;
        }
    }

    private record Read(Runnable query, Journal.Ticket ticket, long askedInTerm) {}

    /** A snapshot on a member's disk; the bytes are nobody's to change. */
    private static final class Kept {
        private final Revision revision;
        private final Instant stamp;
        private final byte[] state;

        Kept(Revision revision, Instant stamp, byte[] state) {
            this.revision = revision;
            this.stamp = stamp;
            this.state = state;
        }

        Revision revision() {
            return revision;
        }

        Instant stamp() {
            return stamp;
        }

        InputStream state() {
            return new ByteArrayInputStream(state);
        }
    }

    private static final class Place<C> {
        final int id;
        final Clock clock;
        int life;
        boolean up;
        boolean isolated;
        boolean lags;

        // On its disk.
        long received;
        long logStart = 1;

        @Nullable
        Kept snapshot;

        // In its memory.
        long known;
        long handed;
        long applied;
        boolean told;
        long snapshotDue;
        boolean snapshotting;
        final List<Read> reads = new ArrayList<>();
        Journal.@Nullable Member<C> member;

        @Nullable
        Executor engine;

        @Nullable
        Executor background;

        Place(int id, Clock clock) {
            this.id = id;
            this.clock = clock;
        }
    }

    private final Codec<C> codec;
    private final Random random;
    private final Coverage coverage;
    private final Judge judge;
    private final List<Place<C>> places = new ArrayList<>();
    private final List<Slot> order = new ArrayList<>();
    private final List<Proposal> inFlight = new ArrayList<>();
    private final List<Proposal> lost = new ArrayList<>();
    private long committed;
    private int leader = -1;
    private long term;
    private long leadsFrom;
    private @Nullable LeaderTime time;
    private boolean losesForwards;
    private boolean calm;

    ModelCluster(List<? extends Clock> clocks, Codec<C> codec, Random random, Coverage coverage, Judge judge) {
        this.codec = codec;
        this.random = random;
        this.coverage = coverage;
        this.judge = judge;
        for (int i = 0; i < clocks.size(); i++) {
            places.add(new Place<>(i, clocks.get(i)));
        }
    }

    // ---- what a member's process does

    /** The journal of a member's new life. */
    Journal<C> open(int id, Executor engine, Executor background) {
        var place = places.get(id);
        place.life++;
        place.engine = engine;
        place.background = background;
        return new OfMember(place, place.life);
    }

    /** The process is gone, and all it had in memory. */
    void killed(int id) {
        var place = places.get(id);
        place.up = false;
        place.life++;
        place.told = false;
        place.reads.clear();
        place.member = null;
        place.snapshotting = false;
        if (leader == id) {
            endTerm();
        }
    }

    private final class OfMember implements Journal<C> {
        private final Place<C> place;
        private final int life;

        OfMember(Place<C> place, int life) {
            this.place = place;
            this.life = life;
        }

        private boolean alive() {
            return place.up && place.life == life;
        }

        @Override
        public void start(Member<C> member) throws IOException {
            long from = 0;
            if (place.snapshot != null) {
                from = place.snapshot.revision().index();
                member.restore(place.snapshot.revision(), place.snapshot.stamp(), place.snapshot.state());
            }
            long most = Math.max(from, Math.min(place.received, committed));
            long to = from + (most == from ? 0 : random.nextLong(most - from + 1));
            for (long index = from + 1; index <= to; index++) {
                member.apply(entry(index), null);
            }
            place.member = member;
            place.known = to;
            place.handed = to;
            place.applied = to;
            place.snapshotDue = to + 20 + random.nextInt(60);
            place.up = true;
        }

        @Override
        public void propose(Input<C> input, @Nullable Ticket ticket) {
            byte[] envelope = Envelope.encode(input, codec);
            if (!alive()) {
                refuse(ticket, new Refused(Refused.Code.STOPPED, "the member is closed"));
                return;
            }
            if (!calm && random.nextInt(400) == 0) {
                refuse(ticket, Refused.overloaded("the member has enough to do", RETRY_HINT));
                return;
            }
            if (leader != place.id && random.nextInt(3) == 0) {
                refuse(ticket, new Refused(Refused.Code.NOT_LEADER, "another member leads", Optional.of(RETRY_HINT)));
                return;
            }
            inFlight.add(new Proposal(place.id, life, envelope, ticket));
        }

        @Override
        public void read(Runnable query, Ticket ticket) {
            if (!alive() || !place.told) {
                ticket.refused(new Refused(Refused.Code.NOT_LEADER, "another member leads"));
                return;
            }
            place.reads.add(new Read(query, ticket, term));
        }

        @Override
        public void execute(Runnable task) {
            if (alive()) {
                onEngine(place, task);
            }
        }

        @Override
        public Instant now() {
            if (time != null && leader == place.id) {
                return time.now();
            }
            return place.applied == 0
                    ? Instant.EPOCH
                    : order.get((int) place.applied - 1).stamp();
        }

        @Override
        public void close() {
            killed(place.id);
        }
    }

    private void onEngine(Place<C> place, Runnable task) {
        int life = place.life;
        place.engine.execute(() -> {
            if (place.life == life && place.up) {
                task.run();
            }
        });
    }

    private static void refuse(Journal.@Nullable Ticket ticket, Refused reason) {
        if (ticket != null) {
            ticket.refused(reason);
        }
    }

    private Entry<C> entry(long index) {
        var slot = order.get((int) index - 1);
        var bytes = ByteBuffer.wrap(slot.proposal().envelope.clone());
        Envelope.stamp(bytes, slot.stamp());
        return Envelope.decode(bytes, new Revision(INCARNATION, index), codec);
    }

    // ---- what may happen

    /** Something happens, or nothing. */
    void step() {
        switch (random.nextInt(12)) {
            case 0, 1 -> deliver();
            case 2, 3 -> replicate(any());
            case 4 -> commit();
            case 5 -> learn(any());
            case 6, 7 -> hand(any());
            case 8 -> tell(any());
            case 9 -> confirmReads(any());
            case 10 -> {
                if (random.nextInt(4) == 0) {
                    giveUp();
                }
                snapshotIfDue(any());
            }
            case 11 -> {
                if (leader < 0) {
                    elect();
                } else if (places.get(leader).isolated && random.nextInt(6) == 0) {
                    // It hears of nobody and steps down, or the others have elected another before that.
                    endTerm();
                }
            }
            default -> throw new IllegalStateException();
        }
    }

    private Place<C> any() {
        return places.get(random.nextInt(places.size()));
    }

    private boolean connected(Place<C> place) {
        return place.up && !place.isolated;
    }

    private boolean majorityConnected() {
        return places.stream().filter(this::connected).count() > places.size() / 2;
    }

    /** A proposal reaches the leader, or is lost on its way. */
    private void deliver() {
        if (inFlight.isEmpty()) {
            return;
        }
        var proposal = inFlight.remove(random.nextInt(inFlight.size()));
        var proposer = places.get(proposal.member);
        boolean own = proposal.member == leader;
        boolean arrives = leader >= 0
                && (own ? proposer.life == proposal.life : connected(places.get(leader)) && !proposer.isolated);
        boolean lostOnTheWay = !own && !calm && random.nextInt(losesForwards ? 2 : 25) == 0;
        if (!arrives || lostOnTheWay) {
            if (random.nextInt(3) == 0 && !calm) {
                inFlight.add(proposal);
            } else {
                coverage.event("proposal lost");
                lost.add(proposal);
            }
            return;
        }
        if (proposal.ordered) {
            // The second copy of a forward: refused by the leader, whatever the proposer is told.
            coverage.event("doubled proposal refused");
            return;
        }
        if (!own && !calm && random.nextInt(10) == 0) {
            inFlight.add(proposal);
        }
        proposal.ordered = true;
        order.add(new Slot(time.now(), proposal));
        places.get(leader).received = order.size();
    }

    private void replicate(Place<C> to) {
        if (leader < 0 || to.id == leader || !connected(to) || to.lags || !connected(places.get(leader))) {
            return;
        }
        var from = places.get(leader);
        if (to.received + 1 < from.logStart) {
            install(from.snapshot, to);
        } else {
            to.received = Math.min(order.size(), to.received + 1 + random.nextInt(6));
        }
    }

    /** The entries that it lacks are gone: it gets a snapshot in their place. */
    private void install(Kept snapshot, Place<C> to) {
        long index = snapshot.revision().index();
        to.snapshot = snapshot;
        to.logStart = index + 1;
        to.received = Math.max(to.received, index);
        if (index <= to.handed) {
            return;
        }
        coverage.event("snapshot sent to a member");
        to.handed = index;
        to.known = Math.max(to.known, index);
        onEngine(to, () -> {
            try {
                to.member.restore(snapshot.revision(), snapshot.stamp(), snapshot.state());
            } catch (IOException | RuntimeException e) {
                judge.check(false, () -> "member " + to.id + " cannot be restored: " + e);
            }
            to.applied = index;
        });
    }

    private void commit() {
        if (leader < 0) {
            return;
        }
        var received = places.stream().map(place -> place.received).sorted().toList();
        long byMajority = received.get((received.size() - 1) / 2);
        committed = Math.max(committed, Math.min(byMajority, order.size()));
    }

    private void learn(Place<C> place) {
        if (leader >= 0 && connected(place) && (place.id == leader || connected(places.get(leader)))) {
            long most = Math.min(committed, place.received);
            if (most > place.known) {
                place.known += 1 + random.nextLong(most - place.known);
            }
        }
    }

    /** Entries go to the member's thread. */
    private void hand(Place<C> place) {
        if (!place.up) {
            return;
        }
        for (int i = random.nextInt(4); i >= 0 && place.handed < place.known; i--) {
            place.handed++;
            long index = place.handed;
            onEngine(place, () -> {
                var proposal = order.get((int) index - 1).proposal();
                Journal.Ticket ticket = null;
                if (proposal.member == place.id && proposal.life == place.life) {
                    ticket = proposal.ticket;
                    proposal.ticket = null;
                }
                place.member.apply(entry(index), ticket);
                place.applied = index;
            });
        }
    }

    /** A member learns that it leads, or that it does not any more. */
    private void tell(Place<C> place) {
        if (!place.up) {
            return;
        }
        if (place.told && leader != place.id) {
            place.told = false;
            refuseReads(place);
            onEngine(place, () -> place.member.follow());
        } else if (!place.told && leader == place.id && place.handed >= leadsFrom && place.applied == place.handed) {
            place.told = true;
            onEngine(place, () -> place.member.lead());
        }
    }

    private void refuseReads(Place<C> place) {
        place.reads.forEach(
                read -> read.ticket().refused(new Refused(Refused.Code.NOT_LEADER, "another member leads now")));
        place.reads.clear();
    }

    /** A majority confirms the leader, and all that was committed by then is applied. */
    private void confirmReads(Place<C> place) {
        if (place.reads.isEmpty() || !place.up) {
            return;
        }
        boolean confirmed = leader == place.id && place.told && connected(place) && majorityConnected();
        for (var read : List.copyOf(place.reads)) {
            if (read.askedInTerm() != term || (!confirmed && random.nextInt(3) == 0)) {
                place.reads.remove(read);
                read.ticket().refused(new Refused(Refused.Code.NOT_LEADER, "nobody confirms that it leads"));
            } else if (confirmed && place.applied >= committed) {
                place.reads.remove(read);
                onEngine(place, read.query());
            }
        }
    }

    /** A proposer stops waiting: what was lost is not known to be lost. */
    private void giveUp() {
        if (!lost.isEmpty()) {
            var proposal = lost.remove(random.nextInt(lost.size()));
            unknown(proposal);
        }
        if (!inFlight.isEmpty() && !calm && random.nextInt(8) == 0) {
            var proposal = inFlight.get(random.nextInt(inFlight.size()));
            if (proposal.member != leader) {
                // And it may be ordered yet.
                coverage.event("forward given up");
                unknown(proposal);
            }
        }
    }

    private void unknown(Proposal proposal) {
        var place = places.get(proposal.member);
        var ticket = proposal.ticket;
        proposal.ticket = null;
        if (ticket != null && place.life == proposal.life) {
            onEngine(
                    place,
                    () -> ticket.refused(new Refused(Refused.Code.UNKNOWN, "lost on its way to the leader, or not")));
        }
    }

    private void snapshotIfDue(Place<C> place) {
        if (place.up && place.applied >= place.snapshotDue) {
            snapshot(place, random.nextInt(KEPT_BEHIND_MAX));
        }
    }

    private void snapshot(Place<C> place, int keptBehind) {
        if (place.snapshotting || place.member == null) {
            return;
        }
        place.snapshotting = true;
        int life = place.life;
        onEngine(place, () -> {
            long index = place.applied;
            place.snapshotDue = index + 20 + random.nextInt(60);
            if (index == 0
                    || (place.snapshot != null && place.snapshot.revision().index() >= index)) {
                place.snapshotting = false;
                return;
            }
            var snapshot = place.member.snapshot();
            place.background.execute(() -> {
                if (place.life != life) {
                    return;
                }
                place.snapshotting = false;
                var kept = new Kept(
                        new Revision(INCARNATION, index),
                        order.get((int) index - 1).stamp(),
                        Truth.bytes(snapshot));
                if (place.snapshot == null || place.snapshot.revision().index() < index) {
                    place.snapshot = kept;
                    place.logStart = Math.max(place.logStart, index + 1 - keptBehind);
                    coverage.event("snapshot taken");
                }
            });
        });
    }

    // ---- leaders

    private void endTerm() {
        leader = -1;
        time = null;
    }

    private void elect() {
        if (!majorityConnected()) {
            return;
        }
        var able = places.stream()
                .filter(place -> connected(place) && place.received >= committed)
                .toList();
        if (able.isEmpty()) {
            return;
        }
        var elected = able.get(random.nextInt(able.size()));
        term++;
        while (order.size() > elected.received) {
            var proposal = order.removeLast().proposal();
            coverage.event("entry lost with its leader");
            proposal.ordered = false;
            lost.add(proposal);
            inFlight.removeIf(copy -> copy == proposal);
        }
        places.forEach(place -> place.received = Math.min(place.received, order.size()));
        leader = elected.id;
        leadsFrom = order.size();
        time = new LeaderTime(
                elected.clock, order.isEmpty() ? Instant.EPOCH : order.getLast().stamp());
        coverage.event("leader elected");
    }

    // ---- faults

    /** Who led may lead again, without ever having been told that it did not: but what it had under way may be lost. */
    void changeLeader() {
        int before = leader;
        for (var proposal : List.copyOf(inFlight)) {
            if (proposal.member == before && !proposal.ordered && random.nextBoolean()) {
                coverage.event("proposal lost with its term");
                inFlight.remove(proposal);
                lost.add(proposal);
            }
        }
        endTerm();
        elect();
    }

    void isolate(int id, boolean isolated) {
        places.get(id).isolated = isolated;
        if (isolated && leader == id && random.nextBoolean()) {
            // The others elect another one while it still believes that it leads.
            changeLeader();
        }
    }

    void lag(int id, boolean lags) {
        places.get(id).lags = lags;
    }

    void loseForwards(boolean loses) {
        losesForwards = loses;
    }

    void compact() {
        places.stream().filter(place -> place.up).forEach(place -> snapshot(place, 0));
    }

    /** No more faults, and what is in flight arrives. */
    void calm() {
        calm = true;
        losesForwards = false;
        places.forEach(place -> {
            place.isolated = false;
            place.lags = false;
        });
    }

    boolean atRest() {
        return leader >= 0
                && inFlight.isEmpty()
                && lost.isEmpty()
                && places.stream()
                        .allMatch(place -> place.up
                                && place.applied == order.size()
                                && place.told == (place.id == leader)
                                && place.reads.isEmpty());
    }

    Set<String> states(int id) {
        Set<String> states = new HashSet<>();
        var place = places.get(id);
        if (!inFlight.isEmpty()) {
            states.add("proposal in flight");
        }
        if (order.size() > committed) {
            states.add("entry not committed");
        }
        if (place.applied < committed) {
            states.add("member behind");
        }
        if (place.told && leader != id) {
            states.add("stale leader");
        }
        if (leader < 0) {
            states.add("no leader");
        }
        if (place.snapshotting) {
            states.add("snapshot under way");
        }
        return states;
    }
}
