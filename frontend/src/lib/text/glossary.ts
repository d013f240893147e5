/** Which parts of a text are words of the glossary. */

export interface Piece {
  readonly text: string;
  /** What the word means; absent in plain text. */
  readonly meaning?: string;
}

/** Words of the glossary that everybody reads right, or that are mostly used in another sense. */
const COMMON = new Set([
  "accounts", "as of", "basket", "capacity", "caution", "claim", "concentration", "confidence", "contract", "definition",
  "draw", "end", "sink", "entity", "episode", "estimated", "fact", "firm", "gauge", "grade", "interval", "journal", "line",
  "link", "loan", "loop", "market", "member", "notice", "part of plant", "parent", "promise", "rescue", "round", "subject",
  "volume", "world", "row 0", "segment", "pool", "conversion", "division",
]);

/** A text cut at the first mention of each word that the glossary explains. */
export function pieces(text: string, meanings: ReadonlyMap<string, string>): Piece[] {
  const pattern = patternOf(meanings);
  if (!pattern) return [{ text }];
  const seen = new Set<string>();
  const found: Piece[] = [];
  let last = 0;
  for (const match of text.matchAll(pattern)) {
    const word = match[0].toLowerCase();
    const meaning = meanings.get(word);
    if (meaning === undefined || seen.has(word)) continue;
    seen.add(word);
    if (match.index > last) found.push({ text: text.slice(last, match.index) });
    found.push({ text: match[0], meaning });
    last = match.index + match[0].length;
  }
  return last < text.length ? [...found, { text: text.slice(last) }] : found;
}

/** The pattern of a glossary's words, made once for each glossary. */
const PATTERNS = new WeakMap<ReadonlyMap<string, string>, RegExp | null>();

function patternOf(meanings: ReadonlyMap<string, string>): RegExp | null {
  const known = PATTERNS.get(meanings);
  if (known !== undefined) return known;
  const words = [...meanings.keys()].filter((word) => !COMMON.has(word) && word.length > 3);
  const any = words.sort((a, b) => b.length - a.length).map(escaped).join("|");
  const made = words.length ? new RegExp(`(?<![\\w-])(${any})(?![\\w-])`, "gi") : null;
  PATTERNS.set(meanings, made);
  return made;
}

function escaped(word: string): string {
  return word.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&");
}

/** Meanings by word: entries such as `full cost, F` are found under each of their words. */
export function meaningsOf(entries: readonly { readonly word: string; readonly meaning: string }[]): Map<string, string> {
  const all = new Map<string, string>();
  for (const { word, meaning } of entries) {
    for (const one of word.split(",")) if (one.trim()) all.set(one.trim().toLowerCase(), meaning);
  }
  return all;
}
