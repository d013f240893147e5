/** From answers of the API to what the layout draws: no sums, only other keys. */

import type { Stage, StageNode, View } from "../api/types";
import type { Look } from "../state/page.svelte";
import type { Arrangement, Frame, Node, Pair, Rooms, State } from "../layout/shapes";
import { linesOf } from "../layout/words";

export type Money = "paid" | "committed";

const WIDE: Omit<Frame, "length"> = {
  scale: 1, vertical: false, thickness: 10, nodeGap: 7, laneGap: 0.6, curveRoom: 22, trackGap: 2.5,
  stub: 7, margin: 6, labelRows: 1, heading: 30, footer: 62, font: 11.5, line: 13.5,
};
const TALL: Omit<Frame, "length"> = {
  scale: 1, vertical: true, thickness: 9, nodeGap: 4, laneGap: 0.3, curveRoom: 40, trackGap: 1.1,
  stub: 4, margin: 3, labelRows: 3, heading: 18, footer: 30, font: 10, line: 11.5,
};
const NAME_WIDTH = { wide: 18, crowded: 13, tall: 10 };

export function frameOf(look: Look, width: number): Frame {
  return look === "wide" ? { ...WIDE, length: width } : { ...TALL, length: 0 };
}

/**
 * The boxes of a picture: those that ever pay or are paid.
 *
 * `outside` says whether accounts that are only paid by the chain stand in it.
 */
export function nodesOf(stage: Stage, look: Look, outside: boolean, used: ReadonlySet<string>): Node[] {
  const width = NAME_WIDTH[look === "wide" && outside ? "crowded" : look];
  return stage.nodes
    .filter((node) => used.has(node.id) && (outside || node.role !== "sink"))
    .map(({ id, name, column }) => ({ id, lines: linesOf(name, width), column }));
}

/** Whether somebody who pays or is paid has no box in an arrangement: see `nodesOf`. */
export function lacksPlaces(stage: Stage, outside: boolean, places: Arrangement, rooms: Rooms): boolean {
  const placed = new Set(places.nodes.map(({ id }) => id));
  const isUsed = (id: string): boolean => [places.rooms, rooms].some(({ nodes }) => (nodes.get(id) ?? 0) > 0);
  return stage.nodes.some(({ id, role }) => !placed.has(id) && (outside || role !== "sink") && isUsed(id));
}

/** The boxes that pay or are paid in some state. */
export function usedIn(rooms: Rooms): Set<string> {
  return new Set([...rooms.nodes].filter(([, room]) => room > 0).map(([id]) => id));
}

/** Every payment that can be drawn: `p…` are paid, `c…` are committed. */
export function pairsOf(stage: Stage, money: Money): Pair[] {
  const named = (kind: string, ends: readonly { payer: number; payee: number }[]): Pair[] =>
    ends.map(({ payer, payee }, n) => ({
      key: `${kind}${n}`,
      payer: nodeAt(stage, payer).id,
      payee: nodeAt(stage, payee).id,
    }));
  return money === "paid" ? named("p", stage.ribbons) : named("c", stage.committed.ribbons);
}

export function nodeAt(stage: Stage, position: number): StageNode {
  const node = stage.nodes[position];
  if (!node) throw new Error(`The stage has no node ${position}.`);
  return node;
}

/** What is paid in one quarter of a scenario. */
export function paidState(stage: Stage, view: View, quarter: number): State {
  const amounts = new Map<string, number>();
  view.ribbons.at.forEach((position, n) => {
    const amount = view.ribbons.paid[n]?.[quarter] ?? 0;
    if (amount > 0) amounts.set(`p${position}`, amount);
  });
  return { amounts, ...sidesOf(stage, view.nodes, quarter) };
}

/** The most that is ever paid, received and paid out: one state that needs the room of all. */
export function largestPaid(stage: Stage, view: View): State {
  const most = (values: readonly number[] | undefined): number => {
    let top = 0;
    for (const value of values ?? []) if (value > top) top = value;
    return top;
  };
  const amounts = new Map<string, number>();
  view.ribbons.at.forEach((position, n) => {
    const top = most(view.ribbons.paid[n]);
    if (top > 0) amounts.set(`p${position}`, top);
  });
  const side = (rows: readonly (readonly number[])[]): Map<string, number> =>
    new Map(stage.nodes.map(({ id }, n) => [id, most(rows[n])]));
  return { amounts, received: side(view.nodes.received), paid: side(view.nodes.paid) };
}

/** What is promised for one quarter; the same in every scenario. */
export function committedState(stage: Stage, quarter: number): State {
  const amounts = new Map<string, number>();
  stage.committed.ribbons.forEach(({ amount }, n) => {
    const promised = amount[quarter] ?? 0;
    if (promised > 0) amounts.set(`c${n}`, promised);
  });
  return { amounts, ...sidesOf(stage, stage.committed.nodes, quarter) };
}

function sidesOf(
  stage: Stage,
  nodes: { readonly received: readonly (readonly number[])[]; readonly paid: readonly (readonly number[])[] },
  quarter: number,
): { received: Map<string, number>; paid: Map<string, number> } {
  const side = (rows: readonly (readonly number[])[]): Map<string, number> =>
    new Map(stage.nodes.map(({ id }, n) => [id, rows[n]?.[quarter] ?? 0]));
  return { received: side(nodes.received), paid: side(nodes.paid) };
}

export function statesOf(stage: Stage, view: View): State[] {
  return stage.quarters.map((_, quarter) => paidState(stage, view, quarter));
}

export function committedStates(stage: Stage): State[] {
  return stage.quarters.map((_, quarter) => committedState(stage, quarter));
}

/** The class that gives a ribbon its colour: who pays, unless it only leaves the chain. */
export function ribbonClass(stage: Stage, key: string): string {
  const position = Number(key.slice(1));
  if (key.startsWith("c")) {
    const promise = stage.committed.ribbons[position];
    if (!promise) throw new Error(`The stage has no promise ${key}.`);
    return `${nodeClass(stage, nodeAt(stage, promise.payer))} ${promise.strength}`;
  }
  const ribbon = stage.ribbons[position];
  if (!ribbon) throw new Error(`The stage has no ribbon ${key}.`);
  if (ribbon.red) return "red";
  const [payer, payee] = [nodeAt(stage, ribbon.payer), nodeAt(stage, ribbon.payee)];
  if (ribbon.way !== "forward") return "return";
  return payer.role === "firm" && payee.role === "sink" ? "sink" : nodeClass(stage, payer);
}

/** The class that gives a box its colour: its role, firms by their tier. */
export function nodeClass(stage: Stage, node: StageNode): string {
  if (node.role !== "firm") return node.role;
  return `firm tier-${Math.max(0, stage.tiers.findIndex((tier) => tier.id === node.tier)) % 6}`;
}
