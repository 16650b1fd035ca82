import type { Party } from "idos-client";
import { expect, test, vi } from "vitest";
import { allParties, PAGE, PAGES } from "../../src/queries/all-parties.ts";

const party = { id: "p" } as Party;
const proof = (height: number) => ({ height, time: new Date(0) });
const answer = (count: number, height?: number) => ({
  value: Array.from({ length: count }, () => party),
  proof: height === undefined ? undefined : proof(height),
});

test("parties are asked for until a page is not full, and the oldest proof stands for all", async () => {
  const pages = [answer(PAGE, 9), answer(PAGE, 7), answer(3, 8)];
  const all = await allParties(async ({ page }) => pages[page - 1] ?? answer(0));
  expect([all.value.length, all.proof?.height]).toEqual([2 * PAGE + 3, 7]);
});

test("a page without a proof leaves none for all", async () => {
  const pages = [answer(PAGE, 9), answer(PAGE), answer(0, 8)];
  const all = await allParties(async ({ page }) => pages[page - 1] ?? answer(0));
  expect([all.value.length, all.proof]).toEqual([2 * PAGE, undefined]);
});

test("a node whose list has no end is asked no further", async () => {
  const ask = vi.fn(async () => answer(PAGE));
  await allParties(ask);
  expect(ask).toHaveBeenCalledTimes(PAGES);
});
