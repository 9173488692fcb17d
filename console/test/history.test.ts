import { describe, expect, test } from 'vitest';
import type { Sample } from '../src/lib/contract';
import { columns, merge } from '../src/lib/history';

const BEGIN = Date.parse('2026-11-24T12:00:00Z');

function sample(second: number, live = second): Sample {
  const time = new Date(BEGIN + second * 1_000).toISOString();
  return { time, committedPerSecond: 1, rolledBackPerSecond: 0, p50Micros: 1_500, p99Micros: 2_500, live };
}
const seconds = (from: number, to: number): Sample[] => Array.from({ length: to - from + 1 }, (_, index) => sample(from + index));
const live = (points: { live: number }[]): number[] => points.map((point) => point.live);

describe('merging', () => {
  test('puts what is known in the order of time, each second once', () => {
    const points = merge(merge([], [sample(3), sample(1)]), [sample(2), sample(3, 33), sample(4)]);
    expect(live(points)).toEqual([1, 2, 33, 4]);
  });

  test('keeps five minutes', () => {
    const points = merge(merge([], seconds(1, 250)), seconds(240, 400));
    expect(points).toHaveLength(300);
    expect(points[0]?.live).toBe(101);
  });

  test('keeps what it saw when a server came back that remembers nothing', () => {
    expect(live(merge(merge([], seconds(1, 3)), []))).toEqual([1, 2, 3]);
    expect(live(merge(merge([], seconds(1, 3)), [sample(9)]))).toEqual([1, 2, 3, 9]);
  });

  test('begins anew when the server’s clock was set back by more than the history', () => {
    expect(live(merge(merge([], seconds(5_000, 5_010)), [sample(1)]))).toEqual([1]);
  });
});

describe('columns', () => {
  test('are in seconds and milliseconds', () => {
    const drawn = columns(merge([], [sample(1)]));
    expect(drawn.times).toEqual([BEGIN / 1_000 + 1]);
    expect(drawn.p50).toEqual([1.5]);
  });

  test('have a hole where the server was away', () => {
    const drawn = columns(merge([], [sample(1), sample(2), sample(9)]));
    expect(drawn.live).toEqual([1, 2, null, 9]);
    expect(drawn.times).toEqual([...drawn.times].sort((a, b) => a - b));
  });

  test('have no latency where nothing ended', () => {
    expect(columns(merge([], [{ ...sample(1), p50Micros: 0, p99Micros: 0 }])).p99).toEqual([null]);
  });
});
