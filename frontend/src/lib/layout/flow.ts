/**
 * The money-flow picture: where every box and ribbon lies when one dollar is one height.
 *
 * Pure functions from payments to positions and SVG paths. The scale (px per USD bn) is found once,
 * from the baseline, and never changed here, so pictures of different quarters and scenarios compare
 * by eye: a collapse looks like one. Nothing assumes that money goes round no circle: a payment
 * whose payee stands in no later column is led back beyond the boxes, on a track of its own.
 *
 * `arrange` keeps room for the largest of several states, so that boxes stay where they are from
 * one state to the next; `draw` puts one state into it; `grown` makes room for a state that needs
 * more, without changing any order.
 */

import { band, turnBack, type Stop } from "./paths";
import {
  at,
  middleOf,
  must,
  pairKey,
  topOf,
  type Arrangement,
  type Box,
  type Frame,
  type Label,
  type Node,
  type Pair,
  type Picture,
  type Ribbon,
  type Rooms,
  type Slot,
  type Span,
  type State,
  type Way,
} from "./shapes";
import { placeSlots, type Before } from "./slots";
import { placeTracks } from "./tracks";
import { byColumn, labelHeight, labelRows, labelWidth, overhang } from "./words";

const LABEL_AWAY = 4;
const DRAIN = 16; // px: how far a payment that leaves the picture is drawn
const SCALE_STEPS = 12;
const NICE = [1, 2, 5];

/** The largest heights over some states, px. */
export function roomsOf(states: Iterable<State>, scale: number): Rooms {
  const pairs = new Map<string, number>();
  const nodes = new Map<string, number>();
  const raise = (map: Map<string, number>, key: string, amount: number): void => {
    map.set(key, Math.max(map.get(key) ?? 0, amount * scale));
  };
  for (const { amounts, received, paid } of states) {
    for (const [key, amount] of amounts) raise(pairs, key, amount);
    for (const side of [received, paid]) for (const [id, amount] of side) raise(nodes, id, amount);
  }
  return { pairs, nodes };
}

/**
 * Rooms without the payments that never reach `least` px; every box keeps its largest one in and
 * out, so that none stands unconnected.
 */
export function seen(rooms: Rooms, pairs: readonly Pair[], least: number): Rooms {
  type Largest = Map<string, { readonly key: string; readonly size: number }>;
  const out: Largest = new Map();
  const into: Largest = new Map();
  const raise = (largest: Largest, end: string, key: string, size: number): void => {
    const known = largest.get(end);
    if (!known || known.size < size) largest.set(end, { key, size });
  };
  for (const { key, payer, payee } of pairs) {
    const size = rooms.pairs.get(key) ?? 0;
    if (size <= 0) continue;
    raise(out, payer, key, size);
    raise(into, payee, key, size);
  }
  const kept = new Set([...out.values(), ...into.values()].map(({ key }) => key));
  const shown = [...rooms.pairs].filter(([key, room]) => room >= least || kept.has(key));
  return { pairs: new Map(shown), nodes: rooms.nodes };
}

/** Rooms that hold both. */
export function joined(one: Rooms, other: Rooms): Rooms {
  const join = (a: ReadonlyMap<string, number>, b: ReadonlyMap<string, number>) => {
    const all = new Map(a);
    for (const [key, size] of b) all.set(key, Math.max(all.get(key) ?? 0, size));
    return all;
  };
  return { pairs: join(one.pairs, other.pairs), nodes: join(one.nodes, other.nodes) };
}

/** Whether something in `other` needs more room than `one` has. */
export function exceeds(other: Rooms, one: Rooms): boolean {
  const more = (a: ReadonlyMap<string, number>, b: ReadonlyMap<string, number>): boolean => {
    for (const [key, size] of a) {
      const had = b.get(key);
      if (had === undefined || size > had + 1e-6) return true;
    }
    return false;
  };
  return more(other.pairs, one.pairs) || more(other.nodes, one.nodes);
}

/**
 * The places of boxes, lanes and tracks with room for `rooms`.
 *
 * Nodes stand in their columns in the order in which they are given; column numbers may have holes.
 * `draft` is only about the size: boxes are not yet drawn towards those they deal with.
 */
export function arrange(
  nodes: readonly Node[],
  pairs: readonly Pair[],
  rooms: Rooms,
  frame: Frame,
  options: { readonly draft?: boolean; readonly before?: Before } = {},
): Arrangement {
  const numbers = [...new Set(nodes.map((node) => node.column))].sort((a, b) => a - b);
  const placed = nodes.map((node) => ({ ...node, column: numbers.indexOf(node.column) }));
  const known = new Set(placed.map((node) => node.id));
  const drawn = pairs.filter((p) => known.has(p.payer) && known.has(p.payee) && rooms.pairs.has(p.key));
  const drains = pairs.filter((p) => known.has(p.payer) && !known.has(p.payee) && rooms.pairs.has(p.key));
  const border = overhang(placed, frame);
  const start = frame.margin + (frame.vertical ? border : frame.heading);
  if (placed.length === 0) {
    const empty = new Map<string, never>();
    const size = 2 * frame.margin;
    return {
      frame, nodes: [], pairs: [], drains: [], rooms, orders: [], slots: empty, lanes: empty, tracks: empty,
      columnAt: [], chainEnd: 0, length: size, breadth: size,
    };
  }
  const before = options.before && moved(options.before, -start);
  const places = placeSlots(placed, drawn, rooms, frame, {
    rounds: options.draft ? 0 : 3,
    ...(before ? { before } : {}),
  });
  const { slots, lanes } = moved(places, start);
  const chainEnd = start + places.total + border;
  const tracks = placeTracks(placed, drawn, slots, rooms, frame, chainEnd);
  return { frame, nodes: placed, pairs: drawn, drains, rooms, orders: places.orders, slots, lanes, chainEnd, ...tracks };
}

/** Slots and lanes `by` px farther across. */
function moved(places: Before, by: number): Before {
  const shift = (slot: Slot): Slot => ({ ...slot, start: slot.start + by });
  return {
    orders: places.orders,
    slots: new Map([...places.slots].map(([key, slot]) => [key, shift(slot)])),
    lanes: new Map([...places.lanes].map(([key, way]) => [key, way.map(shift)])),
  };
}

/** The arrangement with room for more: every order stays, later boxes are pushed on. */
export function grown(arrangement: Arrangement, pairs: readonly Pair[], more: Rooms): Arrangement {
  const rooms = joined(arrangement.rooms, more);
  return arrange(arrangement.nodes, pairs, rooms, arrangement.frame, { before: arrangement });
}

/** One state drawn in an arrangement that has room for it. */
export function draw(arrangement: Arrangement, state: State): Picture {
  const { frame } = arrangement;
  const ports = portsOf(arrangement, state);
  const [width, height] = frame.vertical
    ? [arrangement.breadth, arrangement.length]
    : [arrangement.length, arrangement.breadth];
  const boxes = boxesOf(arrangement, state);
  const ribbons: Ribbon[] = [];
  for (const pair of [...arrangement.pairs, ...arrangement.drains]) {
    const amount = state.amounts.get(pair.key) ?? 0;
    if (amount > 0) ribbons.push(ribbonOf(arrangement, pair, amount, ports));
  }
  return { width, height, boxes, ribbons, labels: labelsOf(arrangement, boxes) };
}

/** The boxes of a state alone, as `draw` places them. */
export function boxesOf(arrangement: Arrangement, state: State): Box[] {
  return arrangement.nodes.map((node) => boxOf(arrangement, node, state));
}

function boxOf(arrangement: Arrangement, node: Node, state: State): Box {
  const { frame } = arrangement;
  const received = state.received.get(node.id) ?? 0;
  const paid = state.paid.get(node.id) ?? 0;
  const along = at(arrangement.columnAt, node.column);
  const across = topOf(must(arrangement.slots, node.id));
  const size = Math.max(received, paid) * frame.scale;
  return frame.vertical
    ? { id: node.id, x: across, y: along, width: size, height: frame.thickness, received, paid }
    : { id: node.id, x: along, y: across, width: frame.thickness, height: size, received, paid };
}

interface Ports {
  readonly out: Map<string, number>;
  readonly into: Map<string, number>;
}

/** Where each flow starts across at its payer and at its payee. */
function portsOf(arrangement: Arrangement, state: State): Ports {
  const sides = { out: new Map<string, Pair[]>(), into: new Map<string, Pair[]>() };
  const note = (side: Map<string, Pair[]>, id: string, pair: Pair): void => {
    const known = side.get(id);
    if (known) known.push(pair);
    else side.set(id, [pair]);
  };
  for (const pair of arrangement.pairs) {
    if ((state.amounts.get(pair.key) ?? 0) <= 0) continue;
    note(sides.out, pair.payer, pair);
    note(sides.into, pair.payee, pair);
  }
  for (const pair of arrangement.drains) {
    if ((state.amounts.get(pair.key) ?? 0) > 0) note(sides.out, pair.payer, pair);
  }
  const stacked = (side: "out" | "into"): Map<string, number> => {
    const starts = new Map<string, number>();
    for (const [id, pairs] of sides[side]) {
      let next = topOf(must(arrangement.slots, id));
      const order = pairs.map((pair) => ({ pair, place: portPlace(arrangement, pair, side) }));
      order.sort((a, b) => comparePlaces(a.place, b.place) || (a.pair.key < b.pair.key ? -1 : 1));
      for (const { pair } of order) {
        starts.set(pair.key, next);
        next += (state.amounts.get(pair.key) ?? 0) * arrangement.frame.scale;
      }
    }
    return starts;
  };
  return { out: stacked("out"), into: stacked("into") };
}

type PortPlace = readonly [number, number, number];

function comparePlaces(one: PortPlace, other: PortPlace): number {
  return one[0] - other[0] || one[1] - other[1] || one[2] - other[2];
}

/**
 * The place of a flow among the ports of one side, by where its other end lies: forward flows
 * first, by the place that they go through next, then the ones that turn back, outer tracks first.
 */
function portPlace(arrangement: Arrangement, pair: Pair, side: "out" | "into"): PortPlace {
  if (!arrangement.slots.has(pair.payee)) return [2, 0, 0];
  const track = arrangement.tracks.get(pair.key);
  if (track) return [1, side === "out" ? -track.outAt : track.inAt, 0];
  const end = must(arrangement.slots, side === "out" ? pair.payee : pair.payer);
  const way = must(arrangement.lanes, pair.key);
  const near = (side === "out" ? way[0] : way.at(-1)) ?? end;
  return [0, middleOf(near), middleOf(end)];
}

function ribbonOf(arrangement: Arrangement, pair: Pair, amount: number, ports: Ports): Ribbon {
  const { scale, vertical } = arrangement.frame;
  const height = amount * scale;
  const start = must(ports.out, pair.key);
  const way = wayOf(arrangement, pair);
  const end = way === "out" ? start : must(ports.into, pair.key);
  const path =
    way === "out"
      ? band([drainOf(arrangement, pair, start)], height, vertical)
      : way === "forward"
      ? band(stopsOf(arrangement, pair, height, [start, end]), height, vertical)
      : pathBack(arrangement, pair, height, [start, end]);
  return {
    key: pair.key,
    payer: pair.payer,
    payee: pair.payee,
    amount,
    height,
    way,
    path,
    outPort: [start, start + height],
    inPort: [end, end + height],
  };
}

/** A payment that leaves the picture, level for a few px. */
function drainOf(arrangement: Arrangement, pair: Pair, across: number): Stop {
  const box = at(arrangement.columnAt, must(arrangement.slots, pair.payer).column);
  const out = box + arrangement.frame.thickness;
  return [out, out + DRAIN, across];
}

function wayOf(arrangement: Arrangement, pair: Pair): Way {
  if (!arrangement.slots.has(pair.payee)) return "out";
  if (!arrangement.tracks.has(pair.key)) return "forward";
  const payer = must(arrangement.slots, pair.payer).column;
  return payer === must(arrangement.slots, pair.payee).column ? "side" : "back";
}

/** Where a forward ribbon runs level: at its payer, in its lanes, at its payee. */
function stopsOf(arrangement: Arrangement, pair: Pair, height: number, ports: Span): Stop[] {
  const { thickness } = arrangement.frame;
  const column = (id: string): number =>
    at(arrangement.columnAt, must(arrangement.slots, id).column);
  const out = column(pair.payer) + thickness;
  const into = column(pair.payee);
  const lanes = must(arrangement.lanes, pair.key).map((lane): Stop => {
    const along = at(arrangement.columnAt, lane.column);
    return [along, along + thickness, middleOf(lane) - height / 2];
  });
  return [[out, out, ports[0]], ...lanes, [into, into, ports[1]]];
}

function pathBack(arrangement: Arrangement, pair: Pair, height: number, ports: Span): string {
  const { thickness, vertical } = arrangement.frame;
  const track = must(arrangement.tracks, pair.key);
  const column = (id: string): number =>
    at(arrangement.columnAt, must(arrangement.slots, id).column);
  const [out, into] = [ports[0] + height / 2, ports[1] + height / 2];
  return turnBack(
    [
      [column(pair.payer) + thickness, out],
      [track.outAt, out],
      [track.outAt, track.backAt],
      [track.inAt, track.backAt],
      [track.inAt, into],
      [column(pair.payee), into],
    ],
    height,
    vertical,
  );
}

/** Labels beyond their boxes, each in the room that its slot gives it. */
function labelsOf(arrangement: Arrangement, boxes: readonly Box[]): Label[] {
  const { frame } = arrangement;
  if (!frame.vertical) {
    return arrangement.nodes.map((node, n) => labelBeside(arrangement, node, at(boxes, n)));
  }
  return byColumn(arrangement.nodes).flatMap((here) => {
    const step = Math.max(0, ...here.map((node) => labelHeight(node, frame)));
    const rows = labelRows(here, arrangement.slots, frame);
    return here.map((node) => labelUnder(arrangement, node, must(rows, node.id) * step));
  });
}

/** The label of a wide picture: level with the box, inside its slot. */
function labelBeside(arrangement: Arrangement, node: Node, box: Box): Label {
  const { frame } = arrangement;
  const slot = must(arrangement.slots, node.id);
  const width = labelWidth(node, frame);
  const height = labelHeight(node, frame);
  const left = at(arrangement.columnAt, node.column) + frame.thickness + LABEL_AWAY;
  const wished = box.y + (box.height - height) / 2;
  const top = Math.min(Math.max(wished, slot.start), slot.start + slot.size - height);
  return {
    id: node.id, lines: node.lines, x: left, y: top + 0.8 * frame.line,
    left, top, right: left + width, bottom: top + height, away: 0,
  };
}

/** The label of a tall picture: under the middle of the slot, `away` px farther down. */
function labelUnder(arrangement: Arrangement, node: Node, away: number): Label {
  const { frame } = arrangement;
  const x = middleOf(must(arrangement.slots, node.id));
  const half = labelWidth(node, frame) / 2;
  const top = at(arrangement.columnAt, node.column) + frame.thickness + LABEL_AWAY + away;
  return {
    id: node.id, lines: node.lines, x, y: top + 0.8 * frame.line,
    left: x - half, top, right: x + half, bottom: top + labelHeight(node, frame), away,
  };
}

/**
 * The largest scale, px per USD bn, at which the picture is about `room` px across.
 *
 * When even the labels need more than `room`, a scale at which the largest column would fill a
 * quarter of it, so that the picture stays readable and grows instead.
 */
export function fittingScale(
  nodes: readonly Node[],
  pairs: readonly Pair[],
  states: readonly State[],
  frame: Frame,
  room: number,
  least = 0,
): number {
  const unit = roomsOf(states, 1);
  const columns = byColumn(nodes).map((here) =>
    here.reduce((sum, node) => sum + (unit.nodes.get(node.id) ?? 0), 0),
  );
  const most = Math.max(0, ...columns);
  if (most <= 0) return 1;
  let low = room / (4 * most);
  let high = (2 * room) / most;
  for (let step = 0; step < SCALE_STEPS; step += 1) {
    const scale = (low + high) / 2;
    const rooms = seen(roomsOf(states, scale), pairs, least);
    const tried = arrange(nodes, pairs, rooms, { ...frame, scale }, { draft: true });
    if (tried.breadth <= room) low = scale;
    else high = scale;
  }
  return low;
}

/** A round amount in USD bn and its height in px, at most `longest` px. */
export function scaleBar(scale: number, longest: number): { amount: number; size: number } {
  const power = 10 ** Math.floor(Math.log10(longest / scale));
  const amounts = NICE.map((nice) => nice * power);
  const amount = Math.max(...amounts.filter((one) => one * scale <= longest * (1 + 1e-9)));
  return { amount, size: amount * scale };
}

export { pairKey };
