// The JSON contract with the server; its other side is the package dev.plinth.server.console. Times are ISO 8601 with microseconds.

export interface Live {
  server: ServerState;
  sample: Sample;
  cells: CellMap;
  services: Service[];
  alerts: Alert[];
}

export interface History {
  samples: Sample[];
}

export interface ServerState {
  name: string;
  version: string;
  startedAt: string;
  dataDirectory: string;
  addresses: { door: string; address: string }[];
}

export interface Sample {
  time: string;
  committedPerSecond: number;
  rolledBackPerSecond: number;
  /** 0: no transaction ended in that second. */
  p50Micros: number;
  p99Micros: number;
  live: number;
}

export interface CellMap {
  epoch: number;
  shardFunction: string;
  shards: number;
  regions: Region[];
}

export interface Region {
  name: string;
  zones: Zone[];
}

export interface Zone {
  name: string;
  cells: Cell[];
}

export interface Cell {
  name: string;
  kind: 'SHARDED' | 'GLOBAL' | 'LOCAL';
  shardCount: number;
  shards: ShardRange[];
  frozen: ShardRange[];
}

export interface ShardRange {
  from: number;
  to: number;
}

export interface Service {
  name: string;
  endpointCount: number;
  endpoints: Endpoint[];
}

export interface Endpoint {
  address: string;
  cell: string;
  zone: string;
  since: string;
  health: 'SERVING' | 'SUSPECT' | 'OFF';
}

export interface Alert {
  id: string;
  severity: 'INFO' | 'WARNING' | 'CRITICAL';
  title: string;
  detail: string;
  since: string;
}

export type TransactionStatus =
  | 'ACTIVE'
  | 'COMMITTING'
  | 'COMMITTED'
  | 'ROLLING_BACK'
  | 'ROLLED_BACK'
  | 'TIMEOUT_ROLLING_BACK'
  | 'TIMED_OUT'
  | 'FAILED';

export type BranchStatus =
  | 'REGISTERED'
  | 'PREPARED'
  | 'PREPARE_FAILED'
  | 'COMMITTED'
  | 'ROLLED_BACK'
  | 'RETRYING'
  | 'FAILED';

export interface Transaction {
  xid: string;
  name: string;
  status: TransactionStatus;
  application: string;
  beganAt: string;
  endedAt?: string;
  branchCount: number;
}

export interface TransactionPage {
  transactions: Transaction[];
  next?: string;
}

export interface Branch {
  id: string;
  resource: string;
  kind: 'AT' | 'TCC' | 'SAGA' | 'XA';
  status: BranchStatus;
  cell: string;
  application: string;
  registeredAt: string;
  endedAt?: string;
  locks: string[];
  /** The name of the step, in a Saga of the SDK; empty in all else. */
  step: string;
  /** JSON of a RowReport; empty if no rows were changed behind its back. */
  rows: string;
}

/** Rows that somebody changed behind a branch's back; each state is null where the row was not there. */
export interface RowReport {
  dirty: DirtyRow[];
  /** Rows that the report has no room for. */
  more: number;
}

export interface DirtyRow {
  table: string;
  key: string;
  fingerprint: string;
  before: Record<string, string> | null;
  after: Record<string, string> | null;
  now: Record<string, string> | null;
}

export type EventKind =
  | 'BEGUN'
  | 'BRANCH_REGISTERED'
  | 'BRANCH_REPORTED'
  | 'COMMIT_DECIDED'
  | 'ROLLBACK_DECIDED'
  | 'TIMED_OUT'
  | 'PHASE_TWO_FAILED'
  | 'COMMIT_FORCED'
  | 'ROLLBACK_FORCED'
  | 'SETTLED'
  | 'ROWS_KEPT'
  | 'ROWS_RESTORED'
  | 'BRANCH_COMMITTED'
  | 'BRANCH_ROLLED_BACK'
  | 'ENDED';

export interface TransactionEvent {
  at: string;
  kind: EventKind;
  branch?: string;
  text: string;
}

export interface TransactionDetail {
  transaction: Transaction;
  timeoutMillis: number;
  branches: Branch[];
  timeline: TransactionEvent[];
}

/** What a person decides about a transaction that hangs; who and why stay in its timeline. */
export interface Decision {
  deed: 'COMMIT' | 'ROLLBACK' | 'KEEP' | 'RESTORE' | 'SETTLE';
  /** The fingerprints of the rows that were shown. */
  seen?: string[];
  operator: string;
  reason: string;
}

export interface Problem {
  status: number;
  title: string;
  detail: string;
  field?: string;
  expected?: string;
}
