import fc from "fast-check";
import { expect, it } from "vitest";
import type { Lever } from "../src/lib/api/types";
import { leverText, scaleOf, shortened, valueText, whenOff } from "../src/lib/text/levers";

const lever = (low: number, high: number, start: number, step: number, unit = "factor"): Lever =>
  ({ id: "x", words: "x", group: "g", kind: "factor", unit, default: start, low, high, step, range: "", reaches: true }) as unknown as Lever;

const levers = fc
  .tuple(
    fc.constantFrom([0, 3, 1, 0.05], [0.05, 20, 1, 0.2], [-2, 10, 0, 0.2], [1, 1000, 4, 10], [1, 1000, 0, 10], [4, 40, 0, 0.5], [0, 1, -1, 0.01], [-0.9, 9, 0.3, 0.1], [4, 40, 23.7, 0.5], [0, 1, 0.7, 0.01], [-1, 1, 0, 0.02]),
  )
  .map(([[low, high, start, step]]) => lever(low as number, high as number, start as number, step as number));

it("the default is a stop, and every stop lies in the range", () => {
  fc.assert(
    fc.property(levers, fc.double({ min: 0, max: 1, noNaN: true }), (one, share) => {
      const scale = scaleOf(one);
      expect(scale.value(scale.position(one.default as number))).toBeCloseTo(one.default as number, 6);
      const at = Math.round(scale.min + share * (scale.max - scale.min));
      if (scale.value(at) === one.default) return;
      expect(scale.value(at)).toBeGreaterThanOrEqual((one.low as number) - 1e-9);
      expect(scale.value(at)).toBeLessThanOrEqual((one.high as number) + 1e-9);
    }),
  );
});

it("a stop is where its value says, and more to the right is more", () => {
  fc.assert(
    fc.property(levers, fc.double({ min: 0, max: 1, noNaN: true }), (one, share) => {
      const scale = scaleOf(one);
      const at = Math.round(scale.min + share * (scale.max - scale.min));
      expect(Math.abs(scale.position(scale.value(at)) - at)).toBeLessThanOrEqual(1);
      if (at < scale.max) expect(scale.value(at + 1)).toBeGreaterThanOrEqual(scale.value(at));
    }),
  );
});

it("both ends can be reached, to three digits", () => {
  const wide = scaleOf(lever(0.05, 20, 1, 0.2));
  expect(wide.value(wide.min)).toBeCloseTo(0.05, 2);
  expect(wide.value(wide.max)).toBeCloseTo(20, 0);
  const plain = scaleOf(lever(0, 3, 1, 0.05));
  expect([plain.value(plain.min), plain.value(plain.max)]).toEqual([0, 3]);
});

it("values read as words", () => {
  expect(leverText(lever(0, 3, 1, 0.05), 1)).toBe("as it is");
  expect(leverText(lever(0, 3, 1, 0.05), 0.4)).toBe("× 0.4");
  expect(leverText(lever(0, 1, 1, 0.01, "share"), 0.07)).toBe("7%");
  expect(leverText(lever(-2, 10, 0, 0.2, "points a year"), 2)).toBe("+2 points a year");
});

it("a value has words of its own, a neutral one too", () => {
  const stance = lever(-1, 1, 0, 0.02, "stance");
  expect([-1, -0.5, 0, 0.25, 1].map((value) => valueText(stance, value))).toEqual([
    "at variable cost",
    "50% of the way to variable cost",
    "as today",
    "25% of the way to full cost",
    "at full cost",
  ]);
  expect(valueText(lever(0, 3, 1, 0.05), 1)).toBe("× 1");
  expect([0, 1].map((value) => valueText(lever(0, 1, 1, 1, "0 or 1"), value))).toEqual(["not ticked", "ticked"]);
  const words = "Firms that lose money find new money (0: only firms that earn money do)";
  expect(shortened(words).short).toBe("Firms that lose money find new money");
  expect(whenOff(words)).toBe("only firms that earn money do");
});
