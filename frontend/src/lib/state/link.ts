/**
 * The address of the page: only what differs from the defaults, so that a link says what was moved.
 *
 * The query is the API's own question (`scenario`, `set`, ...) plus pinned scenarios, and the model
 * and facts versions that the link was made with. The fragment says which view and quarter.
 */

export const VIEWS = ["flows", "who", "ledger", "fragility", "futures", "then", "claims", "facts", "compare"] as const;
export type ViewName = (typeof VIEWS)[number];

/** Which economy is opened, and as of when; an empty text is the API's default. */
export interface Opening {
  readonly economy: string;
  readonly base: string;
  readonly asOf: string;
  readonly quarters: string;
}

/** What is moved: scenarios in their order, and levers by id with their values as written. */
export interface Moves {
  readonly scenarios: readonly string[];
  readonly levers: Readonly<Record<string, string>>;
}

export interface Link {
  readonly opening: Opening;
  readonly moves: Moves;
  readonly pins: readonly Moves[];
  readonly model: string;
  readonly facts: string;
  readonly embed: ViewName | null;
  readonly view: ViewName;
  readonly quarter: string;
  /** What the view itself looks at, for example the firm whose payers are shown. */
  readonly detail: string;
}

export const NOTHING_MOVED: Moves = { scenarios: [], levers: {} };
export const MOST_PINS = 3;

export const NEW_LINK: Link = {
  opening: { economy: "", base: "", asOf: "", quarters: "" },
  moves: NOTHING_MOVED,
  pins: [],
  model: "",
  facts: "",
  embed: null,
  view: "flows",
  quarter: "",
  detail: "",
};

const OPENING = [["economy", "economy"], ["base", "base"], ["asOf", "as_of"], ["quarters", "quarters"]] as const;

/** The query of a question, as the API takes it. */
export function question(opening: Opening, moves: Moves): URLSearchParams {
  const query = new URLSearchParams();
  for (const [field, name] of OPENING) if (opening[field]) query.set(name, opening[field]);
  for (const one of moves.scenarios) query.append("scenario", one);
  for (const lever of Object.keys(moves.levers).sort()) {
    query.append("set", `${lever}=${moves.levers[lever] ?? ""}`);
  }
  return query;
}

export function isMoved(moves: Moves): boolean {
  return moves.scenarios.length > 0 || Object.keys(moves.levers).length > 0;
}

export function sameMoves(one: Moves, other: Moves): boolean {
  return writeMoves(one) === writeMoves(other);
}

/** Moves as one short text: scenarios and `lever=value`, one after the other. */
export function writeMoves(moves: Moves): string {
  const levers = Object.keys(moves.levers).sort();
  return [...moves.scenarios, ...levers.map((id) => `${id}=${moves.levers[id] ?? ""}`)].join(";");
}

export function readMoves(text: string): Moves {
  const parts = text.split(";").filter(Boolean);
  return {
    scenarios: parts.filter((part) => !part.includes("=")),
    levers: leversOf(parts.filter((part) => part.includes("="))),
  };
}

function leversOf(settings: readonly string[]): Record<string, string> {
  const levers: Record<string, string> = {};
  for (const setting of settings) {
    const cut = setting.indexOf("=");
    if (cut > 0) levers[setting.slice(0, cut)] = setting.slice(cut + 1);
  }
  return levers;
}

function isView(text: string | null): text is ViewName {
  return VIEWS.some((view) => view === text);
}

/** A link as query and fragment, for example `?set=venture_supply%3D0.4#flows/2027Q1`. */
export function writeLink(link: Link): string {
  const query = question(link.opening, link.moves);
  for (const pin of link.pins) query.append("pin", writeMoves(pin));
  if (query.size > 0 && link.model) query.set("model", link.model);
  if (query.size > 0 && link.facts) query.set("facts", link.facts);
  if (link.embed) query.set("embed", link.embed);
  const place = [link.view, link.quarter, link.detail].map(encodeURIComponent);
  while (place.length > 1 && place.at(-1) === "") place.pop();
  const fragment = place.length === 1 && link.view === (link.embed ?? NEW_LINK.view) ? "" : `#${place.join("/")}`;
  return `${query.size > 0 ? `?${query}` : ""}${fragment}`;
}

export function readLink(search: string, hash: string): Link {
  const query = new URLSearchParams(search);
  const get = (name: string): string => query.get(name) ?? "";
  const [view = "", quarter = "", detail = ""] = hash.replace(/^#/, "").split("/").map(decoded);
  const embed = query.get("embed");
  return {
    opening: { economy: get("economy"), base: get("base"), asOf: get("as_of"), quarters: get("quarters") },
    moves: { scenarios: query.getAll("scenario").filter(Boolean), levers: leversOf(query.getAll("set")) },
    pins: query.getAll("pin").map(readMoves).slice(0, MOST_PINS),
    model: get("model"),
    facts: get("facts"),
    embed: isView(embed) ? embed : null,
    view: isView(view) ? view : isView(embed) ? embed : NEW_LINK.view,
    quarter,
    detail,
  };
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text; // a hand-written % is no reason to show nothing
  }
}
