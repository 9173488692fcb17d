package dev.plinth.sdk.transactions;

import dev.plinth.sdk.PlinthException;
import dev.plinth.sdk.PlinthException.Code;
import dev.plinth.wire.seata.BranchType;
import dev.plinth.wire.seata.SeataMessage.RegisterRMRequest;
import dev.plinth.wire.seata.SeataMessage.RegisterTMRequest;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/** {@link Transactions} over the Seata wire. */
final class SeataTransactions implements Transactions {

    /* What Seata's server decides features by; this is the version whose messages wire.seata speaks. */
    private static final String PROTOCOL_VERSION = "2.6.0";
    private static final int NAME_CHARACTERS_MAX = 128;
    private static final Duration TIMEOUT_MAX = Duration.ofHours(24);
    private static final Duration CLOSE_PATIENCE = Duration.ofSeconds(5);
    private static final int XID_CHARACTERS_MAX = 128;

    private final EventLoopGroup group;
    private final PhaseTwoCalls calls;
    private final TccParticipants participants;
    private final SeataBranches branches;
    private final CoordinatorChannel tm;
    private final CoordinatorChannel rm;
    private final GlobalTransactions globals;
    private final CurrentTransaction current = new CurrentTransaction();

    SeataTransactions(TransactionOptions options) {
        this.group = new MultiThreadIoEventLoopGroup(
                1, new DefaultThreadFactory("plinth-coordinator", true), NioIoHandler.newFactory());
        this.calls = new PhaseTwoCalls(options.phaseTwoConcurrencyMax());
        this.participants = new TccParticipants(calls);
        this.tm = new CoordinatorChannel(
                "transaction manager",
                options.coordinators(),
                group,
                () -> new RegisterTMRequest(PROTOCOL_VERSION, options.application(), options.group(), ""),
                calls);
        this.rm = new CoordinatorChannel(
                "resource manager",
                options.coordinators(),
                group,
                () -> new RegisterRMRequest(
                        PROTOCOL_VERSION, options.application(), options.group(), "", calls.resourceIds()),
                calls);
        this.globals = new GlobalTransactions(tm, options.requestTimeout());
        this.branches = new SeataBranches(rm, calls, current, options);
    }

    @Override
    public <X extends Exception> void run(String name, Duration timeout, Work<X> work) throws X {
        this.<Boolean, X>call(name, timeout, transaction -> {
            work.run(transaction);
            return Boolean.TRUE;
        });
    }

    @Override
    public <R, X extends Exception> R call(String name, Duration timeout, ValueWork<R, X> work) throws X {
        checkName(name);
        checkTimeout(timeout);
        Optional<CurrentTransaction.Scope> outer = current.scope();
        return outer.isPresent() ? joined(outer.get(), name, timeout, work) : begun(name, timeout, work);
    }

    private <R, X extends Exception> R begun(String name, Duration timeout, ValueWork<R, X> work) throws X {
        OpenTransaction transaction = globals.begin(name, timeout);
        R result;
        try {
            result = current.within(
                    new CurrentTransaction.Scope(transaction.xid(), Optional.of(transaction)),
                    () -> work.call(transaction));
        } catch (Throwable e) {
            rollback(transaction, e);
            throw e;
        }
        if (transaction.rollbackOnly()) {
            PlinthException doomed = doomed(transaction.xid());
            rollback(transaction, doomed);
            throw doomed;
        }
        globals.commit(transaction);
        return result;
    }

    /** If a joined transaction is doomed, its beginner, maybe in another process, has to hear of it: by an exception. */
    private static <R, X extends Exception> R joined(
            CurrentTransaction.Scope scope, String name, Duration timeout, ValueWork<R, X> work) throws X {
        OpenTransaction transaction = scope.begun()
                .orElseGet(() -> new OpenTransaction(scope.xid(), name, System.nanoTime() + timeout.toNanos()));
        R result = work.call(transaction);
        if (transaction.rollbackOnly()) {
            throw doomed(transaction.xid());
        }
        return result;
    }

    private static PlinthException doomed(String xid) {
        return PlinthException.ofTransaction(Code.ROLLED_BACK, xid, "it was marked to be rolled back", null);
    }

    private void rollback(OpenTransaction transaction, Throwable because) {
        try {
            globals.rollback(transaction);
        } catch (PlinthException e) {
            because.addSuppressed(e);
        }
    }

    @Override
    public Optional<String> currentXid() {
        return current.scope().map(CurrentTransaction.Scope::xid);
    }

    @Override
    public <R, X extends Exception> R join(String xid, JoinedWork<R, X> work) throws X {
        checkXid(xid);
        return current.within(new CurrentTransaction.Scope(xid, Optional.empty()), work::call);
    }

    @Override
    public <A extends Record, R> TccParticipant<A, R> participant(
            String resourceId, Class<A> arguments, TccAction<A, R> action) {
        TccParticipants.Registered<A, R> registered = participants.register(resourceId, arguments, action);
        rm.registerAgain();
        return new TccParticipant<>() {
            @Override
            public String resourceId() {
                return resourceId;
            }

            @Override
            public R tryIt(A arguments) {
                return SeataTransactions.this.tryIt(registered, arguments);
            }
        };
    }

    /*
     * A branch that is registered and not tried must not see a confirm. So whatever fails here dooms the transaction; if it
     * was begun elsewhere, the exception has to reach its beginner.
     */
    private <A extends Record, R> R tryIt(TccParticipants.Registered<A, R> registered, A arguments) {
        CurrentTransaction.Scope scope = current.scope()
                .orElseThrow(() -> new IllegalStateException("'" + registered.resourceId()
                        + "' takes part in global transactions only, and none is current"));
        boolean tried = false;
        try {
            TccBranch branch = registerBranch(
                    scope.xid(),
                    registered.resourceId(),
                    registered.json().encode(arguments, System.currentTimeMillis()));
            R result = registered.action().tryIt(branch, arguments);
            tried = true;
            return result;
        } catch (RuntimeException e) {
            throw e;
        } catch (Exception e) {
            if (e instanceof InterruptedException) {
                Thread.currentThread().interrupt();
            }
            throw PlinthException.ofTransaction(
                    Code.FAILED,
                    scope.xid(),
                    "the try of '" + registered.resourceId() + "' failed: " + e.getMessage(),
                    e);
        } finally {
            if (!tried) {
                scope.begun().ifPresent(OpenTransaction::setRollbackOnly);
            }
        }
    }

    private TccBranch registerBranch(String xid, String resourceId, String applicationData) {
        return switch (branches.register(xid, BranchType.TCC, resourceId, "", applicationData)) {
            case Branches.Registered registered -> new TccBranch(xid, registered.branchId(), resourceId);
            case Branches.Locked locked ->
                throw PlinthException.ofTransaction(
                        Code.REFUSED, xid, "no new branch of '" + resourceId + "': " + locked.why(), null);
        };
    }

    @Override
    public Branches branches() {
        return branches;
    }

    @Override
    public TransactionStatus status(String xid) {
        checkXid(xid);
        return globals.status(xid);
    }

    @Override
    public void close() {
        calls.close(CLOSE_PATIENCE);
        tm.close();
        rm.close();
        group.shutdownGracefully(0, CLOSE_PATIENCE.toMillis(), TimeUnit.MILLISECONDS)
                .awaitUninterruptibly(CLOSE_PATIENCE.toMillis());
    }

    private static void checkName(String name) {
        if (name.isBlank() || name.length() > NAME_CHARACTERS_MAX) {
            throw new IllegalArgumentException(
                    "name: '" + name + "' is not 1 to " + NAME_CHARACTERS_MAX + " characters");
        }
    }

    private static void checkXid(String xid) {
        if (xid.isBlank() || xid.length() > XID_CHARACTERS_MAX) {
            throw new IllegalArgumentException("xid: '" + xid + "' is not 1 to " + XID_CHARACTERS_MAX + " characters");
        }
    }

    private static void checkTimeout(Duration timeout) {
        if (timeout.toMillis() < 1 || timeout.compareTo(TIMEOUT_MAX) > 0) {
            throw new IllegalArgumentException("timeout: " + timeout + " is not within 1 ms..24 h");
        }
    }
}
