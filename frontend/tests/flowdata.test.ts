import fc from "fast-check";
import { expect, test } from "vitest";
import type { Stage } from "../src/lib/api/types";
import { lacksPlaces, nodesOf, usedIn } from "../src/lib/figures/flowdata";
import { joined } from "../src/lib/layout/flow";
import type { Arrangement, Rooms } from "../src/lib/layout/shapes";

const IDS = ["a", "b", "c", "d"];
const rooms = fc
  .dictionary(fc.constantFrom(...IDS), fc.constantFrom(0, 0.5, 3))
  .map((nodes): Rooms => ({ pairs: new Map(), nodes: new Map(Object.entries(nodes)) }));
const roles = fc.tuple(...IDS.map(() => fc.constantFrom("firm", "sink", "pool")));

test("a box is missing where the boxes of both rooms would be more than those that stand", () => {
  const given = [rooms, rooms, roles, fc.subarray(IDS), fc.boolean()] as const;
  fc.assert(
    fc.property(...given, (standing, more, role, placed, outside) => {
      const nodes = IDS.map((id, n) => ({ id, name: id, column: n, role: role[n] }));
      const stage = { nodes } as unknown as Stage;
      const places = { nodes: placed.map((id) => ({ id })), rooms: standing } as unknown as Arrangement;
      const boxes = nodesOf(stage, "wide", outside, usedIn(joined(standing, more)));
      expect(lacksPlaces(stage, outside, places, more)).toBe(boxes.some(({ id }) => !placed.includes(id)));
    }),
  );
});
