// A transaction drawn to scale: one lane for the whole, one for each branch, phase one and phase two as bars.
import type { EventKind, TransactionDetail, TransactionEvent } from './contract';
import { micros } from './format';

export interface Segment {
  phase: 'whole' | 'one' | 'two';
  /** Microseconds from the begin of the transaction. */
  from: number;
  to: number;
}

export interface Mark {
  at: number;
  kind: EventKind;
  text: string;
}

export interface Lane {
  /** The branch's id; empty for the lane of the whole. */
  branch: string;
  segments: Segment[];
  marks: Mark[];
}

export interface Timeline {
  spanMicros: number;
  ticks: number[];
  lanes: Lane[];
}

/** About five round numbers from 0 to the span. */
export function ticks(span: number): number[] {
  const rough = span / 5;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((candidate) => candidate >= rough) ?? rough;
  const out: number[] = [];
  for (let at = 0; at <= span * 1.000001; at += step) out.push(at);
  return out;
}

const DECISIONS: readonly EventKind[] = ['COMMIT_DECIDED', 'ROLLBACK_DECIDED', 'TIMED_OUT'];

/** The picture of a transaction; one that is live goes on until {@code now}. */
export function timeline(detail: TransactionDetail, now: string): Timeline {
  const begin = micros(detail.transaction.beganAt);
  const offset = (iso: string): number => Math.max(0, micros(iso) - begin);
  const moments = [
    ...detail.timeline.map((event) => offset(event.at)),
    ...detail.branches.flatMap((branch) => [branch.registeredAt, branch.endedAt ?? branch.registeredAt].map(offset)),
  ];
  const latest = Math.max(0, ...moments);
  const end = detail.transaction.endedAt ? offset(detail.transaction.endedAt) : Math.max(latest, offset(now));
  const spanMicros = Math.max(1, end, latest);
  const mark = (event: TransactionEvent): Mark => ({ at: offset(event.at), kind: event.kind, text: event.text });
  const decision = detail.timeline.find((event) => DECISIONS.includes(event.kind));
  const decidedAt = decision ? offset(decision.at) : undefined;

  const whole: Lane = {
    branch: '',
    segments: [{ phase: 'whole', from: 0, to: end }],
    marks: detail.timeline.filter((event) => event.branch === undefined).map(mark),
  };
  const branches = detail.branches.map((branch): Lane => {
    const events = detail.timeline.filter((event) => event.branch === branch.id);
    const registered = offset(branch.registeredAt);
    const ended = branch.endedAt ? offset(branch.endedAt) : undefined;
    const reported = events.find((event) => event.kind === 'BRANCH_REPORTED');
    const oneEnds = reported ? offset(reported.at) : (decidedAt ?? ended ?? end);
    const segments: Segment[] = [{ phase: 'one', from: registered, to: Math.max(registered, oneEnds) }];
    const twoBegins = decidedAt ?? ended;
    if (decidedAt !== undefined && twoBegins !== undefined) {
      const from = Math.max(registered, twoBegins);
      segments.push({ phase: 'two', from, to: Math.max(from, ended ?? end) });
    }
    return { branch: branch.id, segments, marks: events.map(mark) };
  });
  return { spanMicros, ticks: ticks(spanMicros), lanes: [whole, ...branches] };
}
