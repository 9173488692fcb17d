import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.util.Arrays;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.apache.seata.core.model.BranchStatus;
import org.apache.seata.core.model.BranchType;
import org.apache.seata.core.model.GlobalStatus;
import org.apache.seata.core.model.Resource;
import org.apache.seata.core.model.ResourceManager;
import org.apache.seata.core.model.TransactionManager;
import org.apache.seata.rm.AbstractResourceManager;
import org.apache.seata.rm.DefaultResourceManager;
import org.apache.seata.rm.RMClient;
import org.apache.seata.tm.TMClient;
import org.apache.seata.tm.TransactionManagerHolder;

/**
 * The load of {@code ./plinth bench transactions-original}: threads on Seata's original client, each of which begins a transaction, adds
 * two AT branches with two lock keys each, and commits. There is no database: phase two is answered at once. Run from its source.
 *
 * <p>Arguments: how many threads. For each line {@code <millis>} on standard input, one round, and a line
 * {@code ROUND <transactions> <nanoseconds with phase two> <p50 ns> <p99 ns>}.
 */
public final class SeataLoad {
    private static final String[] RESOURCES = {
        "jdbc:postgresql://10.0.0.1:5432/accounts", "jdbc:postgresql://10.0.0.2:5432/ledger"
    };
    private static final int LATENCIES_MAX = 4_000_000;
    private static final long PHASE_TWO_MAX_NANOS = 120_000_000_000L;

    private static final AtomicLong ROWS = new AtomicLong();
    private static final AtomicLong TOLD = new AtomicLong();
    private static final long[] LATENCIES = new long[LATENCIES_MAX];
    private static final AtomicLong DONE = new AtomicLong();

    /** What AT's databases would be. */
    private static final class Nothing extends AbstractResourceManager {
        private final Map<String, Resource> resources = new ConcurrentHashMap<>();

        @Override
        public BranchType getBranchType() {
            return BranchType.AT;
        }

        @Override
        public Map<String, Resource> getManagedResources() {
            return resources;
        }

        @Override
        public void registerResource(Resource resource) {
            resources.put(resource.getResourceId(), resource);
            super.registerResource(resource);
        }

        @Override
        public BranchStatus branchCommit(
                BranchType type, String xid, long branchId, String resourceId, String applicationData) {
            TOLD.incrementAndGet();
            return BranchStatus.PhaseTwo_Committed;
        }

        @Override
        public BranchStatus branchRollback(
                BranchType type, String xid, long branchId, String resourceId, String applicationData) {
            return BranchStatus.PhaseTwo_Rollbacked;
        }
    }

    private record Database(String getResourceId) implements Resource {
        @Override
        public String getResourceGroupId() {
            return "default";
        }

        @Override
        public BranchType getBranchType() {
            return BranchType.AT;
        }
    }

    public static void main(String[] arguments) throws Exception {
        int threads = Integer.parseInt(arguments[0]);
        TMClient.init("bench", "default_tx_group");
        RMClient.init("bench", "default_tx_group");
        DefaultResourceManager.get();
        var nothing = new Nothing();
        DefaultResourceManager.mockResourceManager(BranchType.AT, nothing);
        for (String resource : RESOURCES) {
            nothing.registerResource(new Database(resource));
        }
        System.out.println("READY");
        var rounds = new BufferedReader(new InputStreamReader(System.in));
        for (var line = rounds.readLine(); line != null; line = rounds.readLine()) {
            round(threads, Long.parseLong(line.trim()) * 1_000_000);
        }
        System.exit(0);
    }

    private static void round(int count, long nanos) throws Exception {
        TOLD.set(0);
        DONE.set(0);
        long start = System.nanoTime();
        var threads = new Thread[count];
        for (int i = 0; i < count; i++) {
            threads[i] = Thread.ofPlatform().start(() -> work(start + nanos));
        }
        for (Thread thread : threads) {
            thread.join();
        }
        long done = DONE.get();
        long giveUp = System.nanoTime() + PHASE_TWO_MAX_NANOS;
        while (TOLD.get() < RESOURCES.length * done && System.nanoTime() < giveUp) {
            LockSupport.parkNanos(1_000_000);
        }
        if (TOLD.get() < RESOURCES.length * done) {
            System.out.println("FAILED phase two of " + (RESOURCES.length * done - TOLD.get()) + " branches did not come");
            System.exit(1);
        }
        long took = System.nanoTime() - start;
        var latencies = Arrays.copyOf(LATENCIES, (int) Math.min(done, LATENCIES_MAX));
        Arrays.sort(latencies);
        System.out.println("ROUND " + done + " " + took + " " + latencies[latencies.length / 2] + " "
                + latencies[(int) (latencies.length * 0.99)]);
    }

    private static void work(long end) {
        TransactionManager manager = TransactionManagerHolder.get();
        ResourceManager branches = DefaultResourceManager.get();
        try {
            while (System.nanoTime() < end) {
                long begun = System.nanoTime();
                String xid = manager.begin(null, null, "transfer", 600_000);
                for (String resource : RESOURCES) {
                    long row = ROWS.getAndAdd(2);
                    branches.branchRegister(
                            BranchType.AT,
                            resource,
                            null,
                            xid,
                            "{\"autoCommit\":true}",
                            "account:" + row + "," + (row + 1));
                }
                var status = manager.commit(xid);
                if (status != GlobalStatus.Committed) {
                    throw new IllegalStateException(xid + " ended as " + status);
                }
                LATENCIES[(int) Math.min(DONE.getAndIncrement(), LATENCIES_MAX - 1)] = System.nanoTime() - begun;
            }
        } catch (Exception e) {
            System.out.println("FAILED " + e);
            System.exit(1);
        }
    }
}
