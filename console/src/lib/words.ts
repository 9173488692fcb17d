// What the contract's constants are called on the page, and how they look. A tone never stands alone: a shape and a word go with it.
import type { BranchStatus, EventKind, TransactionStatus } from './contract';

export type Tone = 'busy' | 'good' | 'back' | 'bad' | 'idle';
export type Shape = 'ring' | 'arc' | 'check' | 'return' | 'clock' | 'cross';

export interface Look {
  word: string;
  tone: Tone;
  shape: Shape;
}

const TRANSACTION: Record<TransactionStatus, Look> = {
  ACTIVE: { word: 'Active', tone: 'busy', shape: 'ring' },
  COMMITTING: { word: 'Committing', tone: 'busy', shape: 'arc' },
  COMMITTED: { word: 'Committed', tone: 'good', shape: 'check' },
  ROLLING_BACK: { word: 'Rolling back', tone: 'back', shape: 'arc' },
  ROLLED_BACK: { word: 'Rolled back', tone: 'back', shape: 'return' },
  TIMEOUT_ROLLING_BACK: { word: 'Timed out, rolling back', tone: 'back', shape: 'arc' },
  TIMED_OUT: { word: 'Timed out', tone: 'back', shape: 'clock' },
  FAILED: { word: 'Failed', tone: 'bad', shape: 'cross' },
};

const BRANCH: Record<BranchStatus, Look> = {
  REGISTERED: { word: 'Registered', tone: 'busy', shape: 'ring' },
  PREPARED: { word: 'Prepared', tone: 'busy', shape: 'arc' },
  PREPARE_FAILED: { word: 'Prepare failed', tone: 'back', shape: 'cross' },
  COMMITTED: { word: 'Committed', tone: 'good', shape: 'check' },
  ROLLED_BACK: { word: 'Rolled back', tone: 'back', shape: 'return' },
  RETRYING: { word: 'Retrying', tone: 'bad', shape: 'arc' },
  FAILED: { word: 'Failed', tone: 'bad', shape: 'cross' },
};

const EVENT: Record<EventKind, Look> = {
  BEGUN: { word: 'Begun', tone: 'busy', shape: 'ring' },
  BRANCH_REGISTERED: { word: 'Branch registered', tone: 'busy', shape: 'ring' },
  BRANCH_REPORTED: { word: 'Phase one reported', tone: 'busy', shape: 'arc' },
  COMMIT_DECIDED: { word: 'Commit decided', tone: 'good', shape: 'check' },
  ROLLBACK_DECIDED: { word: 'Rollback decided', tone: 'back', shape: 'return' },
  TIMED_OUT: { word: 'Timed out', tone: 'back', shape: 'clock' },
  PHASE_TWO_FAILED: { word: 'Phase two failed, will retry', tone: 'bad', shape: 'cross' },
  COMMIT_FORCED: { word: 'Commit forced', tone: 'good', shape: 'check' },
  ROLLBACK_FORCED: { word: 'Rollback forced', tone: 'back', shape: 'return' },
  ROWS_KEPT: { word: 'Rows kept', tone: 'idle', shape: 'check' },
  ROWS_RESTORED: { word: 'Rows restored', tone: 'back', shape: 'return' },
  SETTLED: { word: 'Settled', tone: 'idle', shape: 'check' },
  BRANCH_COMMITTED: { word: 'Branch committed', tone: 'good', shape: 'check' },
  BRANCH_ROLLED_BACK: { word: 'Branch rolled back', tone: 'back', shape: 'return' },
  ENDED: { word: 'Ended', tone: 'idle', shape: 'check' },
};

const unknown = (constant: string): Look => ({
  word: constant.charAt(0) + constant.slice(1).toLowerCase().replaceAll('_', ' '),
  tone: 'idle',
  shape: 'ring',
});

// A newer server may send a constant that this page has not heard of.
export const ofTransaction = (status: TransactionStatus): Look => TRANSACTION[status] ?? unknown(status);
export const ofBranch = (status: BranchStatus): Look => BRANCH[status] ?? unknown(status);
export const ofEvent = (kind: EventKind): Look => EVENT[kind] ?? unknown(kind);
