package dev.plinth.bank.audit;

import dev.plinth.bank.Money;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Reconciles the cells' books: decides from one reading of each database whether money is whole. Keeps what it has to remember
 * between rounds; not thread-safe.
 */
final class Books {
    /*
     * There is no snapshot over two databases, so the sum of two readings, taken one after the other while transfers run, is
     * not the bank's money. But each reading by itself is exact, and says which transfers it has seen ended:
     *
     *   in each cell:  balances = opening + external - paid here + credited here                                    (1)
     *
     * The sum over the cells is therefore off by exactly the transfers of which one side has ended in the one reading and the
     * other side not yet in the other. They are known by name, so
     *
     *   all balances + sum(paid, not credited) - sum(credited, not paid) = all openings + all external              (2)
     *
     * What remains is to show that these halves are on their way and no loss. Both sides of a transfer were promised before
     * either was ended (that is what two phases are), so the second half must follow; and each is followed by name until it
     * has, with the same XID and the same amount. If it has not within the patience, the books are broken (3). A transfer that
     * one side has ended twice, or under two XIDs, is broken at once.
     *
     * (2) follows from (1) and the names. It is computed from the balances all the same: it is the statement that matters.
     */

    private final Duration patience;
    private final Map<String, Leg> paid = new HashMap<>();
    private final Map<String, Leg> credited = new HashMap<>();
    private final Map<String, Instant> halfSince = new HashMap<>();
    private final Map<String, Long> paidSum = new HashMap<>();
    private final Map<String, Long> creditedSum = new HashMap<>();
    private final List<String> historyFindings = new ArrayList<>();
    private long ended;

    /** @param patience how long a transfer may have ended on one side only */
    Books(Duration patience) {
        this.patience = patience;
    }

    /** Enters what ended in a cell before the first reading. */
    void enterHistory(String cell, List<Leg> settledPaid, List<Leg> settledCredited) {
        settledPaid.forEach(leg -> enter(paid, leg, "paid", historyFindings));
        settledCredited.forEach(leg -> enter(credited, leg, "credited", historyFindings));
        paidSum.merge(cell, sum(settledPaid), Long::sum);
        creditedSum.merge(cell, sum(settledCredited), Long::sum);
        forgetPairs(historyFindings);
    }

    /** Judges a reading of every cell. */
    Verdict reconcile(List<Reading> readings, Instant now) {
        List<String> findings = new ArrayList<>(historyFindings);
        for (Reading reading : readings) {
            settle(reading, findings);
            checkCell(reading, findings);
        }
        Map<String, Leg> allPaid = withRecent(paid, readings, true, findings);
        Map<String, Leg> allCredited = withRecent(credited, readings, false, findings);

        long inFlight = 0;
        Set<String> half = new HashSet<>();
        long pairs = 0;
        for (Leg leg : allPaid.values()) {
            Leg other = allCredited.get(leg.id());
            if (other == null) {
                inFlight += leg.cents();
                half.add(leg.id());
            } else {
                pairs++;
                compare(leg, other, findings);
            }
        }
        for (Leg leg : allCredited.values()) {
            if (!allPaid.containsKey(leg.id())) {
                inFlight -= leg.cents();
                half.add(leg.id());
            }
        }
        followHalves(half, allPaid, allCredited, now, findings);

        long total = inFlight;
        long expected = 0;
        long held = 0;
        long prepared = 0;
        for (Reading reading : readings) {
            total += reading.balances();
            expected += reading.opening() + reading.external();
            held += reading.transfersHeld();
            prepared += reading.prepared();
        }
        if (total != expected) {
            findings.add("there are " + Money.text(total) + ", " + Money.text(inFlight)
                    + " of it in flight; opening balances and what came from outside make " + Money.text(expected));
        }
        long endedNow = ended + pairs;
        forgetPairs(new ArrayList<>()); // they were compared above
        return findings.isEmpty()
                ? new Verdict.Exact(total, inFlight, half.size(), held, prepared, endedNow)
                : new Verdict.Broken(findings);
    }

    private void settle(Reading reading, List<String> findings) {
        reading.settledPaid().forEach(leg -> enter(paid, leg, "paid", findings));
        reading.settledCredited().forEach(leg -> enter(credited, leg, "credited", findings));
        paidSum.merge(reading.cell(), sum(reading.settledPaid()), Long::sum);
        creditedSum.merge(reading.cell(), sum(reading.settledCredited()), Long::sum);
    }

    private static void enter(Map<String, Leg> book, Leg leg, String what, List<String> findings) {
        Leg before = book.putIfAbsent(leg.id(), leg);
        if (before != null) {
            findings.add("transfer " + leg.id() + " was " + what + " twice: as " + describe(before) + " and as "
                    + describe(leg));
        }
    }

    private void checkCell(Reading reading, List<String> findings) {
        String cell = reading.cell();
        long out = paidSum.getOrDefault(cell, 0L) + sum(reading.recentPaid());
        long in = creditedSum.getOrDefault(cell, 0L) + sum(reading.recentCredited());
        long expected = reading.opening() + reading.external() - out + in;
        if (reading.balances() != expected) {
            findings.add("cell " + cell + " has " + Money.text(reading.balances()) + ", and should have "
                    + Money.text(expected) + ": opening " + Money.text(reading.opening()) + ", from outside "
                    + Money.text(reading.external()) + ", paid " + Money.text(out) + ", credited " + Money.text(in));
        }
        if (reading.held() != reading.heldByTransfers()) {
            findings.add("cell " + cell + ": accounts hold " + Money.text(reading.held()) + ", transfers hold "
                    + Money.text(reading.heldByTransfers()));
        }
    }

    private static Map<String, Leg> withRecent(
            Map<String, Leg> settled, List<Reading> readings, boolean payers, List<String> findings) {
        Map<String, Leg> all = new HashMap<>(settled);
        for (Reading reading : readings) {
            for (Leg leg : payers ? reading.recentPaid() : reading.recentCredited()) {
                enter(all, leg, payers ? "paid" : "credited", findings);
            }
        }
        return all;
    }

    private void followHalves(
            Set<String> half,
            Map<String, Leg> allPaid,
            Map<String, Leg> allCredited,
            Instant now,
            List<String> findings) {
        halfSince.keySet().retainAll(half);
        for (String id : half) {
            Instant since = halfSince.computeIfAbsent(id, fresh -> now);
            if (since.plus(patience).isBefore(now)) {
                Optional<Leg> out = Optional.ofNullable(allPaid.get(id));
                Optional<Leg> in = Optional.ofNullable(allCredited.get(id));
                findings.add("transfer " + id + " has been "
                        + out.map(leg -> "paid as " + describe(leg) + " and not credited")
                                .or(() -> in.map(leg -> "credited as " + describe(leg) + " and not paid"))
                                .orElse("half ended")
                        + " for " + Duration.between(since, now).toSeconds() + " s");
            }
        }
    }

    /** What has ended on both sides for good needs to be remembered no longer, but as a count. */
    private void forgetPairs(List<String> findings) {
        paid.values().removeIf(leg -> {
            Leg other = credited.remove(leg.id());
            if (other != null) {
                compare(leg, other, findings);
                ended++;
            }
            return other != null;
        });
    }

    private static void compare(Leg out, Leg in, List<String> findings) {
        if (!out.equals(in)) {
            findings.add("transfer " + out.id() + " was paid as " + describe(out) + " and credited as " + describe(in));
        }
    }

    private static long sum(List<Leg> legs) {
        return legs.stream().mapToLong(Leg::cents).sum();
    }

    private static String describe(Leg leg) {
        return Money.text(leg.cents()) + " by " + leg.xid();
    }
}
