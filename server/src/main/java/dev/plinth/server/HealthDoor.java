package dev.plinth.server;

import com.linecorp.armeria.common.HttpResponse;
import com.linecorp.armeria.common.HttpStatus;
import com.linecorp.armeria.common.MediaType;
import com.linecorp.armeria.server.ServerBuilder;
import dev.plinth.raft.GroupStatus;
import dev.plinth.raft.RaftMember;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;

/** Tells whoever starts and stops servers how this one is: that it lives, and whether requests should be sent to it. */
final class HealthDoor {
    /*
     * GET /health/live   200 as long as it answers at all; 503 if only a restart can help
     * GET /health/ready  200 if it can serve; else 503. A line for each reason.
     *
     * A member that is behind would serve, for its reads wait until they are fresh; but those who restart servers one after the other
     * have to know when it counts again, and those who balance load when it answers quickly.
     */
    /** Entries that a member may be behind and still count as caught up: under load it always is by some. */
    static final long LAG_MAX = 1_000;

    private final Optional<RaftMember> self;
    private final Supplier<List<GroupStatus>> groups;
    private final Supplier<Optional<String>> trouble;

    /** @param trouble why it cannot do what it is there for, though nothing is broken for good; empty if it can */
    HealthDoor(Optional<RaftMember> self, Supplier<List<GroupStatus>> groups, Supplier<Optional<String>> trouble) {
        this.self = self;
        this.groups = groups;
        this.trouble = trouble;
    }

    void mount(ServerBuilder server) {
        server.service("/health/live", (_, _) -> answer(troubles()));
        server.service("/health/ready", (_, _) -> answer(reasons()));
    }

    private List<String> troubles() {
        List<String> troubles = new ArrayList<>();
        groups.get()
                .forEach(group -> group.trouble().ifPresent(trouble -> troubles.add(group.group() + ": " + trouble)));
        return troubles;
    }

    /** Why it cannot serve now; empty if it can. */
    List<String> reasons() {
        List<String> reasons = troubles();
        for (var group : groups.get()) {
            if (group.trouble().isPresent()) {
                continue;
            }
            if (self.isPresent() && !group.members().contains(self.get())) {
                reasons.add(group.group() + ": this server is no member yet");
            } else if (group.leader().isEmpty()) {
                reasons.add(group.group() + ": nobody leads");
            } else if (group.lag() > LAG_MAX) {
                reasons.add(group.group() + ": catching up, " + group.lag() + " entries behind");
            }
        }
        trouble.get().ifPresent(reason -> reasons.add("trust: " + reason));
        return reasons;
    }

    private static HttpResponse answer(List<String> reasons) {
        return reasons.isEmpty()
                ? HttpResponse.of(HttpStatus.OK, MediaType.PLAIN_TEXT_UTF_8, "ok\n")
                : HttpResponse.of(
                        HttpStatus.SERVICE_UNAVAILABLE, MediaType.PLAIN_TEXT_UTF_8, String.join("\n", reasons) + "\n");
    }
}
