package dev.plinth.checker;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;

/**
 * What clients asked and were answered, written down while they run, from any thread.
 *
 * <p>A call is noted before anything of it leaves the client, its answer after it has arrived. Then the order of the notes is an
 * order in time that nothing in the system can contradict.
 *
 * @param <K> which object; with equals
 */
public final class History<K, I, O> {
    private final TreeMap<Integer, Operation<K, I, O>> operations = new TreeMap<>();
    private long moment;
    private int calls;

    /** A call that is under way. End it once, or not at all: then it may have taken place, or may yet. */
    public final class Call {
        private final int number;

        private Call(int number) {
            this.number = number;
        }

        /** It took place, with this answer. */
        public void returned(O output) {
            synchronized (History.this) {
                var open = open();
                moment++;
                operations.put(
                        number,
                        new Operation<>(
                                number,
                                open.client(),
                                open.key(),
                                open.input(),
                                open.called(),
                                moment,
                                Optional.of(output)));
            }
        }

        /** It did not take place, and never will: the system vouches for it. */
        public void refused() {
            synchronized (History.this) {
                open();
                operations.remove(number);
            }
        }

        private Operation<K, I, O> open() {
            var operation = operations.get(number);
            if (operation == null || operation.output().isPresent()) {
                throw new IllegalStateException("operation " + number + " has ended before");
            }
            return operation;
        }
    }

    /** Notes a call, which is about to be made. */
    public synchronized Call call(String client, K key, I input) {
        calls++;
        moment++;
        operations.put(calls, new Operation<>(calls, client, key, input, moment, Operation.NEVER, Optional.empty()));
        return new Call(calls);
    }

    /** What was noted so far, in the order of the calls. */
    public synchronized List<Operation<K, I, O>> operations() {
        return new ArrayList<>(operations.values());
    }
}
