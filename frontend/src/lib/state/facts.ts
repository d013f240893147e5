/** Single facts, fetched once each. */

import { get } from "../api/client";
import type { FactRow } from "../api/types";

interface FactAnswer {
  readonly facts: readonly FactRow[];
}

const known = new Map<string, Promise<FactRow | null>>();

export function factOf(id: string): Promise<FactRow | null> {
  const asked = known.get(id) ?? get<FactAnswer>(`/facts/${encodeURIComponent(id)}`).then(({ facts }) => facts[0] ?? null);
  known.set(id, asked);
  asked.catch(() => known.delete(id));
  return asked;
}
