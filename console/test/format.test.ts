import { describe, expect, test } from 'vitest';
import { ago, duration, durationText, micros, ranges, rate, xidParts } from '../src/lib/format';

describe('durations', () => {
  test.each([
    [0, '0 µs'],
    [999, '999 µs'],
    [999.7, '1.00 ms'],
    [2_345, '2.35 ms'],
    [23_450, '23.4 ms'],
    [234_500, '235 ms'],
    [999_700, '1.00 s'],
    [2_340_000, '2.34 s'],
    [59_960_000, '1.00 min'],
    [7_200_000_000, '2.00 h'],
  ])('%d microseconds read %s', (value, text) => expect(durationText(value)).toBe(text));

  test('never need more than five characters before the unit', () => {
    for (let value = 1; value < 1e11; value = Math.ceil(value * 1.037)) expect(duration(value).value.length).toBeLessThan(6);
  });
});

describe('times', () => {
  test('keep their microseconds', () => {
    expect(micros('2026-11-24T12:00:00.002345Z') - micros('2026-11-24T12:00:00Z')).toBe(2_345);
    expect(micros('2026-11-24T12:00:00.5Z') - micros('2026-11-24T12:00:00Z')).toBe(500_000);
  });
  test.each([
    [-5, '0 s'],
    [59_999, '59 s'],
    [60_000, '1 min'],
    [3_600_000, '1 h'],
    [5_400_000, '1 h 30 min'],
    [200_000_000, '2 d'],
  ])('%d ms ago reads %s', (value, text) => expect(ago(value)).toBe(text));
});

test('rates keep a digit while they are small', () => {
  expect([0, 0.25, 9.94, 9.96, 1_234.5].map(rate)).toEqual(['0', '0.3', '9.9', '10', '1,235']);
});

test('an XID is a coordinator and an id whose last digits matter', () => {
  expect(xidParts('127.0.0.1:8091:42')).toEqual({ address: '127.0.0.1:8091:', lead: '', tail: '42' });
  expect(xidParts('h:1:9007199258882302')).toEqual({ address: 'h:1:', lead: '900719925', tail: '8882302' });
  expect(xidParts('odd')).toEqual({ address: '', lead: '', tail: 'odd' });
});

test('ranges of one shard are one number', () => {
  expect(ranges([{ from: 0, to: 49 }, { from: 60, to: 60 }])).toBe('0–49, 60');
});
