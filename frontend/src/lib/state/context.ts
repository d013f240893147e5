/** What every component may ask for. */

import { getContext } from "svelte";
import type { Page } from "./page.svelte";
import type { WhyState } from "./why.svelte";

export const PAGE = Symbol("page");
export const WHY = Symbol("why");

export function usePage(): Page {
  return getContext<Page>(PAGE);
}

export function useWhy(): WhyState {
  return getContext<WhyState>(WHY);
}
