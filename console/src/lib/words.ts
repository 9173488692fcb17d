// What the contract's constants are called on the page, and how they look. A tone never stands alone: a shape and a word go with it.
import type { Authority, BranchStatus, CheckOutcome, EventKind, TransactionStatus } from './contract';

export type Tone = 'busy' | 'good' | 'pass' | 'back' | 'bad' | 'idle';
export type Shape = 'ring' | 'arc' | 'check' | 'return' | 'clock' | 'cross' | 'mind';

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

const CHECK: Record<CheckOutcome, Look> = {
  PASSED: { word: 'Passed', tone: 'pass', shape: 'check' },
  WARNED: { word: 'Passed, to be known', tone: 'back', shape: 'mind' },
  EXCUSABLE: { word: 'Denies unless excused', tone: 'bad', shape: 'cross' },
  FAILED: { word: 'Failed', tone: 'bad', shape: 'cross' },
};
const EXCUSABLE: Look = { word: 'Needs an excuse', tone: 'back', shape: 'mind' };
const EXCUSED: Look = { word: 'Excused by policy', tone: 'back', shape: 'mind' };

const AUTHORITY: Record<Authority['state'], Look> = {
  PUBLISHED: { word: 'Published', tone: 'busy', shape: 'clock' },
  SIGNING: { word: 'Signing', tone: 'pass', shape: 'check' },
  RETIRED: { word: 'Retired', tone: 'idle', shape: 'ring' },
};

const ACTION: Record<string, Look> = {
  release: { word: 'Given', tone: 'pass', shape: 'check' },
  sign: { word: 'Signed', tone: 'pass', shape: 'check' },
  decrypt: { word: 'Decrypted', tone: 'pass', shape: 'check' },
  encrypt: { word: 'Encrypted', tone: 'pass', shape: 'check' },
  refuse: { word: 'Refused', tone: 'bad', shape: 'cross' },
  create: { word: 'Created', tone: 'busy', shape: 'ring' },
  rotate: { word: 'Rotated', tone: 'busy', shape: 'arc' },
  revoke: { word: 'Revoked', tone: 'back', shape: 'return' },
};

export const GRANTED: Look = { word: 'Granted', tone: 'pass', shape: 'check' };
export const REFUSED: Look = { word: 'Refused', tone: 'bad', shape: 'cross' };

const unknown = (constant: string): Look => ({
  word: constant.charAt(0) + constant.slice(1).toLowerCase().replaceAll('_', ' '),
  tone: 'idle',
  shape: 'ring',
});

// A newer server may send a constant that this page has not heard of.
export const ofTransaction = (status: TransactionStatus): Look => TRANSACTION[status] ?? unknown(status);
export const ofBranch = (status: BranchStatus): Look => BRANCH[status] ?? unknown(status);
export const ofAuthority = (state: Authority['state']): Look => AUTHORITY[state] ?? unknown(state);
/** What the audit log says was done, by its stable word: put-entry. */
export const ofAction = (action: string): Look => ACTION[action] ?? unknown(action.toUpperCase().replaceAll('-', '_'));
export const ADMITTED: Look = { word: 'Admitted', tone: 'pass', shape: 'check' };
export const ofArtifact = (admitted: boolean): Look => (admitted ? ADMITTED : REFUSED);
export const ofVerdict = (granted: boolean): Look => (granted ? GRANTED : REFUSED);
/** What was granted had its excusable findings excused; of what was refused, those that a reason names denied. */
export function ofCheck(check: { name: string; outcome: CheckOutcome }, verdict: { granted: boolean; reasons: string[] }): Look {
  if (check.outcome !== 'EXCUSABLE') return CHECK[check.outcome] ?? unknown(check.outcome);
  if (verdict.granted) return EXCUSED;
  return verdict.reasons.some((reason) => reason.includes(check.name)) ? CHECK.EXCUSABLE : EXCUSABLE;
}
export const ofEvent = (kind: EventKind): Look => EVENT[kind] ?? unknown(kind);
