package dev.plinth.sdk.saga;

import com.google.gson.Gson;
import dev.plinth.sdk.PlinthException;
import dev.plinth.sdk.PlinthException.Code;
import dev.plinth.sdk.json.Json;
import dev.plinth.sdk.saga.SagaStore.RunState;
import dev.plinth.sdk.transactions.BranchEnds;
import dev.plinth.sdk.transactions.Branches;
import dev.plinth.sdk.transactions.Transactions;
import dev.plinth.wire.seata.BranchStatus;
import dev.plinth.wire.seata.BranchType;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import javax.sql.DataSource;

/**
 * Runs sagas. Each run is a global transaction, each step a branch of it, so the console shows how far it has come; what is needed
 * to finish or compensate it lies in the application's database.
 *
 * <p>A saga isolates nothing: what a step did is seen by everybody at once, also if it is compensated later.
 */
public final class Sagas implements AutoCloseable {
    /*
     * Forward steps are run by the caller's process. Everything else comes from the coordinator: that a failed run is to be
     * compensated, that one whose process is gone or too slow is to be ended, and both again until it is done; by any process of the
     * application that has the saga. So there is one way to compensate, and it is the durable one.
     */
    private final Transactions transactions;
    private final Branches branches;
    private final SagaStore store;
    private final String resourceId;
    private final Gson json = Json.gson();
    private final Map<String, Saga<?>> sagas = new ConcurrentHashMap<>();

    private Sagas(Transactions transactions, SagaStore store, String resourceId) {
        this.transactions = transactions;
        this.branches = transactions.branches();
        this.store = store;
        this.resourceId = resourceId;
    }

    /**
     * Serves these sagas: runs them, and ends what earlier runs left unfinished.
     *
     * @param database where runs are kept, in tables {@code plinth_saga} and {@code plinth_saga_step}, which are made if they are
     *     not there; all processes of the application share it
     */
    public static Sagas serve(Transactions transactions, DataSource database, List<Saga<?>> sagas) throws SQLException {
        SagaStore store = new SagaStore(database);
        store.createTables();
        Sagas served = new Sagas(transactions, store, transactions.branches().sagaResourceId());
        for (Saga<?> saga : sagas) {
            if (served.sagas.put(saga.name(), saga) != null) {
                throw new IllegalArgumentException("sagas: two are named '" + saga.name() + "'");
            }
        }
        served.branches.serve(BranchType.SAGA, served.resourceId, served.new Ends());
        return served;
    }

    /**
     * Runs a saga to its end.
     *
     * @param timeout after which the coordinator has it ended as the saga says, also if this process is gone
     * @return the global transaction's id
     * @throws PlinthException {@code ROLLED_BACK} if a step failed, with that as its cause: what was done is compensated, or
     *     being compensated
     */
    public <I extends Record> String run(Saga<I> saga, I input, Duration timeout) {
        if (!saga.equals(sagas.get(saga.name()))) {
            throw new IllegalArgumentException("saga: '" + saga.name() + "' is not one that is served here");
        }
        if (transactions.currentXid().isPresent()) {
            throw new IllegalStateException("a saga is a global transaction of its own, and cannot be part of another");
        }
        try {
            return transactions.<String, Exception>call(saga.name(), timeout, transaction -> {
                String xid = transaction.xid();
                String text = json.toJson(input, saga.input());
                store.begin(xid, saga.name(), text);
                SagaStore.Run run = new SagaStore.Run(saga.name(), text, RunState.RUNNING, 1, Map.of());
                new SagaRun<>(saga, store, json, xid, run).forward(new Steps(xid, saga.name()));
                return xid;
            });
        } catch (PlinthException e) {
            throw e;
        } catch (Exception e) {
            if (e instanceof InterruptedException) {
                Thread.currentThread().interrupt();
            }
            throw new PlinthException(
                    Code.ROLLED_BACK, "saga '" + saga.name() + "' failed and is compensated: " + e.getMessage(), e);
        }
    }

    /** Each step is a branch, which says by its name and its status how far the run is: so people see it. */
    private final class Steps implements SagaRun.Progress {
        private final String xid;
        private final String saga;
        private long branchId;

        Steps(String xid, String saga) {
            this.xid = xid;
            this.saga = saga;
        }

        @Override
        public void starting(String step) {
            branchId = 0;
            var data = "{\"saga\":\"" + saga + "\",\"step\":\"" + step + "\"}";
            if (branches.register(xid, BranchType.SAGA, resourceId, "", data)
                    instanceof Branches.Registered registered) {
                branchId = registered.branchId();
            }
        }

        @Override
        public void ended(String step, boolean done) {
            if (branchId != 0) {
                branches.report(
                        xid,
                        branchId,
                        BranchType.SAGA,
                        resourceId,
                        done ? BranchStatus.PHASE_TWO_COMMITTED : BranchStatus.PHASE_ONE_FAILED);
            }
        }
    }

    /**
     * Deletes what is kept of runs that ended longer ago than this. A week is a good choice.
     *
     * @return how many runs
     */
    public int deleteEnded(Duration olderThan) throws SQLException {
        return store.deleteEnded(Instant.now().minus(olderThan));
    }

    /** Takes no more of the coordinator's calls; another process of the application may. */
    @Override
    public void close() {
        branches.release(BranchType.SAGA, resourceId);
    }

    /** What the coordinator asks for: about the whole run, never about a single step. */
    private final class Ends implements BranchEnds {
        @Override
        public End commit(Branch branch) throws Exception {
            Optional<SagaStore.Run> run = store.takeOver(branch.xid());
            if (run.isEmpty()) {
                return End.COMMITTED; // it was answered long ago, and deleted here since
            }
            return switch (run.get().state()) {
                case RUNNING -> {
                    resume(branch.xid(), run.get());
                    yield End.COMMITTED;
                }
                case DONE -> End.COMMITTED;
                case FAILED -> new End(BranchStatus.PHASE_TWO_ROLLBACK_FAILED_RETRYABLE, "a step failed");
                case COMPENSATED -> End.ROLLED_BACK;
            };
        }

        @Override
        public End rollback(Branch branch) throws Exception {
            Optional<SagaStore.Run> run = store.takeOver(branch.xid());
            if (run.isEmpty()) {
                return End.ROLLED_BACK; // its process died before it did anything
            }
            Saga<?> saga = saga(run.get());
            boolean resumes = saga.unfinished() == Saga.Unfinished.RESUME
                    && (run.get().state() == RunState.RUNNING || run.get().state() == RunState.DONE);
            if (resumes) {
                // Asks the coordinator to ask for a commit instead.
                return new End(BranchStatus.PHASE_TWO_COMMIT_FAILED_RETRYABLE, "it goes on");
            }
            if (run.get().state() != RunState.COMPENSATED) {
                compensate(saga, branch.xid(), run.get());
            }
            return End.ROLLED_BACK;
        }
    }

    private void resume(String xid, SagaStore.Run run) throws Exception {
        resume(saga(run), xid, run);
    }

    private <I extends Record> void resume(Saga<I> saga, String xid, SagaStore.Run run) throws Exception {
        new SagaRun<>(saga, store, json, xid, run).forward(SagaRun.Progress.UNHEARD);
    }

    private <I extends Record> void compensate(Saga<I> saga, String xid, SagaStore.Run run) throws Exception {
        new SagaRun<>(saga, store, json, xid, run).compensate();
    }

    private Saga<?> saga(SagaStore.Run run) {
        Saga<?> saga = sagas.get(run.saga());
        if (saga == null) {
            throw new IllegalStateException("no saga '" + run.saga() + "' is served here; it has unfinished runs");
        }
        return saga;
    }
}
