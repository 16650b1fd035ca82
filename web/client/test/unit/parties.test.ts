// The list of parties is of one state, however many pages it has.
import { expect, test, vi } from "vitest";
import { allParties } from "../../src/client/parties.ts";
import type { Paging } from "../../src/client/questions.ts";
import type { Party } from "../../src/client/records.ts";
import { PAGE_ROWS } from "../../src/limits.ts";

const PARTIES = Array.from({ length: PAGE_ROWS + 3 }, (_, at) => ({ id: `${at}` }) as Party);

/** A node that answers from these heights, one after the other; before the last of them the first party is removed. */
function node(heights: readonly (number | undefined)[]) {
  const left = [...heights];
  return vi.fn(async ({ page = 1, size = 0 }: Paging) => {
    const height = left.length > 1 ? left.shift() : left[0];
    const list = height === heights.at(-1) ? PARTIES.slice(1) : PARTIES;
    const proof = height === undefined ? undefined : { height, time: new Date(0) };
    return { value: list.slice((page - 1) * size, page * size), proof };
  });
}

test("parties are asked for until a page is not full", async () => {
  const { value, proof } = await allParties(node([7]));
  expect([value.length, proof?.height]).toEqual([PARTIES.length - 1, 7]);
});

test("who moves from one page to the other between two states is not missing", async () => {
  const ask = node([7, 8]);
  const { value, proof } = await allParties(ask);
  expect(value).toEqual(PARTIES.slice(1));
  expect([proof?.height, ask.mock.calls.length]).toEqual([8, 4]);
});

test("pages of which no two are of one state are no list", async () => {
  let height = 0;
  const ask = async ({ page = 1, size = 0 }: Paging) => {
    height += 1;
    const proof = { height, time: new Date(0) };
    return { value: PARTIES.slice((page - 1) * size, page * size), proof };
  };
  await expect(allParties(ask)).rejects.toMatchObject({ name: "NoAnswerError", fault: "network" });
});

test("without proofs a node's list has an end", async () => {
  const ask = vi.fn(async () => ({ value: PARTIES.slice(0, PAGE_ROWS), proof: undefined }));
  expect((await allParties(ask)).proof).toBeUndefined();
  expect(ask).toHaveBeenCalledTimes(10);
});
