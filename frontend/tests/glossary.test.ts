import fc from "fast-check";
import { expect, it } from "vitest";
import { meaningsOf, pieces } from "../src/lib/text/glossary";

const meanings = meaningsOf([
  { word: "subsidy", meaning: "cost that customers did not pay" },
  { word: "full cost, F", meaning: "everything a unit costs" },
  { word: "firm", meaning: "a legal entity" },
]);

it("no letter of a text is lost or doubled", () => {
  const text = fc.array(fc.constantFrom("subsidy", "Full cost", "firm", "of", "a", ".", "-", "subsidy-like", "(x)")).map((parts) => parts.join(" "));
  fc.assert(
    fc.property(fc.oneof(text, fc.string()), (one) => {
      expect(pieces(one, meanings).map((piece) => piece.text).join("")).toBe(one);
    }),
  );
});

it("the first mention is explained, common words are not", () => {
  expect(pieces("The subsidy of a firm: subsidy", meanings)).toEqual([
    { text: "The " },
    { text: "subsidy", meaning: "cost that customers did not pay" },
    { text: " of a firm: subsidy" },
  ]);
  expect(pieces("Full cost", meanings)).toEqual([{ text: "Full cost", meaning: "everything a unit costs" }]);
});
