/** An answer of the API that follows the question of the page, asked anew when a drag has ended. */

import { get, Trouble } from "../api/client";
import { usePage } from "./context";
import { Newest } from "./newest";

export class Answered<Answer> {
  data = $state.raw<Answer | null>(null);
  trouble = $state("");
  /** The address that `data` answers. */
  of = $state("");

  readonly newest = new Newest<string, Answer>(
    (path) => get<Answer>(path),
    (answer, path) => {
      this.data = answer;
      this.of = path;
      this.trouble = "";
    },
    (error) => {
      if (!(error instanceof Trouble)) throw error;
      this.trouble = error.message;
    },
  );
}

/**
 * Ask for what `path` says, now and whenever it changes; an empty text asks nothing.
 *
 * To be called while a component is made. While a lever is dragged nothing is asked: these answers
 * take longer than a frame, and the figures that move with the hand live on `/view` alone.
 */
export function answered<Answer>(path: () => string): Answered<Answer> {
  const page = usePage();
  const answer = new Answered<Answer>();
  let last = "";
  $effect(() => {
    if (page.dragging) return;
    const next = path();
    if (!next || next === last) return;
    last = next;
    answer.newest.put(next);
  });
  return answer;
}

/** A path with a query, as `answered` takes it. */
export function asking(path: string, query?: URLSearchParams, more: Readonly<Record<string, string>> = {}): string {
  const all = new URLSearchParams(query);
  for (const [name, value] of Object.entries(more)) if (value) all.set(name, value);
  return `${path}${all.size > 0 ? `?${all}` : ""}`;
}
