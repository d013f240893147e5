/** What the page knows and shows: one object, changed by the controls, read by every view. */

import { get, Trouble, withMore } from "../api/client";
import type { Glossary, Lever, Levers, ScenarioCard, Scenarios, Stage, View } from "../api/types";
import { meaningsOf } from "../text/glossary";
import { movesByLever } from "../text/scenario";
import {
  isMoved,
  MOST_PINS,
  NOTHING_MOVED,
  question,
  readLink,
  sameMoves,
  writeLink,
  type Link,
  type Moves,
  type Opening,
  type ViewName,
} from "./link";
import { Newest } from "./newest";

export const KEPT = { wide: 12, tall: 5 } as const;
export type Look = keyof typeof KEPT;

interface Question {
  readonly opening: Opening;
  readonly moves: Moves;
  readonly kept: number;
}

/** An answer with the moves that it answers. */
export interface Shown {
  readonly moves: Moves;
  readonly view: View;
}

const URL_AFTER = 250; // ms without a move before the address is written; browsers limit the rate

export class Page {
  opening = $state.raw<Opening>({ economy: "", base: "", asOf: "", quarters: "" });
  moves = $state.raw<Moves>(NOTHING_MOVED);
  pins = $state.raw<readonly Moves[]>([]);
  view = $state<ViewName>("flows");
  embed = $state<ViewName | null>(null);
  detail = $state("");
  quarter = $state(0);
  money = $state<"paid" | "committed">("paid");
  look = $state<Look>("wide");
  /** Quarters follow each other by themselves. */
  playing = $state(false);
  /** The baseline is drawn dotted behind the run. */
  readonly ghost: boolean = true;

  levers = $state.raw<Pick<Levers, "groups" | "levers">>({ groups: [], levers: [] });
  scenarios = $state.raw<readonly ScenarioCard[]>([]);
  glossary = $state.raw<Glossary["words"]>([]);
  stage = $state.raw<Stage | null>(null);
  baseline = $state.raw<View | null>(null);
  shown = $state.raw<Shown | null>(null);
  trouble = $state("");
  /** Set when a link was made with other facts or another model than the ones at hand. */
  movedOn = $state("");
  /** True from the first to the last pointer move of a drag: axes hold still. */
  dragging = $state(false);
  /** Counts presses of the rescale button: places and axes are found anew. */
  epoch = $state(0);

  /** True in an exported file, which answers only what it was given. */
  readonly isFile = document.getElementById("cardhouse-answers") !== null;
  readonly meanings = $derived(meaningsOf(this.glossary));
  readonly changed = $derived(Object.keys(this.moves.levers).length);
  /** What the chosen scenarios do, by lever. */
  readonly byScenario = $derived(movesByLever(this.scenarios, this.moves.scenarios));
  readonly query = $derived(question(this.opening, this.moves));

  #wanted: Link;
  #quarterSet = false;
  #timer: ReturnType<typeof setTimeout> | undefined;
  readonly #newest = new Newest<Question, View>(
    (asked) => get<View>("/view", withMore(question(asked.opening, asked.moves), { kept: asked.kept })),
    (view, asked) => this.#answered(view, asked),
    (error) => this.#failed(error),
  );

  constructor() {
    this.#wanted = readLink(location.search, location.hash);
    this.#take(this.#wanted);
  }

  /** Open what the address asks for. */
  async start(): Promise<void> {
    addEventListener("popstate", () => void this.#reread());
    try {
      const opened = this.opening.economy ? { economy: this.opening.economy } : {};
      const [levers, scenarios, glossary] = await Promise.all([
        get<Levers>("/levers", opened),
        get<Scenarios>("/scenarios", opened),
        get<Glossary>("/glossary"),
        this.#open(),
      ]);
      this.levers = levers;
      this.scenarios = scenarios.scenarios;
      this.glossary = glossary.words;
      this.#warnOfOtherVersions();
    } catch (error) {
      this.#failed(error);
    }
  }

  /** Fetch the stage and the baseline for the look at hand, then what is moved. */
  async #open(): Promise<void> {
    const kept = KEPT[this.look];
    const opened = question(this.opening, NOTHING_MOVED);
    const [stage, baseline] = await Promise.all([
      get<Stage>("/stage", withMore(opened, { kept })),
      get<View>("/view", withMore(opened, { kept })),
    ]);
    if (kept !== KEPT[this.look]) return;
    this.stage = stage;
    this.baseline = baseline;
    this.shown = { moves: NOTHING_MOVED, view: baseline };
    const asked = stage.quarters.indexOf(this.#wanted.quarter);
    if (asked >= 0) {
      this.quarter = asked;
      this.#quarterSet = true;
    } else if (!this.#quarterSet) {
      this.quarter = 0;
    }
    if (isMoved(this.moves)) {
      this.#showLater();
      this.#ask();
    }
  }

  async useLook(look: Look): Promise<void> {
    if (look === this.look) return;
    this.look = look;
    if (this.stage) {
      try {
        await this.#open();
      } catch (error) {
        this.#failed(error);
      }
    }
  }

  #ask(): void {
    this.#newest.put({ opening: this.opening, moves: this.moves, kept: KEPT[this.look] });
  }

  #answered(view: View, asked: Question): void {
    if (asked.opening !== this.opening || asked.kept !== KEPT[this.look]) return;
    this.trouble = "";
    this.shown = { moves: asked.moves, view };
  }

  #failed(error: unknown): void {
    if (!(error instanceof Trouble)) throw error;
    this.trouble = error.message;
  }

  // --- moving ------------------------------------------------------------------------------

  move(moves: Moves): void {
    this.moves = moves;
    if (isMoved(moves)) this.#showLater();
    if (!isMoved(moves) && this.baseline) this.shown = { moves, view: this.baseline };
    this.#ask();
    this.#remember();
  }

  setLever(lever: Lever, value: string): void {
    if (this.#saysNothing(lever, value)) this.resetLever(lever);
    else this.move({ ...this.moves, levers: { ...this.moves.levers, [lever.id]: value } });
  }

  /** Leave a lever to the scenario, or as it is. */
  resetLever(lever: Lever): void {
    const levers = { ...this.moves.levers };
    delete levers[lever.id];
    this.move({ ...this.moves, levers });
  }

  /** Choose scenarios; what was set only to undo an earlier one goes with it. */
  choose(scenarios: readonly string[]): void {
    this.moves = { ...this.moves, scenarios };
    const of = new Map(this.levers.levers.map((lever) => [lever.id, lever]));
    const levers = Object.entries(this.moves.levers).filter(([id, value]) => {
      const lever = of.get(id);
      return !lever || !this.#saysNothing(lever, value);
    });
    this.move({ scenarios, levers: Object.fromEntries(levers) });
  }

  /** Whether a setting changes nothing: the default, unless a scenario would move a level away. */
  #saysNothing(lever: Lever, value: string): boolean {
    if (lever.kind === "entities") return value === "";
    if (Number(value) !== lever.default) return false;
    return lever.kind === "factor" || !this.byScenario.has(lever.id);
  }

  /** What nothing moves stays as it is at the base quarter: look at a later one. */
  #showLater(): void {
    if (this.#quarterSet || this.quarter > 0 || !this.stage) return;
    this.quarter = Math.min(8, this.stage.quarters.length - 1);
  }

  setQuarter(quarter: number): void {
    this.#quarterSet = true;
    this.quarter = quarter;
    this.#remember();
  }

  show(view: ViewName, detail = ""): void {
    this.view = view;
    this.detail = detail;
    this.#remember(true);
  }

  pin(): void {
    this.pinMoves(this.moves);
  }

  /** Keep moves beside others to be compared; the oldest goes when there are too many. */
  pinMoves(moves: Moves): void {
    const others = this.pins.filter((one) => !sameMoves(one, moves));
    this.pins = [...others, moves].slice(-MOST_PINS);
    this.#remember();
  }

  unpin(moves: Moves): void {
    this.pins = this.pins.filter((one) => !sameMoves(one, moves));
    this.#remember();
  }

  // --- the address -------------------------------------------------------------------------

  get link(): Link {
    return {
      opening: this.opening,
      moves: this.moves,
      pins: this.pins,
      model: this.stage?.version ?? "",
      facts: this.stage?.facts_version ?? "",
      embed: this.embed,
      view: this.view,
      quarter: this.#quarterSet ? (this.stage?.quarters[this.quarter] ?? "") : "",
      detail: this.detail,
    };
  }

  #remember(push = false): void {
    clearTimeout(this.#timer);
    if (push) {
      history.pushState(null, "", writeLink(this.link) || location.pathname);
    } else {
      this.#timer = setTimeout(() => {
        history.replaceState(null, "", writeLink(this.link) || location.pathname);
      }, URL_AFTER);
    }
  }

  #take(link: Link): void {
    this.opening = link.opening;
    this.moves = link.moves;
    this.pins = link.pins;
    this.view = link.view;
    this.embed = link.embed;
    this.detail = link.detail;
  }

  async #reread(): Promise<void> {
    const link = readLink(location.search, location.hash);
    const opening = this.opening;
    const same = JSON.stringify(link.opening) === JSON.stringify(opening);
    const moved = !sameMoves(link.moves, this.moves);
    this.#wanted = link;
    this.#take(same ? { ...link, opening } : link);
    const asked = this.stage?.quarters.indexOf(link.quarter) ?? -1;
    if (asked >= 0) this.quarter = asked;
    try {
      if (!same) await this.#open();
      else if (moved) this.#ask();
    } catch (error) {
      this.#failed(error);
    }
  }

  #warnOfOtherVersions(): void {
    const { model, facts } = this.#wanted;
    const here = this.stage;
    if (!here) return;
    const parts: string[] = [];
    if (facts && facts !== here.facts_version) {
      parts.push(`facts ${facts}; facts have moved on to ${here.facts_version}`);
    }
    if (model && model !== here.version) parts.push(`version ${model}; this is ${here.version}`);
    this.movedOn = parts.length ? `This link was made with ${parts.join(", and with ")}. Numbers may differ.` : "";
  }
}
