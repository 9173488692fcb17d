package dev.plinth.registry.door.grpc;

import java.util.ArrayDeque;

/** Lets so many in at a time; the others wait in the order in which they came. From any thread. */
final class Gate {
    private final int most;
    private int inside;
    private final ArrayDeque<Runnable> waiting = new ArrayDeque<>();

    Gate(int most) {
        this.most = most;
    }

    /**
     * Asks to be let in.
     *
     * @param enter called once, when there is room: now, or by whoever leaves; it must not wait. Who entered {@linkplain #leave leaves}
     */
    void ask(Runnable enter) {
        synchronized (waiting) {
            if (inside == most) {
                waiting.add(enter);
                return;
            }
            inside++;
        }
        enter.run();
    }

    void leave() {
        Runnable next;
        synchronized (waiting) {
            next = waiting.poll();
            if (next == null) {
                inside--;
                return;
            }
        }
        next.run();
    }
}
