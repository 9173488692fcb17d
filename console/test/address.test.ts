import { describe, expect, test } from 'vitest';
import { START, format, parse, toView, type Address } from '../src/lib/address';

const read = (url: string): Address => parse(new URL(url, 'http://plinth'));

describe('an address', () => {
  const addresses: Partial<Address>[] = [
    {},
    { theme: 'light' },
    { view: 'transactions' },
    { view: 'transactions', state: 'live', text: 'send & pay ü', theme: 'dark' },
    { view: 'transactions', xid: '127.0.0.1:8091:42', text: '8091' },
    { view: 'transactions', xid: 'a/b?c#d%' },
    { view: 'services', text: 'accounts' },
    { view: 'cells', shard: 42 },
    { view: 'trust', text: 'payments' },
    { view: 'trust', part: 'evidence', verdict: 'refused', item: 'identity-7' },
    { view: 'trust', part: 'policies', item: 'identity:acme/booted/well' },
    { view: 'trust', part: 'artifacts', item: '7', text: 'app.jar' },
    { view: 'trust', part: 'secrets', item: 'bank/keys/ledger', theme: 'light' },
    { view: 'trust', part: 'audit', text: 'ann' },
  ];
  test.each(addresses)('%j is read as it was written', (change) => {
    const address = { ...START, ...change };
    expect(read(format(address))).toEqual(address);
  });

  test('of the start is the shortest', () => expect(format(START)).toBe('/'));

  test('says nothing about other views', () => {
    expect(format({ ...START, view: 'cells', text: 'x', xid: 'y', state: 'live', shard: 3 })).toBe('/cells?shard=3');
    expect(format({ ...START, view: 'trust', part: 'audit', item: 'z', verdict: 'refused', shard: 3 })).toBe('/trust/audit');
  });

  test('that is not understood leads to the start, not to an error', () => {
    expect(read('/nowhere?state=dead&theme=pink&shard=-1')).toEqual(START);
    expect(read('/trust/everything/x?verdict=maybe')).toEqual({ ...START, view: 'trust' });
    expect(read('/transactions/%E0%A4%A')).toEqual({ ...START, view: 'transactions', xid: '%E0%A4%A' });
  });

  test('of another view keeps the theme and nothing else', () => {
    const from = read('/transactions/x?state=live&q=a&theme=dark');
    expect(format(toView(from, 'services'))).toBe('/services?theme=dark');
  });
});
