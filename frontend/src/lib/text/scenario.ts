/** What chosen scenarios do to a lever, in words, and what a hand may still do beside them. */

import type { Lever, ScenarioCard, Shock } from "../api/types";
import { plain } from "./numbers";
import { valueText } from "./levers";

/** The chosen scenarios' moves by lever, in the order in which they apply. */
export function movesByLever(cards: readonly ScenarioCard[], chosen: readonly string[]): ReadonlyMap<string, readonly Shock[]> {
  const all = new Map<string, Shock[]>();
  for (const id of chosen) {
    for (const shock of cards.find((card) => card.id === id)?.shocks ?? []) {
      all.set(shock.lever, [...(all.get(shock.lever) ?? []), shock]);
    }
  }
  return all;
}

/** Firms that the chosen scenarios take out, each with its quarter. */
export function endings(cards: readonly ScenarioCard[], chosen: readonly string[]): readonly { readonly entity: string; readonly at: number }[] {
  return chosen.flatMap((id) => cards.find((card) => card.id === id)?.events ?? []);
}

/** Moves as words: `× 0.1, 2026Q3 to 2028Q2`; several are one after the other. */
export function movesText(lever: Lever, shocks: readonly Shock[], quarters: readonly string[]): string {
  return shocks.map((shock) => `${valueText(lever, shock.value)}${shape(shock)}, ${span(shock, quarters)}`).join("; then ");
}

function shape(shock: Shock): string {
  return shock.shape === "ramp" ? ", step by step" : "";
}

function span(shock: Shock, quarters: readonly string[]): string {
  const start = quarterOf(shock.start, quarters);
  if (shock.shape === "pulse" || shock.end === shock.start) return `in ${start}`;
  if (shock.end === null) return shock.start === 1 ? "in all quarters" : `from ${start} on`;
  const to = `${start} to ${quarterOf(shock.end, quarters)}`;
  return shock.shape === "ramp" ? `${to}, and stays there` : to;
}

export function quarterOf(at: number, quarters: readonly string[]): string {
  return quarters[at] ?? `${at} quarters ahead`;
}

/**
 * What setting a lever does beside a scenario that moves it, as the API has it.
 *
 * A factor multiplies what the scenario does; a level, a switch too, replaces it for the whole run.
 */
export function besides(lever: Lever, shocks: readonly Shock[], value: number | null): string {
  if (lever.kind !== "factor") return value === null ? "Moving this replaces it for the whole run." : "Yours replaces it for the whole run.";
  if (value === null) return "Moving this multiplies it.";
  return `With yours ${shocks.map((shock) => `× ${plain(shock.value * value)}`).join("; then ")}.`;
}

/** Where a lever stands that nobody has moved by hand: a level as the scenario leaves it. */
export function untouched(lever: Lever, shocks: readonly Shock[]): number {
  const own = lever.default ?? 0;
  return lever.kind === "factor" ? own : (shocks.at(-1)?.value ?? own);
}
