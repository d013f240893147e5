/** What the figures live on in a notebook: the model's traits, read and written. */

import type { Stage, View } from "../lib/api/types";
import type { Desk } from "../lib/state/context";
import { NOTHING_MOVED } from "../lib/state/link";

/** The part of anywidget's model that is used. */
export interface Model {
  get(name: string): unknown;
  set(name: string, value: unknown): void;
  save_changes(): void;
  on(event: string, heard: () => void): void;
  off(event: string, heard: () => void): void;
}

type Money = "paid" | "committed";

export class NotebookDesk implements Desk {
  stage = $state.raw<Stage | null>(null);
  baseline = $state.raw<View | null>(null);
  ghost = $state(true);
  epoch = $state(0);
  readonly meanings = new Map<string, string>();

  #view = $state.raw<View | null>(null);
  #quarter = $state(0);
  #money = $state<Money>("paid");
  #playing = $state(false);
  /** Without a view of its own the baseline is shown: the very same, so that it has no ghost. */
  readonly shown = $derived.by(() => {
    const view = this.#view ?? this.baseline;
    return view && { moves: NOTHING_MOVED, view };
  });

  readonly #heard: readonly (readonly [string, () => void])[];

  constructor(private readonly model: Model) {
    this.#read();
    const traits = ["stage", "baseline", "view", "quarter", "money", "playing", "ghost"];
    this.#heard = traits.map((name) => [`change:${name}`, () => this.#read()] as const);
    for (const [event, heard] of this.#heard) model.on(event, heard);
  }

  leave(): void {
    for (const [event, heard] of this.#heard) this.model.off(event, heard);
  }

  get quarter(): number {
    return this.#quarter;
  }

  get money(): Money {
    return this.#money;
  }

  set money(money: Money) {
    this.#money = money;
    this.#tell("money", money);
  }

  get playing(): boolean {
    return this.#playing;
  }

  set playing(playing: boolean) {
    this.#playing = playing;
    this.#tell("playing", playing);
  }

  setQuarter(quarter: number): void {
    this.#quarter = quarter;
    this.#tell("quarter", this.stage?.quarters[quarter] ?? "");
  }

  #read(): void {
    const { model } = this;
    this.stage = model.get("stage") as Stage;
    this.baseline = model.get("baseline") as View;
    this.#view = model.get("view") as View | null;
    this.ghost = model.get("ghost") === true;
    this.#quarter = Math.max(0, this.stage.quarters.indexOf(String(model.get("quarter"))));
    this.#money = model.get("money") === "committed" ? "committed" : "paid";
    this.#playing = model.get("playing") === true;
  }

  #tell(name: string, value: unknown): void {
    if (this.model.get(name) === value) return;
    this.model.set(name, value);
    this.model.save_changes();
  }
}
