// Questions to the server beyond the stream.
import { untrack } from 'svelte';
import type { Decision, Problem, TransactionDetail, TransactionPage } from './contract';

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

/** Does what a person decided, and answers with the transaction as it is then. */
export async function decide(xid: string, decision: Decision): Promise<TransactionDetail> {
  return read(
    await fetch(`/api/v1/transactions/${encodeURIComponent(xid)}/decision`, {
      method: 'POST',
      headers: { accept: 'application/json', 'content-type': 'application/json' },
      body: JSON.stringify(decision),
    }),
  );
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
