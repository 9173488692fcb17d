// Questions to the server beyond the stream.
import { untrack } from 'svelte';
import type {
  AppraisalDetail,
  AppraisalPage,
  AuditPage,
  AuditVerification,
  Decision,
  DryRun,
  EntryPage,
  Issue,
  Policy,
  PolicyPage,
  Problem,
  SecretDetail,
  SecretPage,
  TransactionDetail,
  TransactionPage,
  TrustState,
  VerdictDetail,
  VerdictPage,
} from './contract';

export class ProblemError extends Error {
  readonly status: number;

  constructor(problem: Problem) {
    super(problem.detail);
    this.status = problem.status;
  }
}

async function ask<T>(path: string, signal: AbortSignal): Promise<T> {
  return read<T>(await fetch(path, { signal, headers: { accept: 'application/json' } }));
}

async function read<T>(response: Response): Promise<T> {
  if (response.ok) return (await response.json()) as T;
  const type = response.headers.get('content-type') ?? '';
  if (type.startsWith('application/problem+json')) throw new ProblemError((await response.json()) as Problem);
  throw new ProblemError({ status: response.status, title: response.statusText, detail: `the server answered ${response.status}` });
}

export function transactions(
  query: { state: 'live' | 'recent'; text: string; limit: number; after?: string },
  signal: AbortSignal,
): Promise<TransactionPage> {
  const parameters = new URLSearchParams({ state: query.state, limit: String(query.limit) });
  if (query.text !== '') parameters.set('q', query.text);
  if (query.after !== undefined) parameters.set('after', query.after);
  return ask(`/api/v1/transactions?${parameters}`, signal);
}

export function transaction(xid: string, signal: AbortSignal): Promise<TransactionDetail> {
  return ask(`/api/v1/transactions/${encodeURIComponent(xid)}`, signal);
}

/** What may be asked about trust; all of it reads, the trial of a policy too. */
export const trust = {
  state: (signal: AbortSignal): Promise<TrustState> => ask('/api/v1/trust', signal),
  entries: (text: string, after: string, signal: AbortSignal): Promise<EntryPage> => ask(`/api/v1/trust/entries?${query({ q: text, after })}`, signal),
  issued: (signal: AbortSignal): Promise<{ issues: Issue[] }> => ask('/api/v1/trust/issued', signal),
  appraisals: (signal: AbortSignal): Promise<AppraisalPage> => ask('/api/v1/trust/appraisals', signal),
  appraisal: (id: string, signal: AbortSignal): Promise<AppraisalDetail> => ask(`/api/v1/trust/appraisals/${encodeURIComponent(id)}`, signal),
  policies: (signal: AbortSignal): Promise<PolicyPage> => ask('/api/v1/trust/policies', signal),
  history: (id: string, signal: AbortSignal): Promise<{ versions: Policy[] }> => ask(`/api/v1/trust/policy?${query({ id })}`, signal),
  verdicts: (text: string, before: string, signal: AbortSignal): Promise<VerdictPage> => ask(`/api/v1/trust/verdicts?${query({ q: text, before })}`, signal),
  verdict: (number: string, signal: AbortSignal): Promise<VerdictDetail> => ask(`/api/v1/trust/verdicts/${encodeURIComponent(number)}`, signal),
  secrets: (text: string, after: string, signal: AbortSignal): Promise<SecretPage> => ask(`/api/v1/trust/secrets?${query({ q: text, after })}`, signal),
  secret: (name: string, signal: AbortSignal): Promise<SecretDetail> => ask(`/api/v1/trust/secret?${query({ name })}`, signal),
  audit: (text: string, before: string, signal: AbortSignal): Promise<AuditPage> => ask(`/api/v1/trust/audit?${query({ q: text, before })}`, signal),
  verify: (signal: AbortSignal): Promise<AuditVerification> => ask('/api/v1/trust/audit/verification', signal),
  dryRun: (policy: string, condition: string, waivers: string[]): Promise<DryRun> => post('/api/v1/trust/dry-run', { policy, condition, waivers }),
};

/** Parameters without those that say nothing. */
function query(parameters: Record<string, string>): URLSearchParams {
  return new URLSearchParams(Object.entries(parameters).filter(([, value]) => value !== ''));
}

async function post<T>(path: string, body: unknown): Promise<T> {
  return read(
    await fetch(path, {
      method: 'POST',
      headers: { accept: 'application/json', 'content-type': 'application/json' },
      body: JSON.stringify(body),
    }),
  );
}

/** Does what a person decided, and answers with the transaction as it is then. */
export function decide(xid: string, decision: Decision): Promise<TransactionDetail> {
  return post(`/api/v1/transactions/${encodeURIComponent(xid)}/decision`, decision);
}

/**
 * Asks again and again, the next time a while after the last answer, until it is told to stop. The page may sleep in a hidden tab: then
 * nobody asks.
 */
export function repeat(everyMillis: number, question: (signal: AbortSignal) => Promise<void>): () => void {
  const aborting = new AbortController();
  let timer: number | undefined;
  const round = async (): Promise<void> => {
    if (!document.hidden) await question(aborting.signal);
    if (!aborting.signal.aborted) timer = window.setTimeout(() => void round(), everyMillis);
  };
  // What the question reads must not make an effect that repeats it run again.
  untrack(() => void round());
  return () => {
    clearTimeout(timer);
    aborting.abort();
  };
}
