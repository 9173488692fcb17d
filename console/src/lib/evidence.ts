// Evidence as a person reads it: checks in groups, where they looked, what differs, claims as lines.
import type { Appraisal, Check, CheckOutcome, Claim, EvidenceResult } from './contract';

const RANKS: readonly CheckOutcome[] = ['PASSED', 'WARNED', 'EXCUSABLE', 'FAILED'];

/** Checks of one subject: `tpm.endorsement` of `tpm.endorsement.root`; what has no subject below its vendor stands with the vendor. */
export interface CheckGroup {
  name: string;
  checks: Check[];
  worst: CheckOutcome;
}

const groupName = (check: string): string => {
  const segments = check.split('.');
  return segments.length > 2 ? segments.slice(0, 2).join('.') : (segments[0] ?? check);
};

/** The first of those that are as bad as any; a group has at least one. */
export const worst = (checks: Check[]): Check =>
  checks.reduce((bad, check) => (RANKS.indexOf(check.outcome) > RANKS.indexOf(bad.outcome) ? check : bad));

/** In the order in which they were made. */
export function grouped(checks: Check[]): CheckGroup[] {
  const groups = new Map<string, Check[]>();
  for (const check of checks) {
    const name = groupName(check.name);
    const there = groups.get(name);
    if (there) there.push(check);
    else groups.set(name, [check]);
  }
  return [...groups].map(([name, members]) => ({ name, checks: members, worst: worst(members).outcome }));
}

/** The check's name below its group's. */
export const shortName = (check: Check, group: string): string =>
  check.name.startsWith(`${group}.`) ? check.name.slice(group.length + 1) : check.name;

/** bytes 12 to 43 of quote */
export function place({ source, from, bytes, field }: Check['where']): string {
  if (from !== undefined && bytes !== undefined) {
    if (bytes === 0) return `${source}, at byte ${from}`;
    return bytes === 1 ? `${source}, byte ${from}` : `${source}, bytes ${from} to ${from + bytes - 1}`;
  }
  return field ? `${source}, ${field}` : source;
}

const HEX = /^[0-9a-f]{16,}/;

/** How many first characters of two values are the same; 0 unless both are of the kind that nobody can compare by eye. */
export function same(expected: string, found: string): number {
  if (!HEX.test(expected) || !HEX.test(found)) return 0;
  let at = 0;
  while (at < expected.length && at < found.length && expected[at] === found[at]) at++;
  return at;
}

/** Claims by name, nested ones by their path. */
export function lines(claims: Record<string, Claim>): [string, string][] {
  return Object.entries(claims).flatMap(([name, claim]) => flat(name, claim));
}

function flat(name: string, claim: Claim): [string, string][] {
  if (Array.isArray(claim)) {
    return claim.every((one) => typeof one !== 'object')
      ? [[name, claim.join(', ')]]
      : claim.flatMap((one, index) => flat(`${name}[${index}]`, one));
  }
  if (typeof claim === 'object') return Object.entries(claim).flatMap(([inner, value]) => flat(`${name}.${inner}`, value));
  return [[name, String(claim)]];
}

/** All checks of a piece of evidence and of its parts. */
export const everyCheck = (result: EvidenceResult): Check[] => [...result.checks, ...Object.values(result.parts).flatMap(everyCheck)];

/** Whom or what an appraisal has in it, for searches. */
export const textOf = (one: Appraisal): string =>
  [one.asked, one.who, one.by, one.reason, one.simulated ? 'simulated' : '', ...one.evidence, ...one.proofs].join(' ').toLowerCase();

/** The trust domain of a SPIFFE ID, which neighbours share, and what tells them apart. */
export function idParts(text: string): { domain: string; path: string } {
  const found = /^(spiffe:\/\/[^/]+)(\/.+)$/.exec(text);
  return { domain: found?.[1] ?? '', path: found?.[2] ?? text };
}

/** 9f2c41…, for what is compared by its beginning. */
export const brief = (text: string): string => text.replace(/[A-Za-z0-9_-]{32,}/g, (long) => `${long.slice(0, 10)}…`);
