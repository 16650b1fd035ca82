// How far the network is: one node more than may lie has to tell.
import { afterEach, expect, test, vi } from "vitest";
import { Horizon } from "../../src/client/horizon.ts";

afterEach(() => vi.useRealTimers());

/** A node is its newest height; an error fails, undefined never answers. */
type Node = bigint | Error | undefined;

function asking(nodes: readonly Node[], faults = 1) {
  const horizon = new Horizon();
  const asked: Node[] = [];
  const look = () =>
    horizon.look([...nodes.keys()], faults, (at, signal) => {
      const node = nodes[at];
      asked.push(node);
      return new Promise((resolve, reject) => {
        signal.addEventListener("abort", () => reject(signal.reason));
        if (node instanceof Error) {
          reject(node);
        } else if (node !== undefined) {
          resolve(node);
        }
      });
    });
  return { horizon, asked, look };
}

test("one more than may lie is enough, and one that is silent holds nothing up", async () => {
  const { horizon, asked, look } = asking([undefined, 7n, 9n, 11n]);
  await look();
  expect([horizon.newest, asked]).toEqual([9n, [undefined, 7n, 9n]]);
});

test("whoever fails is replaced", async () => {
  const { horizon, asked, look } = asking([new Error("no"), 7n, new Error("no"), 8n]);
  await look();
  expect([horizon.newest, asked.length]).toEqual([8n, 4]);
});

test("it is looked again after a while, and at once if there were not enough", async () => {
  vi.useFakeTimers();
  const enough = asking([7n, 8n]);
  await Promise.all([enough.look(), enough.look()]);
  await enough.look();
  expect(enough.asked).toHaveLength(2);
  vi.advanceTimersByTime(10_000);
  await enough.look();
  expect(enough.asked).toHaveLength(4);
  const few = asking([7n, new Error("no")]);
  await few.look();
  await few.look();
  expect([few.horizon.newest, few.asked.length]).toEqual([7n, 4]);
});

test("silence does not hold a read up for ever, and heights do not go back", async () => {
  vi.useFakeTimers();
  const { horizon, look } = asking([undefined, undefined, 7n]);
  horizon.saw(9n);
  const looking = look();
  await vi.advanceTimersByTimeAsync(2_000);
  await looking;
  expect(horizon.newest).toBe(9n);
});
