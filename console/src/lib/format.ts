// How figures are written: few digits, always the same width for the same size of thing, the unit never far.

export interface Figure {
  value: string;
  unit: string;
}

const grouped = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });

/** Three significant digits at most, without an exponent. */
function threeDigits(value: number): string {
  if (value >= 100) return String(Math.round(value));
  if (value >= 10) return value.toFixed(1);
  return value.toFixed(2);
}

export function count(value: number): string {
  return grouped.format(value);
}

export function rate(perSecond: number): string {
  if (perSecond === 0) return '0';
  return perSecond < 9.95 ? perSecond.toFixed(1) : grouped.format(perSecond);
}

/** A duration in the unit that suits its size. */
export function duration(micros: number): Figure {
  if (micros < 999.5) return { value: String(Math.round(micros)), unit: 'µs' };
  const millis = micros / 1_000;
  if (millis < 999.5) return { value: threeDigits(millis), unit: 'ms' };
  const seconds = millis / 1_000;
  if (seconds < 59.95) return { value: threeDigits(seconds), unit: 's' };
  const minutes = seconds / 60;
  if (minutes < 59.95) return { value: threeDigits(minutes), unit: 'min' };
  return { value: threeDigits(minutes / 60), unit: 'h' };
}

export function durationText(micros: number): string {
  const { value, unit } = duration(micros);
  return `${value} ${unit}`;
}

/** How long ago something was, coarsely. */
export function ago(millis: number): string {
  const seconds = Math.max(0, Math.floor(millis / 1_000));
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return minutes % 60 === 0 ? `${hours} h` : `${hours} h ${minutes % 60} min`;
  return `${Math.floor(hours / 24)} d`;
}

/** Microseconds since 1970 of an ISO time; Date alone would drop what is below the millisecond. */
export function micros(iso: string): number {
  const fraction = /\.(\d+)/.exec(iso)?.[1] ?? '';
  const whole = Date.parse(iso.replace(/\.\d+/, ''));
  return whole * 1_000 + Number(fraction.padEnd(6, '0').slice(0, 6));
}

export function millis(iso: string): number {
  return micros(iso) / 1_000;
}

const clock = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit', second: '2-digit' });

/** The time of day here, with milliseconds. */
export function timeOfDay(iso: string): string {
  const at = millis(iso);
  return `${clock.format(at)}.${String(Math.floor(at % 1_000)).padStart(3, '0')}`;
}

const XID_TAIL = 7;

/** The coordinator's address, the digits that neighbours share, and those that tell them apart. */
export function xidParts(xid: string): { address: string; lead: string; tail: string } {
  const colon = xid.lastIndexOf(':');
  const cut = Math.max(colon + 1, xid.length - XID_TAIL);
  return { address: xid.slice(0, colon + 1), lead: xid.slice(colon + 1, cut), tail: xid.slice(cut) };
}

export function plural(value: number, one: string, many = `${one}s`): string {
  return `${count(value)} ${value === 1 ? one : many}`;
}

/** 0–49, 60, 62–99 */
export function ranges(list: { from: number; to: number }[]): string {
  return list.map(({ from, to }) => (from === to ? `${from}` : `${from}–${to}`)).join(', ');
}
