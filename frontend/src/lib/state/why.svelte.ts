/** The open question "where does this number come from". */

import { get, Trouble, withMore } from "../api/client";
import type { WhyAnswer } from "../api/types";
import type { Page } from "./page.svelte";

export class WhyState {
  key = $state("");
  title = $state("");
  told = $state("");
  answer = $state.raw<WhyAnswer | null>(null);
  trouble = $state("");

  constructor(private readonly page: Page) {}

  /** Ask for one number by its key; `told` is the number as it stands on the page. */
  async ask(key: string, title: string, told: string): Promise<void> {
    this.key = key;
    this.title = title;
    this.told = told;
    this.answer = null;
    this.trouble = "";
    try {
      const answer = await get<WhyAnswer>("/why", withMore(this.page.query, { key }));
      if (this.key === key) this.answer = answer;
    } catch (error) {
      if (!(error instanceof Trouble)) throw error;
      if (this.key === key) this.trouble = error.message;
    }
  }

  close(): void {
    this.key = "";
  }
}
