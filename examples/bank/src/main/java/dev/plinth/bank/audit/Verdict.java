package dev.plinth.bank.audit;

import dev.plinth.bank.Money;
import java.util.List;

/** What an audit found. */
sealed interface Verdict {

    /**
     * Money is neither made nor lost.
     *
     * @param total of all accounts, in-flight money included
     * @param inFlight taken from a payer and not yet given to a payee, less the other way round
     * @param halfEnded transfers of which one side has ended and the other not yet
     * @param held transfers that hold money of a payer
     * @param prepared credits that wait for their transaction's end
     * @param ended transfers that have ended on both sides, since the beginning
     */
    record Exact(long total, long inFlight, long halfEnded, long held, long prepared, long ended) implements Verdict {
        /** Nothing is under way. */
        boolean isQuiet() {
            return halfEnded == 0 && held == 0 && prepared == 0;
        }

        @Override
        public String toString() {
            return "AUDIT exact total=" + Money.text(total) + " in-flight=" + Money.text(inFlight) + " half-ended="
                    + halfEnded + " held=" + held + " prepared=" + prepared + " ended=" + ended;
        }
    }

    /** Something is wrong, each with the figures that show it. */
    record Broken(List<String> findings) implements Verdict {
        public Broken {
            findings = List.copyOf(findings);
        }

        @Override
        public String toString() {
            return "AUDIT BROKEN " + String.join("; ", findings);
        }
    }
}
