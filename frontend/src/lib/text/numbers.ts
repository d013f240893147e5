/** How the page writes numbers: the same digits as the report and the command line. */

export const UNKNOWN = "-";
const NO_BREAK = "\u00a0";
const NOTHING = 0.005;

type Maybe = number | null | undefined;

/** Formats by their digits: to make one takes as long as to write a hundred numbers with it. */
const FORMATS: readonly Intl.NumberFormat[] = [0, 1, 2].map(
  (digits) => new Intl.NumberFormat("en-US", { minimumFractionDigits: digits, maximumFractionDigits: digits }),
);

function grouped(value: number, digits: 0 | 1 | 2): string {
  return FORMATS[digits]?.format(value) ?? UNKNOWN;
}

/** An amount in USD bn as digits alone. */
export function money(amount: Maybe): string {
  if (amount === null || amount === undefined) return UNKNOWN;
  if (Math.abs(amount) < NOTHING) return "0";
  return grouped(amount, Math.abs(amount) >= 1 ? 1 : 2);
}

/** An amount in USD bn as it stands in a sentence. */
export function dollars(amount: Maybe): string {
  const digits = money(amount);
  if (digits === UNKNOWN) return UNKNOWN;
  return digits.startsWith("-") ? `-$${digits.slice(1)}${NO_BREAK}bn` : `$${digits}${NO_BREAK}bn`;
}

export function percent(share: Maybe): string {
  if (share === null || share === undefined) return UNKNOWN;
  return share > 0 && share < NOTHING ? "<1%" : `${grouped(share * 100, 0)}%`;
}

/** A number of any size with about three digits. */
export function plain(value: Maybe): string {
  if (value === null || value === undefined) return UNKNOWN;
  if (Number.isInteger(value) && Math.abs(value) < 1e15) return grouped(value, 0);
  if (Math.abs(value) >= 1000) return grouped(value, 0);
  return String(Number(value.toPrecision(3)));
}

export function counted(number: number, one: string, many: string): string {
  return `${grouped(number, 0)} ${number === 1 ? one : many}`;
}

/** An id as words. */
export function words(id: string): string {
  return id.replaceAll("_", " ");
}

export function sentenceCase(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** Parts as an enumeration: a, b and c. */
export function listed(parts: readonly string[]): string {
  const last = parts.at(-1);
  if (parts.length < 2 || last === undefined) return parts.join("");
  return `${parts.slice(0, -1).join(", ")} and ${last}`;
}

/** A share of a dollar as cents. */
export function cents(share: Maybe): string {
  return share === null || share === undefined ? UNKNOWN : `${grouped(share * 100, 0)}¢`;
}

/** A value with the unit that the API names. */
export function withUnit(value: Maybe | string, unit: string): string {
  if (typeof value === "string") return value;
  if (value === null || value === undefined) return UNKNOWN;
  const bare = unit.replace(/^usd_bn/i, "USD bn").replace(/^usd_mn/i, "USD mn");
  if (bare.startsWith("USD bn")) return `${dollars(value)}${rest(bare, "USD bn")}`;
  if (bare.startsWith("USD mn")) return `$${plain(value)}${NO_BREAK}mn${rest(bare, "USD mn")}`;
  if (unit === "USD per USD") return cents(value);
  if (unit === "share" || unit.startsWith("share")) return `${plain(Math.round(value * 1000) / 10)}%${rest(unit, "share")}`;
  if (unit === "count" || unit === "ratio" || unit === "index") return plain(value);
  if (unit === "count_mn") return `${plain(value)}${NO_BREAK}million`;
  if (/^usd(?![a-z])/i.test(unit)) return `$${plain(value)}${words(rest(unit, unit.slice(0, 3)))}`;
  return `${plain(value)} ${words(unit)}`.trim();
}

function rest(unit: string, start: string): string {
  const more = unit.slice(start.length).replace(/^[_ ]/, "");
  return more ? ` ${words(more)}` : "";
}
