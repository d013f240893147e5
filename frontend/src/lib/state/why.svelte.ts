/** The open question "where does this number come from", with the way that led to it. */

import { get, Trouble, withMore } from "../api/client";
import type { WhyAnswer } from "../api/types";
import type { Page } from "./page.svelte";

interface Step {
  /** What the API is asked for; a fact when it starts with `fact `. */
  readonly key: string;
  readonly title: string;
  /** The number as it stands on the page. */
  readonly told: string;
}

export class WhyState {
  way = $state.raw<readonly Step[]>([]);
  answer = $state.raw<WhyAnswer | null>(null);
  trouble = $state("");

  readonly step = $derived(this.way.at(-1));

  constructor(private readonly page: Page) {}

  /** Ask for one number by its key. */
  ask(key: string, title: string, told: string): void {
    this.way = [{ key, title, told }];
    void this.#fetch();
  }

  /** Go on to one of the numbers that the shown one is made of. */
  into(key: string, told: string): void {
    this.way = [...this.way, { key, title: key, told }];
    void this.#fetch();
  }

  back(): void {
    this.way = this.way.slice(0, -1);
    void this.#fetch();
  }

  close(): void {
    this.way = [];
  }

  async #fetch(): Promise<void> {
    const step = this.step;
    this.answer = null;
    this.trouble = "";
    if (!step || step.key.startsWith("fact ")) return;
    try {
      const answer = await get<WhyAnswer>("/why", withMore(this.page.query, { key: step.key }));
      if (this.step === step) this.answer = answer;
    } catch (error) {
      if (!(error instanceof Trouble)) throw error;
      if (this.step === step) this.trouble = error.message;
    }
  }
}
