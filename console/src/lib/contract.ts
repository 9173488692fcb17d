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
  /** Whose partition decides about it; empty if there is only one. */
  cell: string;
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

/** How trust stands on the server. Nothing under /api/v1/trust is secret. */
export interface TrustState {
  givesIdentities: boolean;
  keepsSecrets: boolean;
  trouble?: string;
  domain?: TrustDomain;
  seal?: Seal;
  recorded: { granted: number; refused: number };
  policies: number;
  examined: { admitted: number; refused: number };
  audit: { sequence: number; hash: string; checkpoint?: Checkpoint };
}

export interface TrustDomain {
  name: string;
  authorityLifeSeconds: number;
  identityLifeSeconds: number;
  publishingSeconds: number;
  authorities: Authority[];
  entries: number;
  federated: string[];
  attestors: Attestors;
}

export interface Authority {
  number: number;
  state: 'PUBLISHED' | 'SIGNING' | 'RETIRED';
  publishedAt: string;
  signsFrom: string;
  notAfter: string;
  fingerprint: string;
}

export interface Attestors {
  tokens: { name: string; until: string; used: boolean }[];
  roots: { vendor: string; fingerprint: string; owner: string; simulated: boolean }[];
  tpms: number;
  clusters: { name: string; issuer: string; audience: string }[];
}

export interface Seal {
  initialized: boolean;
  isSealed: boolean;
  keeper: string;
  cipher: string;
  threshold: number;
  shares: number;
  given: number;
}

export interface Checkpoint {
  sequence: number;
  at: string;
}

export interface Entry {
  name: string;
  spiffeId: string;
  selectors: string[];
  lifeSeconds?: number;
  hint: string;
  federatesWith: string[];
  owner: string;
  version: number;
  at: string;
  issued: number;
  newest?: Issue;
}

export interface Issue {
  at: string;
  entry: string;
  spiffeId: string;
  notAfter: string;
  to: string;
}

export interface EntryPage {
  entries: Entry[];
  next?: string;
}

/** A request of somebody who proved what it is. */
export interface Appraisal {
  id: string;
  at: string;
  door: 'IDENTITY' | 'SECRETS';
  asked: string;
  who: string;
  proofs: string[];
  evidence: string[];
  simulated: boolean;
  granted: boolean;
  by: string;
  reason: string;
  checks: number;
  failed: number;
  excusable: number;
}

export interface AppraisalPage {
  appraisals: Appraisal[];
  keptMax: number;
}

export interface AppraisalDetail {
  appraisal: Appraisal;
  reasons: string[];
  results: EvidenceResult[];
  whole: boolean;
}

export type Claim = string | number | boolean | Claim[] | { [name: string]: Claim };

export interface EvidenceResult {
  kind: string;
  simulated: boolean;
  at: string;
  validUntil: string;
  checks: Check[];
  vector: { name: string; value: number; tier: 'none' | 'affirming' | 'warning' | 'contraindicated' }[];
  claims: Record<string, Claim>;
  parts: Record<string, EvidenceResult>;
}

export type CheckOutcome = 'PASSED' | 'WARNED' | 'EXCUSABLE' | 'FAILED';

export interface Check {
  name: string;
  outcome: CheckOutcome;
  expected: string;
  found: string;
  waiver: string;
  /** A range of bytes, or a field of a document. */
  where: { source: string; from?: number; bytes?: number; field?: string };
}

/** What came of an artifact that was examined. */
export interface ArtifactVerdict {
  number: number;
  at: string;
  artifact: string;
  sha256: string;
  policy: string;
  policyVersion: number;
  admitted: boolean;
  reason: string;
  signers: string[];
  checks: number;
  failed: number;
}

export interface VerdictPage {
  verdicts: ArtifactVerdict[];
  next?: number;
}

export interface VerdictDetail {
  verdict: ArtifactVerdict;
  checks: Check[];
  left: number;
  holds: boolean;
  answer: string;
  others: ArtifactVerdict[];
}

export interface Policy {
  id: string;
  scope: 'IDENTITY' | 'SECRETS';
  tenant: string;
  name: string;
  version: number;
  owner: string;
  at: string;
  condition: string;
  waivers: string[];
  guards: string[];
}

export interface Reference {
  tenant: string;
  name: string;
  version: number;
  owner: string;
  at: string;
  values: string[];
  count: number;
}

export interface PolicyPage {
  policies: Policy[];
  references: Reference[];
  more: boolean;
}

export interface Verdict {
  granted: boolean;
  reasons: string[];
}

export interface DryRunCase {
  appraisal: string;
  at: string;
  asked: string;
  who: string;
  evidence: string;
  simulated: boolean;
  today: Verdict;
  proposed: Verdict;
}

export interface DryRun {
  cases: DryRunCase[];
  leftOut: number;
}

/** What may be known of a secret; what it holds is in no document. */
export interface Secret {
  name: string;
  algorithm: string;
  exportable: boolean;
  versions: SecretVersion[];
  policy?: string;
  given: number;
  refused: number;
}

export interface SecretVersion {
  number: number;
  owner: string;
  at: string;
  revokedAt?: string;
  publicKey?: string;
}

export interface SecretPage {
  secrets: Secret[];
  next?: string;
}

export interface SecretDetail {
  secret: Secret;
  takings: AuditEntry[];
}

export interface AuditEntry {
  sequence: number;
  at: string;
  actor: string;
  action: string;
  subject: string;
  detail: string;
  hash: string;
}

export interface AuditPage {
  entries: AuditEntry[];
  sequence: number;
  oldest: number;
  next?: number;
}

export interface AuditVerification {
  good: boolean;
  at: string;
  tookMicros: number;
  entries: number;
  sequence: number;
  head: number;
  checkpoints: number;
  newestCheckpoint?: Checkpoint;
  checkpointsSigned: boolean;
  key: string;
  missing: number;
  problems: string[];
}

export interface Problem {
  status: number;
  title: string;
  detail: string;
  field?: string;
  expected?: string;
}
