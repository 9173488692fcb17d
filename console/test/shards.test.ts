import { expect, test } from 'vitest';
import type { Cell, CellMap } from '../src/lib/contract';
import { placedCells, shards } from '../src/lib/shards';

const cell = (name: string, from: number, to: number, frozen: Cell['frozen'] = []): Cell => ({
  name,
  kind: 'SHARDED',
  shardCount: to - from + 1,
  shards: [{ from, to }],
  frozen,
});
const map: CellMap = {
  epoch: 1,
  shardFunction: 'last digit',
  shards: 10,
  regions: [
    { name: 'r', zones: [{ name: 'east', cells: [cell('a', 0, 3)] }, { name: 'west', cells: [cell('b', 4, 8, [{ from: 6, to: 7 }])] }] },
  ],
};

test('every shard has its owner, or none', () => {
  expect(shards(map).map((shard) => shard.owner?.name ?? '-').join('')).toBe('aaaabbbbb-');
});

test('frozen shards are those of the ranges', () => {
  expect(shards(map).filter((shard) => shard.frozen).map((shard) => shard.number)).toEqual([6, 7]);
});

test('cells know their place and have colours of their own', () => {
  expect(placedCells(map).map((one) => [one.zone, one.tint])).toEqual([['east', 1], ['west', 2]]);
});
