import fc from "fast-check";
import { expect, it } from "vitest";
import type { Lever, ScenarioCard, Shock } from "../src/lib/api/types";
import { valueText } from "../src/lib/text/levers";
import { besides, endings, movesByLever, movesText, untouched } from "../src/lib/text/scenario";

const lever = (kind: "factor" | "level", unit: string, start: number, low = 0, high = 3): Lever =>
  ({ id: "x", words: "x", group: "g", kind, unit, default: start, low, high, step: 0.1, range: "", reaches: true }) as unknown as Lever;
const shock = (value: number, start: number, end: number | null, shape = "step", of = "x"): Shock => ({ lever: of, value, start, end, shape });
const card = (id: string, shocks: readonly Shock[], events: ScenarioCard["events"] = []): ScenarioCard => ({ id, shocks, events }) as unknown as ScenarioCard;

const QUARTERS = ["2026Q1", "2026Q2", "2026Q3", "2026Q4", "2027Q1"];
const factor = lever("factor", "factor", 1);
const level = lever("level", "points a year", 0, -2, 10);
const change = lever("level", "0 or 1", 1, 0, 1);

it("every move of every chosen scenario is told once, under its lever, in order", () => {
  const some = fc.array(fc.tuple(fc.constantFrom("a", "b", "c"), fc.integer({ min: 1, max: 4 })), { maxLength: 12 });
  fc.assert(
    fc.property(some, some, (one, other) => {
      const shocks = (all: readonly (readonly [string, number])[]): Shock[] => all.map(([of, start]) => shock(1, start, null, "step", of));
      const cards = [card("one", shocks(one)), card("other", shocks(other))];
      const both = [...shocks(one), ...shocks(other)];
      const told = movesByLever(cards, ["one", "other"]);
      expect([...told.values()].flat().length).toBe(both.length);
      for (const [of, moves] of told) expect(moves).toEqual(both.filter((move) => move.lever === of));
      expect(movesByLever(cards, []).size).toBe(0);
    }),
  );
});

it("a move says what and when", () => {
  expect(movesText(factor, [shock(0.1, 2, 4)], QUARTERS)).toBe("× 0.1, 2026Q3 to 2027Q1");
  expect(movesText(factor, [shock(0.5, 1, null)], QUARTERS)).toBe("× 0.5, in all quarters");
  expect(movesText(factor, [shock(0.5, 2, null)], QUARTERS)).toBe("× 0.5, from 2026Q3 on");
  expect(movesText(factor, [shock(0.5, 2, 4, "ramp")], QUARTERS)).toBe("× 0.5, step by step, 2026Q3 to 2027Q1, and stays there");
  expect(movesText(factor, [shock(0.5, 2, null, "pulse")], QUARTERS)).toBe("× 0.5, in 2026Q3");
  expect(movesText(level, [shock(3, 2, 4), shock(1, 5, 9)], QUARTERS)).toBe("+3 points a year, 2026Q3 to 2027Q1; then +1 points a year, 5 quarters ahead to 9 quarters ahead");
  expect(movesText(change, [shock(0, 2, 4)], QUARTERS)).toBe("not ticked, 2026Q3 to 2027Q1");
});

it("a factor multiplies what the scenario does, anything else replaces it", () => {
  const values = fc.double({ min: 0, max: 3, noNaN: true });
  fc.assert(
    fc.property(values, values, (scenario, own) => {
      const told = besides(factor, [shock(scenario, 1, null)], own);
      expect(told).toBe(`With yours ${valueText(factor, scenario * own)}.`);
      for (const other of [level, change]) expect(besides(other, [shock(scenario, 1, null)], own)).toMatch(/replaces/);
      expect(untouched(factor, [shock(scenario, 1, null)])).toBe(1);
      expect(untouched(level, [shock(own, 1, 2), shock(scenario, 3, null)])).toBe(scenario);
    }),
  );
  expect(untouched(level, [])).toBe(0);
});

it("firms that a scenario takes out are told with their quarter", () => {
  const cards = [card("one", [], [{ event: "default", entity: "lab", at: 3 }]), card("other", [])];
  expect(endings(cards, ["other", "one"])).toEqual([{ event: "default", entity: "lab", at: 3 }]);
  expect(endings(cards, [])).toEqual([]);
});
