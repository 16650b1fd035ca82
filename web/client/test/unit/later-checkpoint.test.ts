// What was kept of the last visit, which may be anything, and counts for what it began from only.
import { expect, test } from "vitest";
import { laterCheckpoint } from "../../src/light-client/later-checkpoint.ts";
import type { Checkpoint } from "../../src/light-client/light-client.ts";
import * as grown from "../support/grown.ts";

const [early, late] = [grown.GENESIS.sets, grown.LATER_CHECKPOINT.sets];
const at = (epoch: number, sets = late): Checkpoint => ({ chainId: grown.CHAIN, epoch: `${epoch}`, sets });
const given = at(3);
const anchor = given;
const checkpoint = at(5);

test("a kept checkpoint counts if it is of this chain and ahead", () => {
  expect(laterCheckpoint(given, { anchor, checkpoint })).toEqual(checkpoint);
  const upper = given.sets.map((it) => it.toUpperCase()) as [string, string];
  expect(laterCheckpoint(at(3, upper), { anchor, checkpoint })).toEqual(checkpoint);
  for (const wrong of [
    { ...checkpoint, chainId: "other" },
    { ...checkpoint, epoch: "x" },
    { ...checkpoint, sets: [late[0]] },
    { ...checkpoint, sets: ["d", "e"] },
    "x",
    null,
  ]) {
    expect(laterCheckpoint(given, { anchor, checkpoint: wrong })).toBe(given);
    expect(laterCheckpoint(given, { anchor: wrong, checkpoint })).toBe(given);
  }
  expect(laterCheckpoint(given, { anchor, checkpoint: at(3, early) })).toBe(given);
  for (const wrong of [undefined, null, "x", [], {}, checkpoint]) {
    expect(laterCheckpoint(given, wrong)).toBe(given);
  }
});

test("a checkpoint that is later than what a forged history was kept from ends it", () => {
  const forged = { anchor: at(0, early), checkpoint: at(100_000) };
  expect(laterCheckpoint(at(0, early), forged)).toEqual(forged.checkpoint);
  const present = at(500);
  expect(laterCheckpoint(present, forged)).toBe(present);
  // So does one of the same epoch that names others.
  expect(laterCheckpoint(at(0), forged)).toMatchObject({ epoch: "0" });
});

test("an earlier checkpoint than the one it was kept from takes nothing back", () => {
  expect(laterCheckpoint(at(0, early), { anchor, checkpoint })).toEqual(checkpoint);
});
