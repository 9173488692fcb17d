package dev.plinth.raft;

import com.alipay.sofa.jraft.Closure;
import com.alipay.sofa.jraft.Status;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** What waits, on the leader, for a batch to be committed: once told, and never twice. */
final class Ordering implements Closure {
    /*
     * JRaft says with one code, EPERM, that a task was never taken because this member does not lead, and that it had been taken when
     * this member stopped leading. The first may be tried again, the second may be committed yet. So only what is known by its words
     * to come before the log counts as not ordered; whatever else JRaft says, now or in a later version, does not.
     */
    private static final String NOT_LEADER = "Is not leader.";

    private static final String OTHER_TERM = "expected_term=";

    private final Consumer<Fate> fate;
    private final AtomicBoolean told = new AtomicBoolean();

    Ordering(Consumer<Fate> fate) {
        this.fate = fate;
    }

    void tell(Fate what) {
        if (told.compareAndSet(false, true)) {
            fate.accept(what);
        }
    }

    @Override
    public void run(Status status) {
        tell(fate(status));
    }

    private static Fate fate(Status status) {
        if (status.isOk()) {
            return new Fate.Ordered();
        }
        String words = words(status.getErrorMsg());
        boolean before = switch (status.getRaftError()) {
            case EBUSY, ENODESHUTDOWN -> true;
            case EPERM -> words.equals(NOT_LEADER) || words.startsWith(OTHER_TERM);
            default -> false;
        };
        return before ? new Fate.NotOrdered(words) : new Fate.Unknown(status.getRaftError() + ": " + words);
    }

    private static String words(@Nullable String message) {
        return message == null ? "" : message;
    }
}
