/**
 * Along the picture: where columns stand, and the tracks of money that does not go forward.
 *
 * Such a ribbon leaves its payer on the far side, turns beyond all boxes into a level of its own
 * and comes up on the near side of its payee. Where it turns, lower boxes get the inner tracks, so
 * that no ribbon cuts through the stub of another.
 */

import { at, must, type Frame, type Node, type Pair, type Rooms, type Slot, type Track } from "./shapes";
import { byColumn, labelHeight, labelRows, labelWidth } from "./words";

const LEAST_CURVE = 8; // px: the room that ribbons have at least to swing over in

interface Turns {
  readonly out: Map<string, number>;
  readonly into: Map<string, number>;
  readonly roomAfter: number[];
  readonly roomBefore: number[];
}

export interface Tracks {
  readonly tracks: Map<string, Track>;
  readonly columnAt: number[];
  readonly length: number;
  readonly breadth: number;
}

/** Tracks, where each column starts along, and the picture's length and breadth. */
export function placeTracks(
  nodes: readonly Node[],
  pairs: readonly Pair[],
  slots: ReadonlyMap<string, Slot>,
  rooms: Rooms,
  frame: Frame,
  chainEnd: number,
): Tracks {
  const column = new Map(nodes.map((node) => [node.id, node.column]));
  const returning = pairs.filter((p) => must(column, p.payee) <= must(column, p.payer));
  const turns = turnsOf(byColumn(nodes), returning, slots, rooms, frame);
  const { columnAt, length } = columnsOf(turns, frame);
  const ways = new Map<string, readonly [outAt: number, inAt: number]>();
  for (const pair of returning) {
    ways.set(pair.key, [
      at(columnAt, must(column, pair.payer)) + frame.thickness + must(turns.out, pair.key),
      at(columnAt, must(column, pair.payee)) - must(turns.into, pair.key),
    ]);
  }
  const { middles, end } = levelsOf(ways, rooms, frame, chainEnd);
  const tracks = new Map<string, Track>();
  for (const [key, [outAt, inAt]] of ways) {
    tracks.set(key, { outAt, backAt: must(middles, key), inAt, room: rooms.pairs.get(key) ?? 0 });
  }
  const breadth = end + frame.margin + (frame.vertical ? 0 : frame.footer);
  return { tracks, columnAt, length, breadth };
}

function turnsOf(
  columns: readonly (readonly Node[])[],
  returning: readonly Pair[],
  slots: ReadonlyMap<string, Slot>,
  rooms: Rooms,
  frame: Frame,
): Turns {
  const turns: Turns = { out: new Map(), into: new Map(), roomAfter: [], roomBefore: [] };
  for (const here of columns) {
    const ids = new Set(here.map((node) => node.id));
    const labels = labelsAlong(here, slots, frame) + 2 * frame.trackGap;
    const leaving = innerFirst(returning.filter((p) => ids.has(p.payer)), slots, (p) => p.payer);
    const coming = innerFirst(returning.filter((p) => ids.has(p.payee)), slots, (p) => p.payee);
    turns.roomAfter.push(stack(leaving, rooms, labels, frame, turns.out));
    turns.roomBefore.push(coming.length ? stack(coming, rooms, frame.stub, frame, turns.into) : 0);
  }
  return turns;
}

/** How far the labels of a column reach along. */
function labelsAlong(
  here: readonly Node[],
  slots: ReadonlyMap<string, Slot>,
  frame: Frame,
): number {
  if (here.length === 0) return 0;
  if (!frame.vertical) return Math.max(...here.map((node) => labelWidth(node, frame)));
  const rows = 1 + Math.max(...labelRows(here, slots, frame).values());
  return rows * Math.max(...here.map((node) => labelHeight(node, frame)));
}

/** Pairs in the order of their tracks: the lowest box first, short ways first. */
function innerFirst(
  pairs: readonly Pair[],
  slots: ReadonlyMap<string, Slot>,
  end: (pair: Pair) => string,
): Pair[] {
  const ways = (p: Pair): number => must(slots, p.payer).column - must(slots, p.payee).column;
  return [...pairs].sort(
    (a, b) =>
      must(slots, end(b)).start - must(slots, end(a)).start ||
      ways(a) - ways(b) ||
      (a.key < b.key ? -1 : 1),
  );
}

/** Put tracks side by side from `start`, note their middles, and return where they end. */
function stack(
  pairs: readonly Pair[],
  rooms: Rooms,
  start: number,
  frame: Frame,
  offsets: Map<string, number>,
): number {
  let end = start;
  for (const { key } of pairs) {
    const room = rooms.pairs.get(key) ?? 0;
    offsets.set(key, end + room / 2);
    end += room + frame.trackGap;
  }
  return end;
}

function columnsOf(turns: Turns, frame: Frame): { columnAt: number[]; length: number } {
  const heading = frame.vertical ? frame.heading : 0;
  const footer = frame.vertical ? frame.footer : 0;
  const columnAt = [frame.margin + heading + (turns.roomBefore[0] ?? 0)];
  for (let n = 1; n < turns.roomBefore.length; n += 1) {
    const room = at(turns.roomAfter, n - 1) + frame.curveRoom + at(turns.roomBefore, n);
    columnAt.push(at(columnAt, n - 1) + frame.thickness + room);
  }
  const after = turns.roomAfter.at(-1) ?? 0;
  const length = (columnAt.at(-1) ?? 0) + frame.thickness + after + frame.margin + footer;
  const steps = Math.max(1, columnAt.length - 1);
  // Tracks that grew take their room from the curves before the picture gets longer than wished.
  const least = frame.length > 0 ? Math.min(0, (LEAST_CURVE - frame.curveRoom) * (columnAt.length - 1)) : 0;
  const spare = Math.max(least, frame.length - length);
  return { columnAt: columnAt.map((one, n) => one + (spare * n) / steps), length: length + spare };
}

/**
 * The middle of each way back, across, and where the last one ends.
 *
 * Short ways lie nearest to the boxes; ways that do not meet along share a level.
 */
function levelsOf(
  ways: ReadonlyMap<string, readonly [number, number]>,
  rooms: Rooms,
  frame: Frame,
  chainEnd: number,
): { middles: Map<string, number>; end: number } {
  const room = (key: string): number => rooms.pairs.get(key) ?? 0;
  const reach = (key: string): number => must(ways, key)[0] - must(ways, key)[1];
  const meet = (one: string, other: string): boolean => {
    const far = (room(one) + room(other)) / 2 + 2 * frame.stub;
    const [outOne, inOne] = must(ways, one);
    const [outOther, inOther] = must(ways, other);
    return inOne - far < outOther && inOther - far < outOne;
  };
  const levels: string[][] = [];
  for (const key of [...ways.keys()].sort((a, b) => reach(a) - reach(b) || (a < b ? -1 : 1))) {
    const free = levels.find((level) => !level.some((other) => meet(key, other)));
    if (free) free.push(key);
    else levels.push([key]);
  }
  const middles = new Map<string, number>();
  let end = chainEnd + (levels.length ? 2 * frame.stub : 0);
  for (const level of levels) {
    const size = Math.max(...level.map(room));
    for (const key of level) middles.set(key, end + room(key) / 2);
    end += size + frame.trackGap;
  }
  return { middles, end };
}
