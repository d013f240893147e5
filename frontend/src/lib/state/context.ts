/** What every component may ask for. */

import { getContext } from "svelte";
import type { Page } from "./page.svelte";
import type { WhyState } from "./why.svelte";

export const PAGE = Symbol("page");
export const WHY = Symbol("why");

/** The part of the page that figures live on: in a notebook something smaller stands in for it. */
export type Desk = Pick<
  Page,
  "stage" | "baseline" | "shown" | "quarter" | "money" | "playing" | "ghost" | "epoch" | "meanings" | "setQuarter"
> & {
  /** Goes to another view; absent where there is none. */
  readonly show?: Page["show"];
};

export function usePage(): Page {
  return getContext<Page>(PAGE);
}

export function useDesk(): Desk {
  return getContext<Desk>(PAGE);
}

export function useWhy(): WhyState {
  return getContext<WhyState>(WHY);
}

/** The same, absent where no server can answer it. */
export function useWhyIfAny(): WhyState | undefined {
  return getContext<WhyState | undefined>(WHY);
}
