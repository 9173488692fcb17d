import { expect, test } from 'vitest';
import type { Endpoint, Service } from '../src/lib/contract';
import { GONE_MILLIS, follow } from '../src/lib/presence';

const endpoint = (address: string): Endpoint => ({ address, cell: 'a', zone: 'z', since: '2026-11-24T12:00:00Z', health: 'SERVING' });
const service = (name: string, ...addresses: string[]): Service => ({
  name,
  endpointCount: addresses.length,
  endpoints: addresses.map(endpoint),
});

test('an endpoint that went is shown as gone for a minute, with when', () => {
  let seen = follow([], [service('s', 'h:1', 'h:2')], 0);
  seen = follow(seen, [service('s', 'h:1')], 1_000);
  seen = follow(seen, [service('s', 'h:1')], 2_000);
  expect(seen[0]?.endpoints.map((one) => one.goneAt)).toEqual([undefined, 1_000]);
  expect(seen[0]?.endpointCount).toBe(1);
  expect(follow(seen, [service('s', 'h:1')], 1_000 + GONE_MILLIS)[0]?.endpoints).toHaveLength(1);
});

test('an endpoint that came back is there', () => {
  let seen = follow([], [service('s', 'h:1')], 0);
  seen = follow(seen, [service('s')], 1_000);
  seen = follow(seen, [service('s', 'h:1')], 2_000);
  expect(seen[0]?.endpoints).toEqual([endpoint('h:1')]);
});

test('a service whose last endpoint went stays as long as that endpoint is shown', () => {
  const seen = follow(follow([], [service('s', 'h:1')], 0), [], 1_000);
  expect(seen.map((one) => [one.name, one.endpointCount])).toEqual([['s', 0]]);
  expect(follow(seen, [], 1_000 + GONE_MILLIS)).toEqual([]);
});

test('what the server left out for length is not gone', () => {
  const seen = follow([], [service('s', 'h:1', 'h:2')], 0);
  const cut = { ...service('s', 'h:1'), endpointCount: 2 };
  expect(follow(seen, [cut], 1_000)[0]?.endpoints).toHaveLength(1);
});

test('a place that two sessions vouch for is shown once', () => {
  expect(follow([], [service('s', 'h:1', 'h:1')], 0)[0]?.endpoints).toHaveLength(1);
});

test('addresses are in the order that a reader expects', () => {
  const seen = follow([], [service('s', 'h:100', 'h:20')], 0);
  expect(seen[0]?.endpoints.map((one) => one.address)).toEqual(['h:20', 'h:100']);
});
