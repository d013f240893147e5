import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { arrange, draw, exceeds, fittingScale, grown, roomsOf, scaleBar, seen } from "../../src/lib/layout/flow";
import { middleOf, must, topOf, type Arrangement, type Frame, type Picture, type Ribbon } from "../../src/lib/layout/shapes";
import { frames, TALL, WIDE, worlds, type World } from "./worlds";

const RUNS = { numRuns: 1000 };
const CLOSE = 1e-6;

/** Arranged for the first states, then grown for the last one, as the page does. */
function shown(world: World, frame: Frame): { arrangement: Arrangement; before: Arrangement; pictures: Picture[] } {
  const before = arrange(world.nodes, world.pairs, roomsOf(world.states.slice(0, -1), frame.scale), frame);
  const more = roomsOf(world.states.slice(-1), frame.scale);
  const arrangement = exceeds(more, before.rooms) ? grown(before, world.pairs, more) : before;
  return { arrangement, before, pictures: world.states.map((state) => draw(arrangement, state)) };
}

/** The items of every column, boxes and lanes, in the order in which they lie. */
function columns(arrangement: Arrangement): { key: string; start: number; end: number }[][] {
  const all = arrangement.columnAt.map(() => [] as { key: string; start: number; end: number }[]);
  const put = (key: string, slot: { column: number; start: number; size: number }): void => {
    all[slot.column]?.push({ key, start: slot.start, end: slot.start + slot.size });
  };
  for (const [id, slot] of arrangement.slots) put(id, slot);
  for (const [key, way] of arrangement.lanes) for (const lane of way) put(`${key} in ${lane.column}`, lane);
  for (const column of all) column.sort((a, b) => a.start - b.start || a.end - b.end);
  return all;
}

function firstThickness(ribbon: Ribbon, vertical: boolean): number {
  const numbers = (ribbon.path.match(/-?\d+(\.\d+)?(e-?\d+)?/g) ?? []).map(Number);
  const across = (n: number): number => numbers[n + (vertical ? 0 : 1)] ?? Number.NaN;
  return Math.abs(across(numbers.length - 2) - across(0));
}

describe("one dollar is one height", () => {
  it("in every ribbon and box of every state, grown or not", () => {
    fc.assert(
      fc.property(worlds, frames, (world, frame) => {
        for (const picture of shown(world, frame).pictures) {
          for (const { amount, height, outPort, inPort } of picture.ribbons) {
            expect(Math.abs(height - amount * frame.scale)).toBeLessThan(CLOSE * (1 + height));
            expect(outPort[1] - outPort[0]).toBeCloseTo(height, 6);
            expect(inPort[1] - inPort[0]).toBeCloseTo(height, 6);
          }
          for (const box of picture.boxes) {
            const size = frame.vertical ? box.width : box.height;
            expect(Math.abs(size - Math.max(box.received, box.paid) * frame.scale)).toBeLessThan(CLOSE * (1 + size));
          }
        }
      }),
      RUNS,
    );
  });

  it("in the outline itself, to the hundredth of a px that is written", () => {
    fc.assert(
      fc.property(worlds, frames, (world, frame) => {
        for (const picture of shown(world, frame).pictures) {
          for (const ribbon of picture.ribbons) {
            if (ribbon.way !== "forward") continue;
            expect(Math.abs(firstThickness(ribbon, frame.vertical) - ribbon.height)).toBeLessThan(0.0101);
          }
        }
      }),
      { numRuns: 300 },
    );
  });
});

describe("nothing overlaps", () => {
  it("boxes and passing ribbons keep apart in every column", () => {
    fc.assert(
      fc.property(worlds, frames, (world, frame) => {
        const { arrangement } = shown(world, frame);
        for (const column of columns(arrangement)) {
          column.forEach((item, n) => {
            const next = column[n + 1];
            if (next) expect(item.end).toBeLessThanOrEqual(next.start + CLOSE);
          });
        }
      }),
      RUNS,
    );
  });

  it("ribbons stay inside their box's ports and do not cover each other there", () => {
    fc.assert(
      fc.property(worlds, frames, (world, frame) => {
        const { arrangement, pictures } = shown(world, frame);
        for (const picture of pictures) {
          for (const box of picture.boxes) {
            const top = topOf(must(arrangement.slots, box.id));
            const size = Math.max(box.received, box.paid) * frame.scale;
            for (const side of ["outPort", "inPort"] as const) {
              const end = side === "outPort" ? "payer" : "payee";
              const ports = picture.ribbons.filter((r) => r[end] === box.id).map((r) => r[side]);
              ports.sort((a, b) => a[0] - b[0] || a[1] - b[1]);
              ports.forEach(([from, to], n) => {
                expect(from).toBeGreaterThanOrEqual(top - CLOSE);
                expect(to).toBeLessThanOrEqual(top + size + CLOSE * (1 + size));
                const next = ports[n + 1];
                if (next) expect(to).toBeLessThanOrEqual(next[0] + CLOSE * (1 + size));
              });
            }
          }
        }
      }),
      { numRuns: 300 },
    );
  });

  it("labels keep off each other, off the boxes, and inside the picture", () => {
    fc.assert(
      fc.property(worlds, frames, (world, frame) => {
        for (const picture of shown(world, frame).pictures) {
          picture.labels.forEach((one, n) => {
            expect(one.left).toBeGreaterThanOrEqual(-CLOSE);
            expect(one.top).toBeGreaterThanOrEqual(-CLOSE);
            expect(one.right).toBeLessThanOrEqual(picture.width + CLOSE);
            expect(one.bottom).toBeLessThanOrEqual(picture.height + CLOSE);
            for (const other of picture.labels.slice(n + 1)) {
              const meet =
                one.left < other.right - CLOSE && other.left < one.right - CLOSE &&
                one.top < other.bottom - CLOSE && other.top < one.bottom - CLOSE;
              expect(meet).toBe(false);
            }
            for (const box of picture.boxes) {
              const meet =
                one.left < box.x + box.width - CLOSE && box.x < one.right - CLOSE &&
                one.top < box.y + box.height - CLOSE && box.y < one.bottom - CLOSE;
              expect(meet).toBe(false);
            }
          });
        }
      }),
      { numRuns: 300 },
    );
  });

  it("everything lies inside the picture", () => {
    fc.assert(
      fc.property(worlds, frames, (world, frame) => {
        const { arrangement, pictures } = shown(world, frame);
        for (const picture of pictures) {
          for (const box of picture.boxes) {
            expect(box.x).toBeGreaterThanOrEqual(0);
            expect(box.y).toBeGreaterThanOrEqual(0);
            expect(box.x + box.width).toBeLessThanOrEqual(picture.width + CLOSE);
            expect(box.y + box.height).toBeLessThanOrEqual(picture.height + CLOSE);
          }
        }
        for (const track of arrangement.tracks.values()) {
          expect(track.inAt - track.room / 2).toBeGreaterThanOrEqual(-CLOSE);
          expect(track.outAt + track.room / 2).toBeLessThanOrEqual(arrangement.length + CLOSE);
          expect(track.backAt + track.room / 2).toBeLessThanOrEqual(arrangement.breadth + CLOSE);
        }
      }),
      RUNS,
    );
  });
});

describe("circles", () => {
  it("every payment that is paid is drawn, whichever way it goes", () => {
    fc.assert(
      fc.property(worlds, frames, (world, frame) => {
        const { pictures } = shown(world, frame);
        world.states.forEach((state, n) => {
          const keys = pictures[n]?.ribbons.map((ribbon) => ribbon.key) ?? [];
          expect([...keys].sort()).toEqual([...state.amounts.keys()].sort());
        });
      }),
      RUNS,
    );
  });

  it("what does not go forward runs beyond all boxes, each on a track of its own", () => {
    fc.assert(
      fc.property(worlds, frames, (world, frame) => {
        const { arrangement, pictures } = shown(world, frame);
        const tracks = [...arrangement.tracks.values()];
        tracks.forEach((one, n) => {
          expect(one.backAt - one.room / 2).toBeGreaterThanOrEqual(arrangement.chainEnd);
          for (const other of tracks.slice(n + 1)) {
            const meetAlong = one.inAt - one.room / 2 < other.outAt + other.room / 2 - CLOSE
              && other.inAt - other.room / 2 < one.outAt + one.room / 2 - CLOSE;
            const meetAcross = Math.abs(one.backAt - other.backAt) < (one.room + other.room) / 2 - CLOSE;
            expect(meetAlong && meetAcross).toBe(false);
          }
        });
        for (const { ribbons } of pictures) {
          for (const ribbon of ribbons) {
            const column = (id: string): number => must(arrangement.slots, id).column;
            const step = column(ribbon.payee) - column(ribbon.payer);
            expect(ribbon.way).toBe(step > 0 ? "forward" : step === 0 ? "side" : "back");
          }
        }
      }),
      RUNS,
    );
  });

  it("two firms that pay each other are both drawn", () => {
    const nodes = [{ id: "lab", lines: ["Lab"], column: 0 }, { id: "chip", lines: ["Chip"], column: 1 }];
    const pairs = [
      { key: "lab > chip", payer: "lab", payee: "chip" },
      { key: "chip > lab", payer: "chip", payee: "lab" },
    ];
    const state = {
      amounts: new Map([["lab > chip", 10], ["chip > lab", 4]]),
      received: new Map([["chip", 10], ["lab", 4]]),
      paid: new Map([["lab", 10], ["chip", 4]]),
    };
    const arrangement = arrange(nodes, pairs, roomsOf([state], 3), { ...WIDE, scale: 3 });
    const { ribbons } = draw(arrangement, state);
    expect(ribbons.map((r) => [r.key, r.way, r.height])).toEqual([["lab > chip", "forward", 30], ["chip > lab", "back", 12]]);
  });
});

describe("places are stable", () => {
  it("a grown picture keeps every order, scale and column; boxes only move on", () => {
    fc.assert(
      fc.property(worlds, frames, (world, frame) => {
        const { arrangement, before } = shown(world, frame);
        const order = columns(before).map((column) => column.map((item) => item.key));
        const after = columns(arrangement).map((column) => column.map((item) => item.key));
        after.forEach((keys, n) => {
          const known = new Set(order[n]);
          const boxes = keys.filter((key) => known.has(key) && arrangement.slots.has(key));
          expect(boxes).toEqual(order[n]?.filter((key) => arrangement.slots.has(key)));
        });
        for (const [id, slot] of before.slots) {
          expect(must(arrangement.slots, id).start).toBeGreaterThanOrEqual(slot.start - CLOSE);
        }
        expect(arrangement.frame).toEqual(before.frame);
      }),
      RUNS,
    );
  });

  it("boxes stand in the order in which they are given", () => {
    fc.assert(
      fc.property(worlds, frames, (world, frame) => {
        const { arrangement } = shown(world, frame);
        const last = new Map<number, number>();
        for (const node of arrangement.nodes) {
          const middle = middleOf(must(arrangement.slots, node.id));
          expect(middle).toBeGreaterThan(last.get(node.column) ?? -Infinity);
          last.set(node.column, middle);
        }
      }),
      RUNS,
    );
  });

  it("the same world gives the same picture, whatever order its payments are named in", () => {
    fc.assert(
      fc.property(worlds, frames, (world, frame) => {
        const rooms = roomsOf(world.states, frame.scale);
        const one = arrange(world.nodes, world.pairs, rooms, frame);
        const other = arrange(world.nodes, [...world.pairs].reverse(), rooms, frame);
        for (const [id, slot] of one.slots) {
          expect(must(other.slots, id).start).toBeCloseTo(slot.start, 6);
        }
        for (const [key, track] of one.tracks) expect(must(other.tracks, key)).toEqual(track);
      }),
      { numRuns: 300 },
    );
  });

  it("boxes do not move from one state to the next", () => {
    fc.assert(
      fc.property(worlds, frames, (world, frame) => {
        const { pictures } = shown(world, frame);
        const places = pictures.map(({ boxes }) => boxes.map(({ id, x, y }) => [id, x, y]));
        for (const one of places) expect(one).toEqual(places[0]);
      }),
      { numRuns: 300 },
    );
  });
});

describe("what is left to the table", () => {
  it("is too thin in every state, and no box loses its last payment", () => {
    fc.assert(
      fc.property(worlds, frames, fc.double({ min: 0, max: 3, noNaN: true }), (world, frame, least) => {
        const all = roomsOf(world.states, frame.scale);
        const arrangement = arrange(world.nodes, world.pairs, seen(all, world.pairs, least), frame);
        const drawn = new Set(arrangement.pairs.map((pair) => pair.key));
        const paying = (pairs: readonly { payer: string; payee: string; key: string }[]): string[] =>
          [...new Set(pairs.filter((p) => (all.pairs.get(p.key) ?? 0) > 0).flatMap((p) => [`${p.payer} pays`, `${p.payee} is paid`]))].sort();
        for (const pair of world.pairs) {
          if (!drawn.has(pair.key)) expect(all.pairs.get(pair.key) ?? 0).toBeLessThan(Math.max(least, 1e-12));
        }
        expect(paying(arrangement.pairs)).toEqual(paying(world.pairs));
      }),
      { numRuns: 300 },
    );
  });
});

it("payments to somebody who is not shown end beside their payer, as high as any other", () => {
  fc.assert(
    fc.property(worlds, frames, (world, frame) => {
      const shownNodes = world.nodes.filter((_, n) => n % 3 > 0);
      const known = new Set(shownNodes.map((node) => node.id));
      const arrangement = arrange(shownNodes, world.pairs, roomsOf(world.states, frame.scale), frame);
      for (const state of world.states) {
        const out = draw(arrangement, state).ribbons.filter((ribbon) => ribbon.way === "out");
        const paid = world.pairs.filter((p) => known.has(p.payer) && !known.has(p.payee) && state.amounts.has(p.key));
        expect(out.map((ribbon) => ribbon.key).sort()).toEqual(paid.map((p) => p.key).sort());
        for (const { height, amount, outPort } of out) {
          expect(height).toBeCloseTo(amount * frame.scale, 6);
          expect(outPort[1] - outPort[0]).toBeCloseTo(height, 6);
        }
      }
    }),
    { numRuns: 300 },
  );
});

describe("the scale", () => {
  it("fits the room whenever labels leave any, and is found from the states given", () => {
    fc.assert(
      fc.property(worlds, fc.constantFrom(WIDE, TALL), fc.integer({ min: 300, max: 1200 }), (world, frame, room) => {
        const scale = fittingScale(world.nodes, world.pairs, world.states, frame, room);
        expect(scale).toBeGreaterThan(0);
        expect(Number.isFinite(scale)).toBe(true);
      }),
      { numRuns: 200 },
    );
  });

  it("has a bar of a round amount", () => {
    expect(scaleBar(2, 45)).toEqual({ amount: 20, size: 40 });
    fc.assert(
      fc.property(fc.double({ min: 1e-3, max: 1e3, noNaN: true }), (scale) => {
        const { amount, size } = scaleBar(scale, 56);
        expect(size).toBeLessThanOrEqual(56 * (1 + 1e-9));
        expect(size).toBeGreaterThan(56 / 2.6);
        expect(Number(amount.toExponential(0))).toBeCloseTo(amount, 9);
      }),
    );
  });
});

it("an empty picture is a picture", () => {
  const arrangement = arrange([], [], roomsOf([], 1), WIDE);
  expect(draw(arrangement, { amounts: new Map(), received: new Map(), paid: new Map() }).boxes).toEqual([]);
});
