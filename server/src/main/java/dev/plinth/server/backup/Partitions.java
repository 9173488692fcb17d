package dev.plinth.server.backup;

import dev.plinth.cells.control.CellMaps;
import dev.plinth.config.Configs;
import dev.plinth.kernel.Clock;
import dev.plinth.kernel.Rehearsal;
import dev.plinth.kernel.Storage;
import dev.plinth.transactions.Coordinator;
import dev.plinth.transactions.Participants;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/** A server's durable partitions: each has a log of its name, and in a cluster a group. */
public final class Partitions {
    public static final String CELLS = "cells";
    public static final String CONFIGURATION = "configuration";
    public static final String TRANSACTIONS = "transactions";

    /** In the order in which they are opened. */
    public static final List<String> NAMES = List.of(CELLS, CONFIGURATION, TRANSACTIONS);

    private static final Participants NOBODY = phaseTwo -> CompletableFuture.failedFuture(
            new IllegalStateException("nobody is asked in a rehearsal: " + phaseTwo.resourceId()));

    private Partitions() {}

    /**
     * Loads a past into the partition's own engine, and forgets it again.
     *
     * @param history an empty folder for the history of transactions
     * @throws IOException if the engine does not take it, or makes another state of it
     */
    static void rehearse(String name, Rehearsal.Past past, Storage history, Clock clock) throws IOException {
        switch (name) {
            case CELLS ->
                CellMaps.open(new Rehearsal<>(name, CellMaps.commandCodec(), past), clock)
                        .close();
            case CONFIGURATION ->
                Configs.open(new Rehearsal<>(name, Configs.commandCodec(), past), clock)
                        .close();
            case TRANSACTIONS ->
                Coordinator.open(new Rehearsal<>(name, Coordinator.codec(), past), history, NOBODY, clock, 0)
                        .close();
            default -> throw new IOException("there is no partition '" + name + "'; expected one of " + NAMES);
        }
    }
}
