import fc from "fast-check";
import { expect, it } from "vitest";
import { Newest } from "../src/lib/state/newest";

/** A server that answers when told to. */
function slow() {
  const open: { question: number; answer: () => void; fail: () => void }[] = [];
  const told: number[] = [];
  const failures: number[] = [];
  let most = 0;
  const newest = new Newest<number, number>(
    (question) =>
      new Promise((answer, fail) => {
        open.push({ question, answer: () => answer(question), fail: () => fail(new Error("no")) });
        most = Math.max(most, open.length);
      }),
    (answer) => told.push(answer),
    (_, question) => failures.push(question),
  );
  return { newest, open, told, failures, most: () => most };
}

it("one request is in flight, the last question is always answered, answers keep their order", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.constantFrom("ask", "answer", "fail"), { maxLength: 40 }), async (events) => {
      const server = slow();
      let asked = 0;
      const step = async (event: string): Promise<void> => {
        if (event === "ask") server.newest.put((asked += 1));
        else if (event === "answer") server.open.shift()?.answer();
        else server.open.shift()?.fail();
        await Promise.resolve().then(() => undefined).then(() => undefined).then(() => undefined);
      };
      for (const event of events) await step(event);
      while (server.open.length) await step("answer");
      const ended = [...server.told, ...server.failures].sort((a, b) => a - b);
      expect(server.most()).toBeLessThanOrEqual(1);
      expect(server.told).toEqual([...server.told].sort((a, b) => a - b));
      if (asked) expect(ended.at(-1)).toBe(asked);
      expect(server.newest.busy).toBe(false);
    }),
    { numRuns: 300 },
  );
});

it("what was asked while waiting and is no longer the newest is never asked", async () => {
  const { newest, open, told } = slow();
  for (const question of [1, 2, 3, 4]) newest.put(question);
  open.shift()?.answer();
  await new Promise((done) => setTimeout(done));
  expect(open.map(({ question }) => question)).toEqual([4]);
  open.shift()?.answer();
  await new Promise((done) => setTimeout(done));
  expect(told).toEqual([1, 4]);
});

it("the next question goes out before the last answer is drawn", async () => {
  const log: string[] = [];
  const open: (() => void)[] = [];
  const newest = new Newest<number, number>(
    (question) => {
      log.push(`asked ${question}`);
      return new Promise((answer) => open.push(() => answer(question)));
    },
    (answer) => {
      log.push(`answered ${answer}`);
      queueMicrotask(() => log.push(`drawn ${answer}`)); // as the page draws: right after what runs now
    },
    () => log.push("failed"),
  );
  newest.put(1);
  newest.put(2);
  newest.put(3);
  open[0]?.();
  await new Promise((done) => setTimeout(done));
  expect(log).toEqual(["asked 1", "answered 1", "asked 3", "drawn 1"]);
});
