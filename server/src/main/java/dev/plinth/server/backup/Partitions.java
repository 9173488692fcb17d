package dev.plinth.server.backup;

import dev.plinth.cells.control.CellMaps;
import dev.plinth.config.Configs;
import dev.plinth.kernel.Clock;
import dev.plinth.kernel.Rehearsal;
import dev.plinth.kernel.Storage;
import dev.plinth.transactions.Coordinator;
import dev.plinth.transactions.Participants;
import dev.plinth.trust.control.Trust;
import dev.plinth.trust.secrets.Secrets;
import java.io.IOException;
import java.security.SecureRandom;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/** A server's durable partitions: each has a log of its name, and in a cluster a group. */
public final class Partitions {
    public static final String CELLS = "cells";
    public static final String CONFIGURATION = "configuration";
    public static final String TRANSACTIONS = "transactions";

    public static final String TRUST = "trust";
    public static final String SECRETS = "secrets";

    /** In the order in which they are opened, which is that in which they came to be: an older backup lacks the last ones. */
    public static final List<String> NAMES = List.of(CELLS, CONFIGURATION, TRANSACTIONS, TRUST, SECRETS);

    /** Those that every backup has. */
    private static final int ALWAYS = 3;

    private static final Participants NOBODY = phaseTwo -> CompletableFuture.failedFuture(
            new IllegalStateException("nobody is asked in a rehearsal: " + phaseTwo.resourceId()));

    private Partitions() {}

    /** Whether a backup with these can be restored. What it lacks begins with nothing. */
    static boolean whole(List<String> names) {
        return names.size() >= ALWAYS && names.size() <= NAMES.size() && names.equals(NAMES.subList(0, names.size()));
    }

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
            case TRUST ->
                Trust.open(
                                new Rehearsal<>(name, Trust.commandCodec(), past),
                                List.of(),
                                clock,
                                Runnable::run,
                                new SecureRandom())
                        .close();
            case SECRETS -> Secrets.rehearse(new Rehearsal<>(name, Secrets.commandCodec(), past), clock);
            default -> throw new IOException("there is no partition '" + name + "'; expected one of " + NAMES);
        }
    }
}
