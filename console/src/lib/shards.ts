// The cell map as a picture needs it: every cell with its colour, every shard with its owner.
import type { Cell, CellMap } from './contract';

export interface PlacedCell extends Cell {
  region: string;
  zone: string;
  /** Which of the palette's colours it has: 1 to 8, in the map's order. */
  tint: number;
}

export interface Shard {
  number: number;
  owner: PlacedCell | undefined;
  frozen: boolean;
}

const TINTS = 8;

export function placedCells(map: CellMap): PlacedCell[] {
  const cells = map.regions.flatMap((region) =>
    region.zones.flatMap((zone) => zone.cells.map((cell) => ({ ...cell, region: region.name, zone: zone.name }))),
  );
  return cells.map((cell, index) => ({ ...cell, tint: (index % TINTS) + 1 }));
}

export function shards(map: CellMap): Shard[] {
  const all: Shard[] = Array.from({ length: map.shards }, (_, number) => ({ number, owner: undefined, frozen: false }));
  for (const cell of placedCells(map)) {
    for (const { from, to } of cell.shards) for (const shard of all.slice(from, to + 1)) shard.owner = cell;
    for (const { from, to } of cell.frozen) for (const shard of all.slice(from, to + 1)) shard.frozen = true;
  }
  return all;
}
