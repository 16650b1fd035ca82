// How far the network is: one node more than may lie has to tell.
import { afterEach, expect, test, vi } from "vitest";
import { Horizon, type Told } from "../../src/client/horizon.ts";

afterEach(() => vi.useRealTimers());

/** A node is its newest height; an error fails, undefined never answers. */
type Node = bigint | Error | undefined;

/** What all nodes are asked before anything is believed. */
const BEGINNING: Node[] = [1n, 1n];

function asking(nodes: readonly Node[], toleratedFaults = 1) {
  const horizon = new Horizon();
  const asked: Node[] = [];
  const trusted = { epoch: 0n, toleratedFaults };
  const ask = (of: readonly Node[]) => (at: number, signal: AbortSignal) => {
    const node = of[at];
    asked.push(node);
    return new Promise<Told>((resolve, reject) => {
      signal.addEventListener("abort", () => reject(signal.reason));
      if (node instanceof Error) {
        reject(node);
      } else if (node !== undefined) {
        resolve({ epoch: 0n, height: node });
      }
    });
  };
  const look = (of = nodes) => horizon.look([...of.keys()], trusted, ask(of));
  /** The look that is not the first. */
  const later = async () => {
    await look(BEGINNING);
    vi.advanceTimersByTime(10_000);
    asked.length = 0;
    await look();
  };
  return { horizon, asked, look, later };
}

test("one more than may lie is enough, and one that is silent holds nothing up", async () => {
  vi.useFakeTimers();
  const { horizon, asked, later } = asking([undefined, 7n, 9n, 11n]);
  await later();
  expect([horizon.newest.height, asked]).toEqual([9n, [undefined, 7n, 9n]]);
});

test("whoever fails is replaced", async () => {
  vi.useFakeTimers();
  const { horizon, asked, later } = asking([new Error("no"), 7n, new Error("no"), 8n]);
  await later();
  expect([horizon.newest.height, asked.length]).toEqual([8n, 4]);
});

test("at the beginning every node is asked, and what tells of an epoch that passed is not believed", async () => {
  const trusted = { epoch: 0n, toleratedFaults: 0 };
  const horizon = new Horizon();
  await horizon.look(["forger", "honest"], trusted, async (node) => {
    if (node === "forger") {
      return { epoch: 0n, height: 1_000n };
    }
    // Proves the validators of later epochs.
    trusted.epoch = 3n;
    return { epoch: 3n, height: 42n };
  });
  expect(horizon.newest.height).toBe(42n);
});

test("the epoch decides how far the network is, and then the height", () => {
  const horizon = new Horizon();
  for (const [epoch, height, newest] of [
    [2n, 1_000n, 1_000n],
    [3n, 42n, 42n],
    [2n, 2_000n, 42n],
    [3n, 41n, 42n],
    [3n, 43n, 43n],
  ] as const) {
    horizon.saw({ epoch, height });
    expect(horizon.newest.height).toBe(newest);
  }
});

test("what tells of an epoch that another one tells has ended is no witness", async () => {
  const horizon = new Horizon();
  const tell: Told[] = [
    { epoch: 2n, height: 1_000n },
    { epoch: 3n, height: 42n },
  ];
  const asked: number[] = [];
  const look = () =>
    horizon.look([0, 1], { epoch: 2n, toleratedFaults: 1 }, async (at) => {
      asked.push(at);
      return tell[at] ?? { epoch: 0n, height: 0n };
    });
  await look();
  expect(horizon.newest).toEqual(tell[1]);
  // One alone was no word of more than may lie.
  await look();
  expect(asked).toEqual([0, 1, 0, 1]);
});

test("who proves more validators is not enough of a witness any more", async () => {
  vi.useFakeTimers();
  const trusted = { epoch: 0n, toleratedFaults: 0 };
  const horizon = new Horizon();
  const heights = { first: 1n, stale: 41n, fresh: 42n };
  const look = (nodes: readonly (keyof typeof heights)[]) =>
    horizon.look(nodes, trusted, async (node) => {
      if (node !== "first") {
        Object.assign(trusted, { epoch: 3n, toleratedFaults: 1 });
      }
      return { epoch: trusted.epoch, height: heights[node] };
    });
  await look(["first"]);
  vi.advanceTimersByTime(10_000);
  await look(["stale", "fresh"]);
  expect(horizon.newest.height).toBe(42n);
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
  expect([few.horizon.newest.height, few.asked.length]).toEqual([7n, 4]);
});

test("silence does not hold a read up for ever, and heights do not go back", async () => {
  vi.useFakeTimers();
  const { horizon, look } = asking([undefined, undefined, 7n]);
  horizon.saw({ epoch: 0n, height: 9n });
  await look(BEGINNING);
  await vi.advanceTimersByTimeAsync(10_000);
  const looking = look();
  await vi.advanceTimersByTimeAsync(2_000);
  await looking;
  expect(horizon.newest.height).toBe(9n);
});
