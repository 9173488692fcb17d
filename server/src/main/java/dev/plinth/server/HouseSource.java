package dev.plinth.server;

import dev.plinth.cells.control.CellMaps;
import dev.plinth.kernel.Refused;
import dev.plinth.raft.GroupStatus;
import dev.plinth.registry.Registry;
import dev.plinth.server.console.Alert;
import dev.plinth.server.console.CellMapState;
import dev.plinth.server.console.ConsoleSource;
import dev.plinth.server.console.Decision;
import dev.plinth.server.console.Live;
import dev.plinth.server.console.Sample;
import dev.plinth.server.console.ServerState;
import dev.plinth.server.console.ServiceState;
import dev.plinth.server.console.TransactionDetail;
import dev.plinth.server.console.TransactionPage;
import dev.plinth.server.console.TransactionQuery;
import dev.plinth.server.console.TrustSource;
import dev.plinth.transactions.Coordinator;
import dev.plinth.transactions.TransactionCounts;
import dev.plinth.transactions.TransactionId;
import dev.plinth.transactions.TransactionPulse;
import dev.plinth.transactions.Xid;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletionException;
import java.util.function.Function;
import java.util.function.Supplier;

/** Feeds the console from the features of this server. */
final class HouseSource implements ConsoleSource {
    private final Supplier<ServerState> server;
    private final CellMaps cells;
    private final ServicesView services;
    private final Coordinator coordinator;
    private final Supplier<List<GroupStatus>> groups;
    private final TransactionsView transactions;
    private final TrustSource trust;

    // What the groups answered last; looked at by the console's one thread.
    private TransactionCounts counts = new TransactionCounts(0, 0, 0, 0);
    private CellMapState map = CellMapState.none();

    /** Since when each alert stands; looked at by the console's one thread. */
    private final Map<String, Instant> standing = new HashMap<>();

    HouseSource(
            Supplier<ServerState> server,
            CellMaps cells,
            Registry registry,
            Coordinator coordinator,
            Function<TransactionId, Xid> xids,
            Supplier<List<GroupStatus>> groups,
            TrustSource trust) {
        this.server = server;
        this.cells = cells;
        this.services = new ServicesView(registry);
        this.coordinator = coordinator;
        this.groups = groups;
        this.transactions = new TransactionsView(coordinator, xids);
        this.trust = trust;
    }

    @Override
    public TrustSource trust() {
        return trust;
    }

    @Override
    public Live look() {
        return refusals(() -> {
            var offered = services.look();
            var stand = groups.get();
            if (stand.stream().allMatch(HouseSource::answers)) {
                counts = coordinator.counts().join();
                map = cells.current().join().map(CellsView::of).orElseGet(CellMapState::none);
            }
            return new Live(server.get(), sample(counts), map, offered, alerts(offered, counts, stand));
        });
    }

    /** Whether it can be asked now; one without a leader would keep the console waiting, and its alert from being seen. */
    private static boolean answers(GroupStatus group) {
        return group.trouble().isEmpty() && group.leader().isPresent();
    }

    @Override
    public TransactionPage transactions(TransactionQuery query) {
        return refusals(() -> transactions.page(query));
    }

    @Override
    public Decision.Outcome decide(String xid, Decision decision) {
        return refusals(() -> transactions.decide(xid, decision));
    }

    @Override
    public Optional<TransactionDetail> transaction(String xid) {
        return refusals(() -> transactions.detail(xid));
    }

    private Sample sample(TransactionCounts counts) {
        List<TransactionPulse> pulses = coordinator.pulses();
        return pulses.isEmpty()
                ? new Sample(Instant.now(), 0, 0, 0, 0, counts.live())
                : sample(pulses.getLast(), counts.live());
    }

    private static Sample sample(TransactionPulse pulse, int live) {
        return new Sample(
                pulse.second().plusSeconds(1),
                pulse.committed(),
                pulse.rolledBack(),
                pulse.p50Micros(),
                pulse.p99Micros(),
                live);
    }

    private List<Alert> alerts(List<ServiceState> offered, TransactionCounts counts, List<GroupStatus> stand) {
        List<Alert> alerts = new ArrayList<>();
        if (counts.unsettled() > 0) {
            alerts.add(alert(
                    "transactions.unsettled",
                    Alert.Severity.CRITICAL,
                    counts.unsettled() + (counts.unsettled() == 1 ? " transaction needs" : " transactions need")
                            + " a person",
                    "Phase two failed for good; their locks are held until somebody decides. Look for status failed."));
        }
        for (GroupStatus group : stand) {
            group.trouble()
                    .ifPresent(trouble -> alerts.add(alert(
                            "cluster.trouble." + group.group(),
                            Alert.Severity.CRITICAL,
                            "This server takes no part in " + group.group(),
                            trouble)));
            if (group.trouble().isEmpty() && group.leader().isEmpty()) {
                alerts.add(
                        alert(
                                "cluster.leaderless." + group.group(),
                                Alert.Severity.CRITICAL,
                                "Nobody leads " + group.group(),
                                "More than half of " + group.members().size()
                                        + " servers have to reach one another; what asks for this group is refused until then."));
            }
        }
        long suspects = offered.stream()
                .flatMap(service -> service.endpoints().stream())
                .filter(endpoint -> endpoint.health() == ServiceState.Health.SUSPECT)
                .count();
        if (suspects > 0) {
            alerts.add(alert(
                    "registry.suspects",
                    Alert.Severity.WARNING,
                    suspects + (suspects == 1 ? " endpoint has" : " endpoints have")
                            + " lost the connection to the registry",
                    "They are listed until their leases end; a process that lives comes back by itself."));
        }
        standing.keySet().retainAll(alerts.stream().map(Alert::id).toList());
        return alerts;
    }

    private Alert alert(String id, Alert.Severity severity, String title, String detail) {
        return new Alert(id, severity, title, detail, standing.computeIfAbsent(id, _ -> Instant.now()));
    }

    /** A refused read is told as what it is, not as the wrapping of a future. */
    private static <R> R refusals(Supplier<R> read) {
        try {
            return read.get();
        } catch (CompletionException e) {
            if (e.getCause() instanceof Refused refused) {
                throw refused;
            }
            throw e;
        }
    }
}
