package dev.plinth.bank.payments;

import dev.plinth.sdk.PlinthException;
import dev.plinth.sdk.PlinthException.Code;
import dev.plinth.sdk.transactions.Branches;
import dev.plinth.sdk.transactions.GlobalTransaction;
import dev.plinth.sdk.transactions.TccAction;
import dev.plinth.sdk.transactions.TccBranch;
import dev.plinth.sdk.transactions.TccParticipant;
import dev.plinth.sdk.transactions.TransactionStatus;
import dev.plinth.sdk.transactions.Transactions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.SplittableRandom;

/**
 * A coordinator in this process that behaves as badly as a real one may: second phases come late, twice, and in any order,
 * answers to commits are lost, and a beginner dies in the middle of its work.
 */
public final class TestCoordinator implements Transactions {
    private record Branch(TccBranch branch, SecondPhase confirm, SecondPhase cancel) {}

    private interface SecondPhase {
        void run() throws Exception;
    }

    private final double faultShare;
    private final SplittableRandom random;
    private final ThreadLocal<Optional<String>> current = ThreadLocal.withInitial(Optional::empty);
    private final ThreadLocal<List<Branch>> branches = ThreadLocal.withInitial(ArrayList::new);
    private final List<SecondPhase> due = new ArrayList<>();
    private final Set<String> resources = new HashSet<>();
    private long sequence;

    /** @param faultShare how often each thing that can go wrong does, 0 to 1 */
    public TestCoordinator(double faultShare, long seed) {
        this.faultShare = faultShare;
        this.random = new SplittableRandom(seed);
    }

    private synchronized boolean fault() {
        return random.nextDouble() < faultShare;
    }

    private synchronized int below(int bound) {
        return random.nextInt(bound);
    }

    private synchronized long next() {
        return ++sequence;
    }

    @Override
    public <X extends Exception> void run(String name, Duration timeout, Work<X> work) throws X {
        this.<Boolean, X>call(name, timeout, transaction -> {
            work.run(transaction);
            return true;
        });
    }

    @Override
    public <R, X extends Exception> R call(String name, Duration timeout, ValueWork<R, X> work) throws X {
        if (fault()) {
            throw new PlinthException(Code.UNAVAILABLE, "the coordinator is away");
        }
        String xid = "127.0.0.1:8091:" + next();
        current.set(Optional.of(xid));
        branches.set(new ArrayList<>());
        boolean commits = false;
        try {
            R result = work.call(new Begun(xid, name, timeout));
            boolean asked = !fault(); // or the beginner died here, and the time-out decides
            commits = asked && !fault();
            if (!asked) {
                throw new PlinthException(Code.TIMEOUT, "the caller will never know who died");
            }
            if (!commits) {
                throw PlinthException.ofTransaction(Code.ROLLED_BACK, xid, "timed out", null);
            }
            if (fault()) {
                throw PlinthException.ofTransaction(Code.OUTCOME_UNKNOWN, xid, "the answer was lost", null);
            }
            return result;
        } finally {
            current.set(Optional.empty());
            decide(commits);
        }
    }

    private void decide(boolean commits) {
        List<SecondPhase> now = new ArrayList<>();
        synchronized (due) {
            for (Branch branch : branches.get()) {
                SecondPhase phase = commits ? branch.confirm() : branch.cancel();
                (fault() ? due : now).add(phase);
                if (fault()) {
                    due.add(phase); // the answer was lost: once more, later
                }
            }
        }
        now.forEach(TestCoordinator::carryOut);
    }

    /** Carries out one second phase that is due, if there is one. */
    public void catchUpALittle() {
        SecondPhase phase;
        synchronized (due) {
            if (due.isEmpty()) {
                return;
            }
            phase = due.remove(below(due.size()));
        }
        carryOut(phase);
    }

    public void catchUp() {
        boolean more = true;
        while (more) {
            catchUpALittle();
            synchronized (due) {
                more = !due.isEmpty();
            }
        }
    }

    private static void carryOut(SecondPhase phase) {
        try {
            phase.run();
        } catch (Exception e) {
            throw new AssertionError("a second phase must succeed", e);
        }
    }

    @Override
    public Optional<String> currentXid() {
        return current.get();
    }

    @Override
    public <R, X extends Exception> R join(String xid, JoinedWork<R, X> work) throws X {
        return work.call();
    }

    @Override
    public <A extends Record, R> TccParticipant<A, R> participant(
            String resourceId, Class<A> arguments, TccAction<A, R> action) {
        if (!resources.add(resourceId)) {
            throw new IllegalArgumentException("resourceId: " + resourceId + " is taken");
        }
        return new TccParticipant<>() {
            @Override
            public String resourceId() {
                return resourceId;
            }

            @Override
            public R tryIt(A given) {
                TccBranch branch = new TccBranch(current.get().orElseThrow(), next(), resourceId);
                branches.get()
                        .add(new Branch(
                                branch, () -> action.confirm(branch, given), () -> action.cancel(branch, given)));
                if (fault()) {
                    throw new PlinthException(Code.TIMEOUT, "the request was lost");
                }
                R result;
                try {
                    result = action.tryIt(branch, given);
                } catch (RuntimeException e) {
                    throw e;
                } catch (Exception e) {
                    throw new PlinthException(Code.FAILED, "try", e);
                }
                if (fault()) {
                    throw new PlinthException(Code.TIMEOUT, "the answer was lost");
                }
                return result;
            }
        };
    }

    @Override
    public TransactionStatus status(String xid) {
        return TransactionStatus.UNKNOWN;
    }

    @Override
    public Branches branches() {
        throw new UnsupportedOperationException("the bank takes part by TCC alone");
    }

    @Override
    public void close() {}

    private record Begun(String xid, String name, Duration remaining) implements GlobalTransaction {
        @Override
        public void setRollbackOnly() {
            throw new UnsupportedOperationException("payments roll back by an exception");
        }
    }
}
