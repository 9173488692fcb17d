package dev.plinth.server.seata;

import dev.plinth.server.Listen;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/** Which servers Seata's clients may turn to, and which of them leads. May be asked on any thread; nothing blocks. */
public interface SeataServers {

    /**
     * One server, by the addresses that clients use.
     *
     * @param control its HTTP door, where clients ask for this
     * @param transaction its Seata door
     */
    record Member(Listen control, Listen transaction, boolean leader) {}

    /**
     * All servers at one time.
     *
     * @param term another one whenever anything here is another, and the same at every server that sees the same; 0 if nobody leads
     * @param servers one of them leads, or none does at the moment
     */
    record View(long term, List<Member> servers) {
        public View {
            servers = List.copyOf(servers);
            if (servers.stream().filter(Member::leader).count() > 1) {
                throw new IllegalArgumentException("more than one server leads: " + servers);
            }
        }

        boolean led() {
            return servers.stream().anyMatch(Member::leader);
        }
    }

    /** As it is now. */
    View now();

    /** Completes once there is a leader in a view with another term than this. Cancelled by who does not want to know any more. */
    CompletableFuture<View> other(long term);

    /** A server without others: it leads for ever. */
    static SeataServers alone(Listen control, Listen transaction) {
        var view = new View(1, List.of(new Member(control, transaction, true)));
        return new SeataServers() {
            @Override
            public View now() {
                return view;
            }

            @Override
            public CompletableFuture<View> other(long term) {
                return term == view.term() ? new CompletableFuture<>() : CompletableFuture.completedFuture(view);
            }
        };
    }
}
