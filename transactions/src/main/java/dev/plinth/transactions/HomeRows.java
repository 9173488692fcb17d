package dev.plinth.transactions;

import dev.plinth.kernel.Context;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.BiConsumer;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** The rows that are at home in a partition: who holds which, its own transactions or guests, and who may have one. */
final class HomeRows {
    /*
     * A row has one table of locks, at the home of its resource. What this partition's own transactions hold follows from them, and
     * Indexes writes it into the table; what guests hold, branches of other partitions' transactions, is written here. The first
     * partition knows besides which resource is at home where: there all partitions ask, so that a resource has one home.
     */
    private final int partition;
    private final TransactionEngine.Bounds bounds;
    private final Names names;
    private final Predicate<TransactionId> rollingBack;
    private final BiConsumer<String, LockKey> freed;
    private final LockTable locks;
    private final GuestLocks guests = new GuestLocks();
    private final TreeMap<String, Integer> homes = new TreeMap<>();
    private long heapBytes;

    /**
     * @param rollingBack whether a transaction of this partition, which holds rows, is rolling back
     * @param freed told of each row that nobody holds any more, and of those whose holder is found to be rolling back
     */
    HomeRows(
            int partition,
            TransactionEngine.Bounds bounds,
            Names names,
            Predicate<TransactionId> rollingBack,
            BiConsumer<String, LockKey> freed) {
        this.partition = partition;
        this.bounds = bounds;
        this.names = names;
        this.rollingBack = rollingBack;
        this.freed = freed;
        this.locks = new LockTable(freed);
    }

    LockTable locks() {
        return locks;
    }

    /** What the guests take of the heap, about. */
    long heapBytes() {
        return heapBytes;
    }

    // ---- homes

    Outcome claim(Command.ClaimHome claim) {
        var home = homes.get(claim.resourceId());
        if (home == null) {
            if (homes.size() >= bounds.homes()) {
                return new Outcome.Overloaded(bounds.homes() + " resources have a home", TransactionEngine.RETRY_AFTER);
            }
            // Rows that were locked before there were several partitions are locked here.
            home = locks.any(claim.resourceId()) ? partition : claim.wished();
            homes.put(claim.resourceId(), home);
        }
        return new Outcome.Claimed(home);
    }

    /** Where a resource is at home, as this partition was told. */
    Optional<Integer> home(String resourceId) {
        return Optional.ofNullable(homes.get(resourceId));
    }

    SortedMap<String, Integer> homes() {
        return homes;
    }

    // ---- who may have a row

    /** Why a branch of this partition cannot lock its rows here; null if it can. */
    @Nullable
    Outcome refusal(Command.RegisterBranch register, Context<Effect> context) {
        var home = homes.get(register.resourceId());
        if (home != null && home != partition && !register.lockKeys().isEmpty()) {
            // Only a server that was not told of all partitions asks so.
            return new Outcome.Overloaded(
                    register.resourceId() + " is at home in partition " + home
                            + ", of which the server that was asked was not told (transactions.partitions)",
                    TransactionEngine.RETRY_AFTER);
        }
        return refusal(
                register.transaction(), register.resourceId(), register.lockKeys(), register.autoCommit(), context);
    }

    /** Why rows that are at home here cannot be locked; null if they can. */
    private Outcome.@Nullable OfTaking refusal(
            TransactionId asker, String resourceId, List<LockKey> keys, boolean autoCommit, Context<Effect> context) {
        var conflict = conflict(asker, resourceId, keys, autoCommit);
        if (conflict != null) {
            if (isGuest(conflict.holder())) {
                guests.inTheWay(conflict.holder(), resourceId, conflict.key(), context);
            }
            return conflict;
        }
        return locks.size() + keys.size() > bounds.locks()
                ? new Outcome.Overloaded(bounds.locks() + " rows are locked", TransactionEngine.RETRY_AFTER)
                : null;
    }

    /** As in Seata, an asker that holds local locks looks on past the first conflict, for one whose holder is rolling back. */
    private Outcome.@Nullable LockConflict conflict(
            TransactionId asker, String resourceId, List<LockKey> keys, boolean autoCommit) {
        Outcome.LockConflict first = null;
        for (LockKey key : keys) {
            var holder = locks.holder(resourceId, key);
            if (holder == null || holder.equals(asker)) {
                continue;
            }
            if (!autoCommit && isRollingBack(holder)) {
                return new Outcome.LockConflict(resourceId, key, holder, true);
            }
            if (first == null) {
                first = new Outcome.LockConflict(resourceId, key, holder, false);
            }
            if (autoCommit) {
                return first;
            }
        }
        return first;
    }

    private boolean isRollingBack(TransactionId holder) {
        return isGuest(holder) ? guests.rollingBack(holder) : rollingBack.test(holder);
    }

    /** Whether a transaction is another partition's. */
    private boolean isGuest(TransactionId holder) {
        return holder.partition() != partition;
    }

    /** Whether none of the rows is locked by another transaction. */
    boolean lockable(TransactionId asker, String resourceId, List<LockKey> keys) {
        for (LockKey key : keys) {
            var holder = locks.holder(resourceId, key);
            if (holder != null && !holder.equals(asker)) {
                return false;
            }
        }
        return true;
    }

    // ---- guests

    Outcome take(Effect.TakeLocks wanted, Context<Effect> context) {
        if (guests.find(wanted.transaction(), wanted.branchId()) == null) {
            var refused =
                    refusal(wanted.transaction(), wanted.resourceId(), wanted.lockKeys(), wanted.autoCommit(), context);
            if (refused != null) {
                return refused;
            }
            lock(guests.came(names.shared(wanted), context.now()));
        }
        return new Outcome.Taken();
    }

    private void lock(GuestLocks.Guest guest) {
        locks.lock(guest.transaction(), guest.resourceId(), guest.lockKeys());
        heapBytes += HeapShare.bytes(guest);
    }

    Outcome free(Command.FreeLocks free, Context<Effect> context) {
        var guest = guests.find(free.transaction(), free.branchId());
        if (guest != null) {
            leave(guest, context);
        }
        return new Outcome.Noted();
    }

    private void leave(GuestLocks.Guest guest, Context<Effect> context) {
        guests.left(guest, context);
        locks.unlock(guest.transaction(), guest.resourceId(), guest.lockKeys());
        heapBytes -= HeapShare.bytes(guest);
    }

    Outcome holderTold(Command.HolderTold told, Context<Effect> context) {
        var guest = guests.find(told.transaction(), told.branchId());
        if (guest == null || guest.effect() == 0) {
            return new Outcome.Noted();
        }
        switch (told.standing()) {
            case GONE -> leave(guest, context);
            case HOLDS -> guests.stays(guest, false, context);
            case ROLLING_BACK -> {
                guests.stays(guest, true, context);
                // Whoever waits for them and holds local locks does so in vain, and looks again.
                guest.lockKeys().forEach(key -> freed.accept(guest.resourceId(), key));
            }
        }
        return new Outcome.Noted();
    }

    Optional<Instant> firstCheck() {
        return guests.firstCheck();
    }

    /** Asks about guests who have stayed for long, at most so many. */
    void check(int limit, Context<Effect> context) {
        guests.check(limit, context);
    }

    // ---- snapshots

    List<GuestLocks.Guest> guests() {
        return List.copyOf(guests.all());
    }

    /** What a snapshot held, into one in which nothing has happened. */
    void restore(SortedMap<String, Integer> wereHomes, List<GuestLocks.Guest> wereGuests) {
        homes.putAll(wereHomes);
        wereGuests.forEach(guest -> {
            guests.put(guest);
            lock(guest);
        });
    }
}
