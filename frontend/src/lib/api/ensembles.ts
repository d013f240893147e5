/** Background computations: asked for, followed over server-sent events, cancelled. */

import type { Moves, Opening } from "../state/link";
import { address, get, post, remove, Trouble } from "./client";

export interface Job<Result> {
  readonly id: string;
  readonly state: "waiting" | "running" | "done" | "failed" | "cancelled";
  readonly progress: number;
  readonly detail?: string;
  readonly result: Result | null;
}

type Quantiles = Readonly<Record<string, readonly (number | null)[]>>;

/** What the page reads of an ensemble. Fans and defaults are there where paths were simulated. */
export interface Ensemble {
  readonly manifest?: { readonly paths?: number; readonly [key: string]: unknown };
  readonly quarters?: readonly string[];
  readonly series?: readonly { readonly variable: string; readonly entity: string; readonly name: string; readonly unit: string; readonly mean: readonly (number | null)[]; readonly quantiles: Quantiles }[];
  readonly defaults?: readonly { readonly entity: string; readonly name: string; readonly probability: number; readonly error: number; readonly by_quarter: readonly number[] }[];
  readonly failures?: { readonly firms: readonly number[]; readonly probability: readonly number[]; readonly error: readonly number[] };
  readonly losses?: readonly { readonly holder: string; readonly name: string; readonly mean: number; readonly probability: number; readonly mean_of_worst: number; readonly quantiles: Readonly<Record<string, number | null>> }[];
  readonly uncertainty?: { readonly figures?: Readonly<Record<string, { readonly low: number; readonly high: number }>> };
  readonly claims?: readonly { readonly id: string; readonly claim: string; readonly verdict: string; readonly probability?: number | null }[];
}

/** One job, followed to its end. */
export class Following {
  #source: EventSource | null = null;
  #id = "";

  constructor(
    private readonly told: (job: Job<Ensemble>) => void,
    private readonly failed: (sentence: string) => void,
  ) {}

  async start(opening: Opening, moves: Moves, paths: number, seed: number): Promise<void> {
    this.stop();
    const quarters = opening.quarters ? { quarters: Number(opening.quarters) } : {};
    const place = Object.fromEntries(
      [["economy", opening.economy], ["base", opening.base], ["as_of", opening.asOf]].filter(([, value]) => value),
    ) as Record<string, string>;
    const set = Object.entries(moves.levers).map(([lever, value]) => `${lever}=${value}`);
    try {
      const job = await post<Job<Ensemble>>("/ensembles", { ...place, ...quarters, scenario: moves.scenarios, set, paths, seed });
      this.#id = job.id;
      this.told(job);
      if (job.state === "done") await this.#finish();
      else this.#follow();
    } catch (error) {
      this.#fail(error);
    }
  }

  #follow(): void {
    const source = new EventSource(address(`/ensembles/${this.#id}/events`));
    this.#source = source;
    source.addEventListener("progress", (event) => this.told({ ...(JSON.parse(event.data as string) as Job<Ensemble>), result: null }));
    for (const end of ["done", "failed", "cancelled"]) source.addEventListener(end, () => void this.#finish());
    source.addEventListener("error", () => {
      if (source.readyState === EventSource.CLOSED) void this.#finish();
    });
  }

  async #finish(): Promise<void> {
    this.stop();
    try {
      this.told(await get<Job<Ensemble>>(`/ensembles/${this.#id}`));
    } catch (error) {
      this.#fail(error);
    }
  }

  #fail(error: unknown): void {
    if (!(error instanceof Trouble)) throw error;
    this.failed(error.message);
  }

  async cancel(): Promise<void> {
    this.stop();
    try {
      if (this.#id) await remove(`/ensembles/${this.#id}`);
    } catch (error) {
      this.#fail(error);
    }
  }

  /** Stop listening; the computation itself goes on. */
  stop(): void {
    this.#source?.close();
    this.#source = null;
  }
}

/** Bands and middle of a fan: the outermost quantiles first, the median apart. */
export function fanOf(quantiles: Quantiles): {
  readonly bands: { readonly low: number[]; readonly high: number[]; readonly words: string }[];
  readonly median: readonly (number | null)[];
} {
  const levels = Object.keys(quantiles)
    .map((key) => ({ key, level: Number(key.replace(/^[a-z]+/i, "")) }))
    .filter(({ level }) => Number.isFinite(level))
    .map(({ key, level }) => ({ key, level: level > 1 ? level / 100 : level }))
    .sort((a, b) => a.level - b.level);
  const values = (key: string): number[] => (quantiles[key] ?? []).map((value) => value ?? 0);
  const bands = [];
  for (let n = 0; n < Math.floor(levels.length / 2); n += 1) {
    const [low, high] = [levels[n], levels[levels.length - 1 - n]];
    if (!low || !high) continue;
    const share = Math.round(100 * (high.level - low.level));
    bands.push({ low: values(low.key), high: values(high.key), words: `${share}% of paths` });
  }
  const middle = levels.length % 2 ? levels[(levels.length - 1) / 2] : undefined;
  return { bands, median: middle ? (quantiles[middle.key] ?? []) : [] };
}
