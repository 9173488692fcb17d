import { describe, expect, test } from 'vitest';
import type { Check } from '../src/lib/contract';
import { brief, grouped, idParts, lines, place, same, shortName, worst } from '../src/lib/evidence';
import { ofCheck } from '../src/lib/words';

const check = (name: string, outcome: Check['outcome'] = 'PASSED'): Check => ({
  name,
  outcome,
  expected: '',
  found: '',
  waiver: '',
  where: { source: 'quote' },
});

describe('checks', () => {
  const checks = [check('tpm.quote.magic'), check('tpm.endorsement.root', 'FAILED'), check('tpm.challenge'), check('tpm.quote.type', 'WARNED')];

  test('stand with those of their subject, in the order in which they were made', () => {
    expect(grouped(checks).map((group) => [group.name, group.checks.length, group.worst])).toEqual([
      ['tpm.quote', 2, 'WARNED'],
      ['tpm.endorsement', 1, 'FAILED'],
      ['tpm', 1, 'PASSED'],
    ]);
  });

  test('are called by what their group does not say', () => {
    expect(shortName(check('tpm.quote.magic'), 'tpm.quote')).toBe('magic');
    expect(shortName(check('tpm'), 'tpm')).toBe('tpm');
  });

  test('are as bad as the worst of them', () => {
    expect(worst([check('a'), check('b', 'EXCUSABLE'), check('c', 'WARNED'), check('d', 'EXCUSABLE')]).name).toBe('b');
  });

  test('that may be excused are told apart by whether they were, and by whether they were what denied', () => {
    const debug = check('snp.policy.debug', 'EXCUSABLE');
    expect(ofCheck(debug, { granted: true, reasons: [] }).word).toBe('Excused by policy');
    expect(ofCheck(debug, { granted: false, reasons: ['p@1: EXCUSABLE snp.policy.debug: expected no debug'] }).tone).toBe('bad');
    expect(ofCheck(debug, { granted: false, reasons: ['p@1: the condition is false'] }).tone).toBe('back');
    expect(ofCheck(check('a', 'FAILED'), { granted: true, reasons: [] }).tone).toBe('bad');
  });
});

test.each([
  [{ source: 'quote', from: 12, bytes: 32 }, 'quote, bytes 12 to 43'],
  [{ source: 'quote', from: 7, bytes: 1 }, 'quote, byte 7'],
  [{ source: 'quote', from: 7, bytes: 0 }, 'quote, at byte 7'],
  [{ source: 'token', field: 'iat' }, 'token, iat'],
  [{ source: 'chain' }, 'chain'],
])('%j is a place called %s', (where, text) => expect(place(where)).toBe(text));

test('only values that nobody can compare by eye are compared', () => {
  expect(same('0123456789abcdef00', '0123456789abcdee00')).toBe(15);
  expect(same('0123456789abcdef', '0123456789abcdef')).toBe(16);
  expect(same('hardware', 'hard luck')).toBe(0);
});

test('claims are lines, nested ones by their path', () => {
  expect(lines({ a: { b: 1, c: ['x', 'y'] }, d: [{ e: true }], f: 'z' })).toEqual([
    ['a.b', '1'],
    ['a.c', 'x, y'],
    ['d[0].e', 'true'],
    ['f', 'z'],
  ]);
});

test('a SPIFFE ID is a domain and what tells it from its neighbours', () => {
  expect(idParts('spiffe://example.org/a/b')).toEqual({ domain: 'spiffe://example.org', path: '/a/b' });
  expect(idParts('bank/disk/key')).toEqual({ domain: '', path: 'bank/disk/key' });
});

test('a long value is called by its beginning', () => {
  expect(brief(`key ${'9f'.repeat(32)} of ann`)).toBe('key 9f9f9f9f9f… of ann');
  expect(brief('spiffe://example.org/payments')).toBe('spiffe://example.org/payments');
});
