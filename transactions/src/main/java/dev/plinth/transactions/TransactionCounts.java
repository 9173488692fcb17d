package dev.plinth.transactions;

/**
 * How much the coordinator holds at the moment.
 *
 * @param live transactions that have not ended
 * @param unsettled those of them whose rollback failed for good and that wait for a person
 * @param locks rows that are locked
 * @param unrecorded transactions that ended and are not in the history yet
 */
public record TransactionCounts(int live, int unsettled, int locks, int unrecorded) {}
