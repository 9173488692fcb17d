package dev.plinth.transactions;

import java.time.Instant;

/**
 * What the coordinator did in one second.
 *
 * @param second its start
 * @param begun transactions
 * @param committed decisions to commit
 * @param rolledBack decisions to roll back, time-outs included
 * @param p50Micros from the begin to the decision's durability, for the decisions of this second; 0 if there were none
 */
public record TransactionPulse(
        Instant second, long begun, long committed, long rolledBack, long p50Micros, long p99Micros, long maxMicros) {}
