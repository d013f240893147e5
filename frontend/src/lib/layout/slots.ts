/**
 * Across the picture: the order and the places of boxes and of ribbons passing between them.
 *
 * A ribbon that passes a column gets a lane of its own there, so it never runs over a box. Boxes
 * keep the order they are given in; lanes go between them where a straight line would pass. Places
 * then follow their neighbours: least squares under order and spacing (isotonic regression).
 */

import { at, must, type Frame, type Node, type Pair, type Rooms, type Slot } from "./shapes";
import { byColumn, labelAcross } from "./words";

const ROUNDS = 3;
const SWEEPS = 6;

/** How boxes and lanes are told apart in one order: a lane's key carries its pair and column. */
type Key = string;
const LANE = "lane ";

interface Route {
  readonly pair: Pair;
  readonly keys: readonly Key[];
}

/** Another picture's orders and places, which a grown picture keeps as far as it can. */
export interface Before {
  readonly orders: readonly (readonly Key[])[];
  readonly slots: ReadonlyMap<string, Slot>;
  readonly lanes: ReadonlyMap<string, readonly Slot[]>;
}

export interface Places {
  readonly orders: Key[][];
  readonly slots: Map<string, Slot>;
  readonly lanes: Map<string, Slot[]>;
  readonly total: number;
}

interface Task {
  readonly frame: Frame;
  readonly size: ReadonlyMap<Key, number>;
  readonly routes: readonly Route[];
  readonly weight: (pair: Pair) => number;
}

/**
 * Slots for every box, lanes for every long forward flow, and the size across.
 *
 * `rounds` says how often places are drawn towards their neighbours; 0 is a draft. With `before`
 * nothing is drawn anywhere: orders stay, and what needs more room pushes what follows it.
 */
export function placeSlots(
  nodes: readonly Node[],
  pairs: readonly Pair[],
  rooms: Rooms,
  frame: Frame,
  options: { readonly rounds?: number; readonly before?: Before } = {},
): Places {
  const column = new Map(nodes.map((node) => [node.id, node.column]));
  const routes = pairs
    .filter((pair) => must(column, pair.payer) < must(column, pair.payee))
    .map((pair) => route(pair, column));
  const columns = byColumn(nodes);
  const size = sizes(columns, routes, rooms, frame);
  const weight = (pair: Pair): number => rooms.pairs.get(pair.key) ?? 0;
  const task = { frame, size, routes, weight };
  const boxes = columns.map((here) => here.map((node) => node.id));
  const { orders, starts } = options.before
    ? pushed(task, options.before)
    : settled(boxes, task, options.rounds ?? ROUNDS);
  const slots = new Map<string, Slot>();
  for (const node of nodes) {
    const room = rooms.nodes.get(node.id) ?? 0;
    slots.set(node.id, {
      column: node.column,
      start: must(starts, node.id),
      size: must(size, node.id),
      room,
    });
  }
  const lanes = new Map<string, Slot[]>();
  for (const { pair, keys } of routes) {
    const first = must(column, pair.payer);
    const way = keys.slice(1, -1).map((key, step) => {
      const room = must(size, key);
      return { column: first + step + 1, start: must(starts, key), size: room, room };
    });
    lanes.set(pair.key, way);
  }
  let total = 0;
  for (const [key, start] of starts) total = Math.max(total, start + must(size, key));
  return { orders, slots, lanes, total };
}

/** What a forward flow passes: payer, a lane in each column between, payee. */
function route(pair: Pair, column: ReadonlyMap<string, number>): Route {
  const keys: Key[] = [pair.payer];
  for (let n = must(column, pair.payer) + 1; n < must(column, pair.payee); n += 1) {
    keys.push(`${LANE}${n} ${pair.key}`);
  }
  return { pair, keys: [...keys, pair.payee] };
}

function sizes(
  columns: readonly (readonly Node[])[],
  routes: readonly Route[],
  rooms: Rooms,
  frame: Frame,
): Map<Key, number> {
  const size = new Map<Key, number>();
  for (const here of columns) {
    const label = labelAcross(here, frame);
    for (const node of here) {
      size.set(node.id, Math.max(rooms.nodes.get(node.id) ?? 0, label(node)));
    }
  }
  for (const { pair, keys } of routes) {
    for (const key of keys.slice(1, -1)) size.set(key, rooms.pairs.get(pair.key) ?? 0);
  }
  return size;
}

function settled(
  boxes: readonly (readonly Key[])[],
  task: Task,
  rounds: number,
): { orders: Key[][]; starts: Map<Key, number> } {
  let orders = boxes.map((order) => [...order]);
  let starts = centred(orders, task, Math.max(...orders.map((order) => extent(order, task))));
  for (let turn = 0; turn < Math.max(1, rounds); turn += 1) {
    orders = withLanes(boxes, task, starts);
    const total = Math.max(...orders.map((order) => extent(order, task)));
    starts = centred(orders, task, total);
    if (turn < rounds) relax(orders, task, starts, total);
  }
  return { orders, starts };
}

function isLane(key: Key): boolean {
  return key.startsWith(LANE);
}

/** The space between two neighbours: lanes lie closer than boxes do. */
function gap(one: Key, other: Key, frame: Frame): number {
  return isLane(one) && isLane(other) ? frame.laneGap : frame.nodeGap;
}

function extent(order: readonly Key[], task: Task): number {
  let sum = 0;
  order.forEach((key, n) => {
    const next = order[n + 1];
    sum += must(task.size, key) + (next === undefined ? 0 : gap(key, next, task.frame));
  });
  return sum;
}

/** Starts with every column packed in the middle of `total`. */
function centred(
  orders: readonly (readonly Key[])[],
  task: Task,
  total: number,
): Map<Key, number> {
  const starts = new Map<Key, number>();
  for (const order of orders) {
    let here = (total - extent(order, task)) / 2;
    order.forEach((key, n) => {
      starts.set(key, here);
      const next = order[n + 1];
      here += must(task.size, key) + (next === undefined ? 0 : gap(key, next, task.frame));
    });
  }
  return starts;
}

/** The columns with lanes put between the boxes where a straight line would pass. */
function withLanes(
  boxes: readonly (readonly Key[])[],
  task: Task,
  starts: ReadonlyMap<Key, number>,
): Key[][] {
  const middle = (key: Key): number => must(starts, key) + must(task.size, key) / 2;
  const wishes = boxes.map(() => [] as [number, Key][]);
  for (const [key, column, wish] of straight(task.routes, middle)) at(wishes, column).push([wish, key]);
  return boxes.map((order, n) => merged(order, middle, at(wishes, n)));
}

/** Every lane with its column and where a straight line from payer to payee would pass it. */
function* straight(
  routes: readonly Route[],
  middle: (key: Key) => number,
): Generator<[Key, number, number]> {
  for (const { keys } of routes) {
    const first = middle(at(keys, 0));
    const last = middle(at(keys, keys.length - 1));
    for (let step = 1; step < keys.length - 1; step += 1) {
      const key = at(keys, step);
      yield [key, columnOf(key), first + (step / (keys.length - 1)) * (last - first)];
    }
  }
}

function columnOf(lane: Key): number {
  return Number.parseInt(lane.slice(LANE.length), 10);
}

function merged(
  order: readonly Key[],
  middle: (key: Key) => number,
  wishes: readonly [number, Key][],
): Key[] {
  const all: [number, number, Key][] = [
    ...wishes.map(([wish, key]): [number, number, Key] => [placeAmong(order, middle, wish), wish, key]),
    ...order.map((key, n): [number, number, Key] => [n + 0.5, 0, key]),
  ];
  all.sort((a, b) => a[0] - b[0] || a[1] - b[1] || (a[2] < b[2] ? -1 : 1));
  return all.map(([, , key]) => key);
}

/** How many of the boxes lie before a wished place; boxes need not be in the order of middles. */
function placeAmong(order: readonly Key[], middle: (key: Key) => number, wish: number): number {
  let low = 0;
  let high = order.length;
  while (low < high) {
    const half = (low + high) >> 1;
    if (middle(at(order, half)) <= wish) low = half + 1;
    else high = half;
  }
  return low;
}

/** Move every item towards its neighbours, column by column there and back. */
function relax(
  orders: readonly (readonly Key[])[],
  task: Task,
  starts: Map<Key, number>,
  total: number,
): void {
  const near = new Map<Key, [Key, number][]>();
  const link = (one: Key, other: Key, weight: number): void => {
    const known = near.get(one);
    if (known) known.push([other, weight]);
    else near.set(one, [[other, weight]]);
  };
  for (const { pair, keys } of task.routes) {
    for (let n = 0; n + 1 < keys.length; n += 1) {
      link(at(keys, n), at(keys, n + 1), task.weight(pair));
      link(at(keys, n + 1), at(keys, n), task.weight(pair));
    }
  }
  for (let sweep = 0; sweep < SWEEPS; sweep += 1) {
    const there = sweep % 2 ? [...orders] : [...orders].reverse();
    for (const order of there) settleColumn(order, task, near, starts, total);
  }
}

function settleColumn(
  order: readonly Key[],
  task: Task,
  near: ReadonlyMap<Key, readonly [Key, number][]>,
  starts: Map<Key, number>,
  total: number,
): void {
  const wished: number[] = [];
  const weights: number[] = [];
  for (const key of order) {
    let mass = 0;
    let sum = 0;
    for (const [other, weight] of near.get(key) ?? []) {
      mass += weight;
      sum += weight * (must(starts, other) + must(task.size, other) / 2);
    }
    wished.push(mass > 0 ? sum / mass - must(task.size, key) / 2 : must(starts, key));
    weights.push(1e-3 + mass);
  }
  const steps = order
    .slice(0, -1)
    .map((key, n) => must(task.size, key) + gap(key, at(order, n + 1), task.frame));
  const room = total - extent(order, task);
  spread(wished, weights, steps, room).forEach((start, n) => starts.set(at(order, n), start));
}

/**
 * The places nearest to the wished ones that keep their order and distances.
 *
 * `steps` holds the least distance from each start to the next. The first start lies in [0, room],
 * and so do all others less their steps. Isotonic regression by pooling adjacent violators
 * (Barlow et al. 1972).
 */
export function spread(
  wished: readonly number[],
  weights: readonly number[],
  steps: readonly number[],
  room: number,
): number[] {
  const pools: { mean: number; mass: number; count: number }[] = [];
  const offsets: number[] = [];
  let offset = 0;
  wished.forEach((wish, n) => {
    offsets.push(offset);
    const pool = { mean: wish - offset, mass: at(weights, n), count: 1 };
    for (let last = pools.at(-1); last && last.mean >= pool.mean; last = pools.at(-1)) {
      pool.mean = (pool.mean * pool.mass + last.mean * last.mass) / (pool.mass + last.mass);
      pool.mass += last.mass;
      pool.count += last.count;
      pools.pop();
    }
    pools.push(pool);
    offset += steps[n] ?? 0;
  });
  const places: number[] = [];
  for (const { mean, count } of pools) {
    const kept = Math.min(Math.max(mean, 0), Math.max(room, 0));
    for (let n = 0; n < count; n += 1) places.push(kept + at(offsets, places.length));
  }
  return places;
}

/** Places of a grown picture: known orders stay, new lanes are put in, the rest is pushed on. */
function pushed(task: Task, before: Before): { orders: Key[][]; starts: Map<Key, number> } {
  const old = oldStarts(before);
  const middle = (key: Key): number => must(old, key) + must(task.size, key) / 2;
  const fresh = before.orders.map(() => [] as [number, Key][]);
  for (const [key, column, wish] of straight(task.routes, middle)) {
    if (!old.has(key)) at(fresh, column).push([wish, key]);
  }
  const starts = new Map<Key, number>();
  const orders = before.orders.map((order, n) => {
    const all = merged(order, middle, at(fresh, n));
    push(all, old, task, starts);
    return all;
  });
  return { orders, starts };
}

function oldStarts(before: Before): Map<Key, number> {
  const old = new Map<Key, number>();
  for (const [id, slot] of before.slots) old.set(id, slot.start);
  for (const [key, lanes] of before.lanes) {
    for (const lane of lanes) old.set(`${LANE}${lane.column} ${key}`, lane.start);
  }
  return old;
}

function push(
  order: readonly Key[],
  old: ReadonlyMap<Key, number>,
  task: Task,
  starts: Map<Key, number>,
): void {
  let least = 0;
  order.forEach((key, n) => {
    const start = Math.max(old.get(key) ?? least, least);
    starts.set(key, start);
    const next = order[n + 1];
    least = start + must(task.size, key) + (next === undefined ? 0 : gap(key, next, task.frame));
  });
}
