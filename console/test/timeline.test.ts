import { describe, expect, test } from 'vitest';
import type { Branch, TransactionDetail, TransactionEvent } from '../src/lib/contract';
import { ticks, timeline } from '../src/lib/timeline';

const at = (micros: number): string => `2026-11-24T12:00:00.${String(micros).padStart(6, '0')}Z`;
const event = (micros: number, kind: TransactionEvent['kind'], branch?: string): TransactionEvent => ({
  at: at(micros),
  kind,
  text: '',
  ...(branch === undefined ? {} : { branch }),
});
const branch = (id: string, registered: number, ended?: number): Branch => ({
  id,
  resource: 'accounts',
  kind: 'TCC',
  status: 'COMMITTED',
  cell: 'east',
  application: '',
  registeredAt: at(registered),
  locks: [],
  step: '',
  rows: '',
  ...(ended === undefined ? {} : { endedAt: at(ended) }),
});
function detail(end: number | undefined, branches: Branch[], events: TransactionEvent[]): TransactionDetail {
  const transaction = { xid: 'x', name: 'n', status: 'COMMITTED' as const, application: '', beganAt: at(0), branchCount: branches.length, cell: '' };
  return { transaction: end === undefined ? transaction : { ...transaction, endedAt: at(end) }, timeoutMillis: 60_000, branches, timeline: events };
}

describe('the timeline', () => {
  test('has the whole, and each branch with its two phases', () => {
    const drawn = timeline(
      detail(5_000, [branch('1', 500, 4_500)], [event(0, 'BEGUN'), event(2_000, 'BRANCH_REPORTED', '1'), event(3_000, 'COMMIT_DECIDED')]),
      at(999_999),
    );
    expect(drawn.spanMicros).toBe(5_000);
    expect(drawn.lanes[0]).toMatchObject({ branch: '', segments: [{ from: 0, to: 5_000 }] });
    expect(drawn.lanes[1]?.segments).toEqual([
      { phase: 'one', from: 500, to: 2_000 },
      { phase: 'two', from: 3_000, to: 4_500 },
    ]);
  });

  test('of a live transaction goes on until now', () => {
    const drawn = timeline(detail(undefined, [branch('1', 500)], [event(0, 'BEGUN')]), at(8_000));
    expect(drawn.spanMicros).toBe(8_000);
    expect(drawn.lanes[1]?.segments).toEqual([{ phase: 'one', from: 500, to: 8_000 }]);
  });

  test('copes with stamps that lie before the begin, and with no time at all', () => {
    const drawn = timeline(detail(0, [], []), at(0));
    expect(drawn.spanMicros).toBe(1);
    expect(drawn.lanes).toHaveLength(1);
  });

  test('reaches to what happened after the end', () => {
    expect(timeline(detail(1_000, [branch('1', 0, 2_000)], []), at(0)).spanMicros).toBe(2_000);
  });
});

test('ticks are round and few', () => {
  expect(ticks(5_000)).toEqual([0, 1_000, 2_000, 3_000, 4_000, 5_000]);
  for (let span = 1; span < 1e9; span *= 1.7) expect(ticks(span).length).toBeLessThanOrEqual(7);
});
