/** Axes: where a scale ends, and which round values are named on it. */

const STEPS = [1, 2, 2.5, 5, 10];

const CEILINGS = [1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10];

/** A round number at or above `value`. */
export function niceCeiling(value: number): number {
  if (!(value > 0) || !Number.isFinite(value)) return 1;
  const power = 10 ** Math.floor(Math.log10(value));
  const step = CEILINGS.find((one) => one * power >= value * (1 - 1e-9)) ?? 10;
  return Number((step * power).toPrecision(12));
}

/** A span from at most zero to a round number that holds all values. */
export function spanOf(values: Iterable<number | null | undefined>): readonly [low: number, high: number] {
  let low = 0;
  let high = 0;
  for (const value of values) {
    if (value === null || value === undefined || !Number.isFinite(value)) continue;
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  if (low === 0 && high === 0) return [0, 1];
  return [low < 0 ? -niceCeiling(-low) : 0, high > 0 ? niceCeiling(high) : 0];
}

/** Three to six round values inside a span, its ends among them where they are round. */
export function ticksOf([low, high]: readonly [number, number]): number[] {
  const width = high - low;
  const power = 10 ** Math.floor(Math.log10(width / 4));
  const step = (STEPS.find((one) => width / (one * power) <= 5) ?? 10) * power;
  const ticks: number[] = [];
  for (let n = Math.ceil(low / step - 1e-9); n <= high / step + 1e-9; n += 1) {
    ticks.push(Number((n * step).toPrecision(12)));
  }
  return ticks;
}

/** Every so many quarters a name, so that names do not meet; the first and about the last. */
export function quarterTicks(count: number, width: number, each = 58): number[] {
  if (count < 2) return [0];
  const most = Math.max(1, Math.floor(width / each));
  const step = [1, 2, 4, 8, 12, 20, 40, 80].find((one) => (count - 1) / one <= most) ?? count;
  const ticks: number[] = [];
  for (let n = 0; n < count; n += step) ticks.push(n);
  return ticks;
}
