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
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** A server's durable partitions: each has a log of its name, and in a cluster a group. */
public final class Partitions {
    public static final String CELLS = "cells";
    public static final String CONFIGURATION = "configuration";
    public static final String TRANSACTIONS = "transactions";

    public static final String TRUST = "trust";
    public static final String SECRETS = "secrets";

    /** Those of a server whose transactions have one partition. In the order in which they are opened, which is that in which they came to be: an older backup lacks the last ones. */
    public static final List<String> NAMES = List.of(CELLS, CONFIGURATION, TRANSACTIONS, TRUST, SECRETS);

    /** The journal of a partition of the transactions: the first has the name that it had when it was the only one. */
    public static String transactions(int number) {
        return number == 0 ? TRANSACTIONS : TRANSACTIONS + "-" + number;
    }

    /** All, when the transactions have so many partitions. */
    public static List<String> names(int transactions) {
        return Stream.concat(NAMES.stream(), IntStream.range(1, transactions).mapToObj(Partitions::transactions))
                .toList();
    }

    private static final Pattern MORE_TRANSACTIONS = Pattern.compile(TRANSACTIONS + "-([1-9][0-9]{0,3})");

    /** Those that every backup has. */
    private static final int ALWAYS = 3;

    private static final Participants NOBODY = phaseTwo -> CompletableFuture.failedFuture(
            new IllegalStateException("nobody is asked in a rehearsal: " + phaseTwo.resourceId()));

    private Partitions() {}

    /** Whether a backup with these can be restored. What it lacks begins with nothing. */
    static boolean whole(List<String> names) {
        var more = names.stream()
                .filter(name -> MORE_TRANSACTIONS.matcher(name).matches())
                .collect(Collectors.toSet());
        var rest = names.stream().filter(name -> !more.contains(name)).toList();
        return rest.size() >= ALWAYS
                && rest.size() <= NAMES.size()
                && rest.equals(NAMES.subList(0, rest.size()))
                && IntStream.rangeClosed(1, more.size()).allMatch(number -> more.contains(transactions(number)));
    }

    /**
     * Loads a past into the partition's own engine, and forgets it again.
     *
     * @param history an empty folder for the history of transactions
     * @throws IOException if the engine does not take it, or makes another state of it
     */
    static void rehearse(String name, Rehearsal.Past past, Storage history, Clock clock) throws IOException {
        var more = MORE_TRANSACTIONS.matcher(name);
        if (more.matches()) {
            rehearseTransactions(name, past, history, clock, Integer.parseInt(more.group(1)));
            return;
        }
        switch (name) {
            case CELLS ->
                CellMaps.open(new Rehearsal<>(name, CellMaps.commandCodec(), past), clock)
                        .close();
            case CONFIGURATION ->
                Configs.open(new Rehearsal<>(name, Configs.commandCodec(), past), clock)
                        .close();
            case TRANSACTIONS -> rehearseTransactions(name, past, history, clock, 0);
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

    private static void rehearseTransactions(String name, Rehearsal.Past past, Storage history, Clock clock, int number)
            throws IOException {
        Coordinator.open(new Rehearsal<>(name, Coordinator.codec(), past), history, NOBODY, clock, number)
                .close();
    }
}
