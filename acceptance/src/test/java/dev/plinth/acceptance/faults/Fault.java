package dev.plinth.acceptance.faults;

/** What can go wrong, each with what does it; see docs/faults.md. */
enum Fault {
    LEADER_CUT_OFF(NetworkFaults::leaderCutOff, false),
    LEADER_NOT_HEARD(NetworkFaults::leaderNotHeard, false),
    LEADER_HEARS_NOBODY(NetworkFaults::leaderHearsNobody, false),
    BRIDGE(NetworkFaults::bridge, false),
    LEADER_KILLED(ProcessFaults::leaderKilled, false),
    ALL_KILLED(ProcessFaults::allKilled, false),
    LEADER_PAUSED(ProcessFaults::leaderPaused, false),
    FULL_DISK(StorageFaults::fullDisk, false),
    FAILING_WRITES(StorageFaults::failingWrites, true),
    FAILING_SYNCS(StorageFaults::failingSyncs, true),
    TORN_WRITE(StorageFaults::tornWrite, true),
    SHORT_WRITES(StorageFaults::shortWrites, true),
    CLOCK_FORWARD(ClockFaults::forward, true),
    CLOCK_BACK(ClockFaults::back, true);

    /** Does it, waits until it has bitten, and undoes it. */
    interface Strike {
        /** Returns what was met, for people. */
        String on(Scene scene) throws Exception;
    }

    @SuppressWarnings("ImmutableEnumChecker") // methods, all of them
    private final Strike strike;

    private final boolean faultyCalls;

    Fault(Strike strike, boolean faultyCalls) {
        this.strike = strike;
        this.faultyCalls = faultyCalls;
    }

    /** Whether it needs {@link FaultyCalls}. */
    boolean needsFaultyCalls() {
        return faultyCalls;
    }

    String strike(Scene scene) throws Exception {
        return strike.on(scene);
    }
}
