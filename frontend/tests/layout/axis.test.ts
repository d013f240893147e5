import fc from "fast-check";
import { expect, it } from "vitest";
import { niceCeiling, quarterTicks, spanOf, ticksOf } from "../../src/lib/layout/axis";

const value = fc.double({ min: 1e-6, max: 1e7, noNaN: true });

it("a ceiling is round, above, and not far above", () => {
  fc.assert(
    fc.property(value, (one) => {
      const top = niceCeiling(one);
      expect(top).toBeGreaterThanOrEqual(one * (1 - 1e-9));
      expect(top).toBeLessThanOrEqual(one * 2.5 + 1e-9);
    }),
  );
});

it("a span holds zero and every value", () => {
  fc.assert(
    fc.property(fc.array(fc.oneof(value, value.map((one) => -one), fc.constant(null))), (values) => {
      const [low, high] = spanOf(values);
      expect(low).toBeLessThanOrEqual(0);
      expect(high).toBeGreaterThanOrEqual(0);
      expect(high).toBeGreaterThan(low);
      for (const one of values) {
        if (one === null) continue;
        expect(one).toBeGreaterThanOrEqual(low * (1 + 1e-9));
        expect(one).toBeLessThanOrEqual(high * (1 + 1e-9));
      }
    }),
  );
});

it("ticks lie in their span and are few", () => {
  fc.assert(
    fc.property(value, fc.boolean(), value, (high, isSigned, depth) => {
      const span = spanOf([high, isSigned ? -depth : 0]);
      const ticks = ticksOf(span);
      expect(ticks).toContain(0);
      expect(ticks.length).toBeGreaterThanOrEqual(2);
      expect(ticks.length).toBeLessThanOrEqual(7);
      for (const tick of ticks) {
        expect(tick).toBeGreaterThanOrEqual(span[0] - 1e-9 * (span[1] - span[0]));
        expect(tick).toBeLessThanOrEqual(span[1] + 1e-9 * (span[1] - span[0]));
      }
    }),
  );
});

it("names of quarters have room", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 401 }), fc.integer({ min: 60, max: 1400 }), (count, width) => {
      const ticks = quarterTicks(count, width);
      expect(ticks[0]).toBe(0);
      const [one, other] = ticks;
      if (one !== undefined && other !== undefined && count <= 161) {
        expect(((other - one) / (count - 1)) * width).toBeGreaterThanOrEqual(57);
      }
    }),
  );
});
