import fc from "fast-check";
import { expect, it } from "vitest";
import { MOST_PINS, question, readLink, readMoves, VIEWS, writeLink, writeMoves, type Link, type Moves } from "../src/lib/state/link";

const id = fc.stringMatching(/^[a-z][a-z0-9-]{0,12}$/);
const lever = fc.stringMatching(/^[a-z][a-z_]{0,15}$/).filter((name) => name !== "__proto__");
const value = fc.oneof(
  fc.double({ noNaN: true, noDefaultInfinity: true }).map(String),
  fc.array(lever, { minLength: 1, maxLength: 3 }).map((all) => all.join(",")),
);
const moves: fc.Arbitrary<Moves> = fc.record({
  scenarios: fc.array(id, { maxLength: 3 }),
  levers: fc.dictionary(lever, value, { maxKeys: 6 }).map((all) => ({ ...all })),
});
const links: fc.Arbitrary<Link> = fc.record({
  opening: fc.record({
    economy: fc.option(id, { nil: "" }),
    base: fc.constantFrom("", "2025Q2"),
    asOf: fc.constantFrom("", "2025-08-21"),
    quarters: fc.constantFrom("", "8"),
  }),
  moves,
  pins: fc.array(moves.filter((one) => writeMoves(one) !== ""), { maxLength: MOST_PINS }),
  model: fc.constantFrom("0.1.0", "1.0.0"),
  facts: fc.constantFrom("2026.11", "2027.01"),
  embed: fc.constantFrom(null, "flows" as const, "who" as const),
  view: fc.constantFrom(...VIEWS),
  quarter: fc.constantFrom("", "2027Q3"),
  detail: fc.oneof(fc.constant(""), fc.string({ minLength: 1, maxLength: 12 })),
});

function parsed(text: string): Link {
  const url = new URL(text, "http://page.test/");
  return readLink(url.search, url.hash);
}

it("a link leads back to what it was made from", () => {
  fc.assert(
    fc.property(links, (link) => {
      const read = parsed(writeLink(link));
      const bare = question(link.opening, link.moves).size + link.pins.length === 0;
      // Versions are only told where something is moved; an untouched page is always today's.
      expect(read).toEqual({ ...link, ...(bare ? { model: "", facts: "" } : {}) });
      expect(writeLink(read)).toBe(writeLink(link));
    }),
    { numRuns: 1000 },
  );
});

it("moves are written in one order and read back", () => {
  fc.assert(
    fc.property(moves, (one) => {
      expect(readMoves(writeMoves(one))).toEqual(one);
    }),
  );
});

it("an untouched page has an empty address", () => {
  expect(writeLink(parsed("/"))).toBe("");
});

it("rubbish in the address is no reason to fall over", () => {
  fc.assert(
    fc.property(fc.string(), fc.string(), (search, hash) => {
      const link = readLink(`?${search}`, `#${hash}`);
      expect(VIEWS).toContain(link.view);
      expect(writeLink(readLink(...split(writeLink(link))))).toBe(writeLink(link));
    }),
    { numRuns: 500 },
  );
});

function split(text: string): [string, string] {
  const url = new URL(text, "http://page.test/");
  return [url.search, url.hash];
}
