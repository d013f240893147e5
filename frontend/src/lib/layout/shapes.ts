/**
 * The shapes of the money-flow picture, in flow coordinates.
 *
 * `along` is the direction in which money goes, `across` the one in which dollars are measured. A
 * wide picture maps (along, across) to (x, y); a tall one, for phones, to (y, x).
 */

export type Role = "segment" | "pool" | "source" | "firm" | "sink";
/** `out` leaves the picture: its payee is not shown. */
export type Way = "forward" | "side" | "back" | "out";
export type Span = readonly [start: number, end: number];

/** A box: who it is, the lines of its name, and the column in which it stands. */
export interface Node {
  readonly id: string;
  readonly lines: readonly string[];
  readonly column: number;
}

/** Who pays whom; `key` names the pair. */
export interface Pair {
  readonly key: string;
  readonly payer: string;
  readonly payee: string;
}

/** What one picture shows: USD bn by pair, and what each box received and paid in all. */
export interface State {
  readonly amounts: ReadonlyMap<string, number>;
  readonly received: ReadonlyMap<string, number>;
  readonly paid: ReadonlyMap<string, number>;
}

/** Sizes in px. `scale` is px per USD bn, the same in every picture that is compared. */
export interface Frame {
  readonly scale: number;
  /** Wished size along; it grows when labels and tracks need more. */
  readonly length: number;
  readonly vertical: boolean;
  /** Of a box, along. */
  readonly thickness: number;
  readonly nodeGap: number;
  readonly laneGap: number;
  readonly curveRoom: number;
  readonly trackGap: number;
  /** From a box to the nearest track on its near side. */
  readonly stub: number;
  readonly margin: number;
  /** Of a tall picture: labels of neighbours stand in turns in so many rows. */
  readonly labelRows: number;
  /** For the names of columns, before the boxes. */
  readonly heading: number;
  /** For the scale bar, after everything. */
  readonly footer: number;
  readonly font: number;
  readonly line: number;
}

/** Room kept for a box or a passing ribbon: `size` px from `start`, of which a state needs `room`. */
export interface Slot {
  readonly column: number;
  readonly start: number;
  readonly size: number;
  readonly room: number;
}

/** The way of a ribbon that does not go forward: out, back beyond the boxes, and in again. */
export interface Track {
  readonly outAt: number;
  readonly backAt: number;
  readonly inAt: number;
  readonly room: number;
}

/** The largest height in px that anything needs in any state that will be drawn. */
export interface Rooms {
  readonly pairs: ReadonlyMap<string, number>;
  readonly nodes: ReadonlyMap<string, number>;
}

/** Where everything is, the same for every state that is drawn in it. */
export interface Arrangement {
  readonly frame: Frame;
  readonly nodes: readonly Node[];
  readonly pairs: readonly Pair[];
  /** Payments of boxes to somebody who is not shown: drawn as short ends. */
  readonly drains: readonly Pair[];
  readonly rooms: Rooms;
  /** Keys of boxes and lanes in each column, in their order; see `slots.ts`. */
  readonly orders: readonly (readonly string[])[];
  readonly slots: ReadonlyMap<string, Slot>;
  readonly lanes: ReadonlyMap<string, readonly Slot[]>;
  readonly tracks: ReadonlyMap<string, Track>;
  readonly columnAt: readonly number[];
  readonly chainEnd: number;
  readonly length: number;
  readonly breadth: number;
}

/** A drawn box in picture coordinates. */
export interface Box {
  readonly id: string;
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  readonly received: number;
  readonly paid: number;
}

/** A drawn payment: forward ones are filled outlines, the others a line `height` px wide. */
export interface Ribbon {
  readonly key: string;
  readonly payer: string;
  readonly payee: string;
  readonly amount: number;
  readonly height: number;
  readonly way: Way;
  readonly path: string;
  readonly outPort: Span;
  /** Of a payment that leaves the picture: the same as `outPort`. */
  readonly inPort: Span;
}

/** The lines of a box's name, the first baseline, and the rectangle that they may fill. */
export interface Label {
  readonly id: string;
  readonly lines: readonly string[];
  readonly x: number;
  readonly y: number;
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
  /** In a tall picture: the distance from the box that a leader bridges. */
  readonly away: number;
}

export interface Picture {
  readonly width: number;
  readonly height: number;
  readonly boxes: readonly Box[];
  readonly ribbons: readonly Ribbon[];
  readonly labels: readonly Label[];
}

export function pairKey(payer: string, payee: string): string {
  return `${payer} > ${payee}`;
}

export function middleOf(slot: Slot): number {
  return slot.start + slot.size / 2;
}

/** Where the largest height starts, centred in its slot. */
export function topOf(slot: Slot): number {
  return slot.start + (slot.size - slot.room) / 2;
}

/** What a look-up must find; a missing key is a bug of ours, told at once. */
export function must<K, V>(map: ReadonlyMap<K, V>, key: K): V {
  const found = map.get(key);
  if (found === undefined) throw new Error(`The layout lost ${String(key)}.`);
  return found;
}

export function at<T>(list: readonly T[], index: number): T {
  const found = list[index];
  if (found === undefined) throw new Error(`The layout looked for place ${index} of ${list.length}.`);
  return found;
}
