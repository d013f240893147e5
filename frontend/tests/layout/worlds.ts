/** Invented economies for the layout: any tiers, any payments, circles and all. */

import fc from "fast-check";
import { pairKey, type Frame, type Node, type Pair, type State } from "../../src/lib/layout/shapes";
import { linesOf } from "../../src/lib/layout/words";

export interface World {
  readonly nodes: Node[];
  readonly pairs: Pair[];
  readonly states: State[];
}

export const WIDE: Frame = {
  scale: 1, length: 900, vertical: false, thickness: 9, nodeGap: 8, laneGap: 1, curveRoom: 32,
  trackGap: 3, stub: 8, margin: 8, labelRows: 1, heading: 26, footer: 68, font: 11, line: 13,
};
export const TALL: Frame = {
  ...WIDE, vertical: true, length: 0, labelRows: 3, nodeGap: 4, laneGap: 0.3, curveRoom: 40,
  trackGap: 1.5, stub: 4, margin: 3, heading: 16, footer: 26, font: 10, line: 11.5,
};

export const frames: fc.Arbitrary<Frame> = fc
  .tuple(fc.constantFrom(WIDE, TALL), fc.double({ min: 0.01, max: 20, noNaN: true }))
  .map(([frame, scale]) => ({ ...frame, scale }));

const amount = fc.oneof(
  fc.constant(0),
  fc.double({ min: 1e-6, max: 1, noNaN: true }),
  fc.double({ min: 1, max: 300, noNaN: true }),
);

/** Sums that a server would send; the page itself adds no money up. */
export function stateOf(pairs: readonly Pair[], values: readonly number[]): State {
  const amounts = new Map<string, number>();
  const received = new Map<string, number>();
  const paid = new Map<string, number>();
  pairs.forEach((pair, n) => {
    const value = values[n] ?? 0;
    if (value <= 0) return;
    amounts.set(pair.key, value);
    received.set(pair.payee, (received.get(pair.payee) ?? 0) + value);
    paid.set(pair.payer, (paid.get(pair.payer) ?? 0) + value);
  });
  return { amounts, received, paid };
}

/** Up to 24 accounts in up to 8 columns, up to 60 payments, and some states of them. */
export const worlds: fc.Arbitrary<World> = fc
  .record({
    columns: fc.array(fc.integer({ min: 0, max: 7 }), { minLength: 1, maxLength: 24 }),
    names: fc.array(fc.string({ minLength: 1, maxLength: 24 }), { minLength: 24, maxLength: 24 }),
    ends: fc.array(fc.tuple(fc.nat(1000), fc.nat(1000)), { maxLength: 60 }),
    values: fc.array(fc.array(amount, { minLength: 60, maxLength: 60 }), { minLength: 2, maxLength: 4 }),
  })
  .map(({ columns, names, ends, values }) => {
    const nodes = columns.map((column, n) => ({
      id: `n${n}`,
      lines: linesOf(names[n] ?? "", 14),
      column,
    }));
    const pairs = new Map<string, Pair>();
    for (const [one, other] of ends) {
      const [payer, payee] = [`n${one % nodes.length}`, `n${other % nodes.length}`];
      const key = pairKey(payer, payee);
      if (payer !== payee) pairs.set(key, { key, payer, payee });
    }
    const all = [...pairs.values()];
    return { nodes, pairs: all, states: values.map((some) => stateOf(all, some)) };
  });
