package dev.plinth.bank.audit;

import java.util.List;

/**
 * One cell's database at one moment, as one snapshot shows it; all sums in cents.
 *
 * @param balances of all accounts, what is held included
 * @param held as the accounts say
 * @param heldByTransfers as the transfers say that are not ended
 * @param settledPaid transfers paid by the payers here, each of them in exactly one reading of its cell
 * @param recentPaid those that will be in {@code settledPaid} of a later reading
 * @param settledCredited the same of the payees here
 * @param prepared credits that are not ended
 */
record Reading(
        String cell,
        long opening,
        long balances,
        long external,
        long held,
        long heldByTransfers,
        long transfersHeld,
        List<Leg> settledPaid,
        List<Leg> recentPaid,
        List<Leg> settledCredited,
        List<Leg> recentCredited,
        long prepared) {}
