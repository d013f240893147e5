/** Levers as a slider shows them: their words, and a scale on which their default can be reached. */

import type { Lever } from "../api/types";
import { plain, words } from "./numbers";

export function leverText(lever: Lever, value: number): string {
  if (value === lever.default && (isOff(lever) || value === 0)) return "as it is";
  return lever.unit === "factor" && value === 1 ? "as it is" : valueText(lever, value);
}

/** A value in words, where "as it is" would not say which one: what a scenario sets. */
export function valueText(lever: Lever, value: number): string {
  if (isOff(lever) && value === lever.default) return "as it is";
  if (isSwitch(lever)) return value === 1 ? "ticked" : "not ticked";
  if (lever.unit === "factor") return `× ${plain(value)}`;
  if (lever.unit === "share") return `${plain(Math.round(value * 1000) / 10)}%`;
  if (lever.unit.startsWith("rate")) return `${signed(Math.round(value * 1000) / 10)}% a year`;
  if (lever.unit.startsWith("points")) return `${signed(value)} ${lever.unit}`;
  if (lever.unit === "stance") return stance(value);
  return `${plain(value)} ${words(lever.unit)}`;
}

export function isSwitch(lever: Lever): boolean {
  return lever.unit === "0 or 1";
}

/** Between the two ends of how sellers price. */
function stance(value: number): string {
  if (value === 0) return "as today";
  const end = value > 0 ? "full cost" : "variable cost";
  return Math.abs(value) === 1 ? `at ${end}` : `${plain(Math.round(100 * Math.abs(value)))}% of the way to ${end}`;
}

function signed(value: number): string {
  return value > 0 ? `+${plain(value)}` : plain(value).replace("-", "\u2212");
}

/** Whether the default lies outside the range: it stands for "not set". */
function isOff(lever: Lever): boolean {
  return lever.default !== null && (lever.default < (lever.low ?? 0) || lever.default > (lever.high ?? 1));
}

/** A slider's own scale: positions that the browser moves in, and the values that they stand for. */
export interface Scale {
  readonly min: number;
  readonly max: number;
  readonly step: number;
  readonly position: (value: number) => number;
  readonly value: (position: number) => number;
}

const STEPS = 200; // of a slider with a logarithmic scale, each way
const WIDE = 50; // from here on the highest value over the lowest one asks for a logarithmic scale

/**
 * The scale of a lever.
 *
 * Levers that go over orders of magnitude are dragged in ratios; the default is always one of the
 * stops, whatever the step, so that what was moved can be moved back by hand.
 */
export function scaleOf(lever: Lever): Scale {
  if (isOff(lever)) return withOff(lever);
  const low = lever.low ?? 0;
  const high = lever.high ?? 1;
  const start = lever.default ?? low;
  const shift = low <= 0 && low > -1 && high > 5 ? 1 : 0; // rates: 1 + rate is what multiplies
  if (low + shift > 0 && (high + shift) / (low + shift) >= WIDE) {
    const origin = start + shift;
    const unit = Math.log((high + shift) / (low + shift)) / STEPS;
    const position = (value: number): number => Math.round(Math.log((value + shift) / origin) / unit);
    const value = (at: number): number => inside(neat(origin * Math.exp(at * unit)) - shift, low, high);
    return { min: position(low), max: position(high), step: 1, position, value: (at) => neat(value(at)) };
  }
  const step = lever.step ?? (high - low) / STEPS;
  const position = (value: number): number => Math.round((value - start) / step);
  return {
    min: Math.ceil((low - start) / step - 1e-9),
    max: Math.floor((high - start) / step + 1e-9),
    step: 1,
    position,
    value: (at) => neat(inside(start + at * step, low, high)),
  };
}

/** The scale of a lever that is not set by default: one stop more, at the left. */
function withOff(lever: Lever): Scale {
  const off = lever.default ?? 0;
  const scale = scaleOf({ ...lever, default: lever.low });
  return {
    ...scale,
    min: scale.min - 1,
    position: (value) => (value === off ? scale.min - 1 : scale.position(value)),
    value: (at) => (at < scale.min ? off : scale.value(at)),
  };
}

function inside(value: number, low: number, high: number): number {
  return Math.min(Math.max(value, low), high);
}

/** A value with three digits: what a hand can set. */
function neat(value: number): number {
  return Number(value.toPrecision(3)) || 0;
}

/** What a switch does when it is off, as its words tell it in brackets: `(0: ...)`. */
export function whenOff(words: string): string {
  return /\(0: (.+)\)/.exec(words)?.[1] ?? "";
}

/** A lever's words as a label: what stands before the first comma, colon or bracket, and the rest. */
export function shortened(words: string): { readonly short: string; readonly rest: string } {
  const cut = words.search(/[,:(]/);
  return cut < 12 ? { short: words, rest: "" } : { short: words.slice(0, cut).trimEnd(), rest: words.slice(cut) };
}
