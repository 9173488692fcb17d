package dev.plinth.raft;

import com.alipay.sofa.jraft.entity.PeerId;
import dev.plinth.kernel.Clock;
import java.time.Duration;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Hands over the lead of groups while this member leads at least two more than another that is there. */
final class Balancer implements AutoCloseable {
    /*
     * JRaft leaves the lead where an election put it, and after a restart of members one after the other the last of them leads nothing.
     * Every member has all groups and sees who leads each, so each can judge for itself; and as only one group moves at a time, and only
     * to a member that has two fewer, the members that judge at the same time do not pass groups to and fro.
     */
    private static final Duration EVERY = Duration.ofSeconds(2);

    private final RaftMember self;
    private final Clock clock;
    private final Supplier<? extends Collection<RaftJournal<?>>> groups;
    private final Executor threads;
    private final Consumer<String> report;

    /** Written by who closes it, read by its rounds. */
    private volatile boolean closed;

    private volatile Clock.@Nullable Alarm next;

    Balancer(
            RaftMember self,
            Clock clock,
            Supplier<? extends Collection<RaftJournal<?>>> groups,
            Executor threads,
            Consumer<String> report) {
        this.self = self;
        this.clock = clock;
        this.groups = groups;
        this.threads = threads;
        this.report = report;
    }

    void start() {
        if (!closed) {
            next = clock.schedule(EVERY, () -> threads.execute(this::round));
        }
    }

    private void round() {
        if (closed) {
            return;
        }
        try {
            balance();
        } finally {
            start();
        }
    }

    private void balance() {
        Map<RaftMember, Integer> leads = new HashMap<>();
        List<RaftJournal<?>> mine = groups.get().stream()
                .filter(journal -> {
                    var status = journal.status();
                    status.leader().ifPresent(leader -> leads.merge(leader, 1, Integer::sum));
                    return status.role() == GroupStatus.Role.LEADER;
                })
                .toList();
        for (var journal : mine) {
            var target = target(leads, journal);
            if (target.isPresent()) {
                var answer = journal.node().transferLeadershipTo(target.get().peer());
                if (!answer.isOk()) {
                    report.accept("the lead of group " + journal.group() + " stays here, " + target.get()
                            + " did not get it: " + answer.getErrorMsg());
                }
                return;
            }
        }
    }

    /** The member with the fewest leads among those of the group that answer, if it has two fewer than this one. */
    private Optional<RaftMember> target(Map<RaftMember, Integer> leads, RaftJournal<?> journal) {
        List<PeerId> alive;
        try {
            alive = journal.node().listAlivePeers();
        } catch (IllegalStateException e) {
            // It does not lead any more.
            return Optional.empty();
        }
        int here = leads.getOrDefault(self, 0);
        return alive.stream()
                .map(RaftMember::of)
                .filter(member -> !member.equals(self))
                .filter(member -> here - leads.getOrDefault(member, 0) >= 2)
                .min(Comparator.<RaftMember>comparingInt(member -> leads.getOrDefault(member, 0))
                        .thenComparing(Comparator.naturalOrder()));
    }

    @Override
    public void close() {
        closed = true;
        var alarm = next;
        if (alarm != null) {
            alarm.cancel();
        }
    }
}
