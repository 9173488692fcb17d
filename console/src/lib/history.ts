// The last five minutes, put together from what the server remembers and what this page has seen.
import type { Sample } from './contract';
import { millis } from './format';

export const HISTORY_MILLIS = 300_000;
/** A hole longer than this is drawn as a hole. */
const GAP_MILLIS = 3_000;

export interface Point extends Sample {
  at: number;
}

const toPoint = (sample: Sample): Point => ({ ...sample, at: millis(sample.time) });

/**
 * Adds samples, in order of time and each once. A server that came back has lost its history, this page has not; but if its clock was
 * set back for longer than the history is, the old points would hide the new ones for ever: then they go.
 */
export function merge(points: readonly Point[], samples: readonly Sample[]): Point[] {
  if (samples.length === 0) return [...points];
  const added = samples.map(toPoint);
  const newestAdded = Math.max(...added.map((point) => point.at));
  const kept = points.filter((point) => point.at <= newestAdded + HISTORY_MILLIS);
  const byTime = new Map<number, Point>();
  for (const point of [...kept, ...added]) byTime.set(point.at, point);
  const sorted = [...byTime.values()].sort((a, b) => a.at - b.at);
  const newest = sorted.at(-1)?.at ?? 0;
  return sorted.filter((point) => point.at > newest - HISTORY_MILLIS);
}

type Column = (number | null)[];

export interface Columns {
  times: number[];
  committed: Column;
  rolledBack: Column;
  p50: Column;
  p99: Column;
  live: Column;
}

/** Points as a chart wants them: seconds, milliseconds, and null where there was nothing. */
export function columns(points: readonly Point[]): Columns {
  const out: Columns = { times: [], committed: [], rolledBack: [], p50: [], p99: [], live: [] };
  let last: number | undefined;
  for (const point of points) {
    if (last !== undefined && point.at - last > GAP_MILLIS) {
      out.times.push((last + 1_000) / 1_000);
      for (const column of [out.committed, out.rolledBack, out.p50, out.p99, out.live]) column.push(null);
    }
    out.times.push(point.at / 1_000);
    out.committed.push(point.committedPerSecond);
    out.rolledBack.push(point.rolledBackPerSecond);
    out.p50.push(point.p50Micros === 0 ? null : point.p50Micros / 1_000);
    out.p99.push(point.p99Micros === 0 ? null : point.p99Micros / 1_000);
    out.live.push(point.live);
    last = point.at;
  }
  return out;
}
