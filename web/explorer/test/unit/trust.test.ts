import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type Fault, IdosError, type LightClientReason } from "idos-client";
import {
  type Checkpoint,
  decodeCertificate,
  decodeSetChange,
  fromBase64,
  fromHex,
  LightClientError,
  PIECE_BYTES,
} from "idos-client/light-client";
import { expect, test } from "vitest";
import { genesisCheckpoint } from "../../../client/src/light-client/genesis.ts";
import * as grown from "../../../client/test/support/grown.ts";
import { fingerprint } from "../../src/fingerprint.ts";
import {
  anchorOf,
  isRefuted,
  keepCheckpoint,
  OtherChainError,
  ownCheckpoint,
  Trust,
  TrustError,
} from "../../src/trust.ts";
import { PageError } from "../../src/verify.ts";
import { memory } from "../support/memory.ts";

const WALK = join(import.meta.dirname, "../../../../fixtures/proof/light-client.json");
const CHAIN = "unit";
// Keys of points of the curve: multiples of its base point.
const KEYS = [
  "5866666666666666666666666666666666666666666666666666666666666666",
  "c9a3f86aae465f0e56513864510f3997561fa2c9e85ea21dc2292309f3cd6022",
];
const checkpoint = (from: number, chainId = CHAIN) =>
  genesisCheckpoint(
    chainId,
    KEYS.slice(from).map((key, at) => ({ key, address: `192.0.2.${at + 1}:8485` })),
  );

test("the fingerprint is the one of the explorer in Rust", () => {
  const found = fingerprint({ chainId: "idos-test", epoch: "0", sets: ["01", "02"] });
  expect(found).toBe("c35f72e760ce6f2f87ebaadafa91fd455f2eefaad1b9d1a9c046b67d130e97c7");
  expect(fromHex(found)).toHaveLength(32);
});

test("who names other first validators later is noticed", () => {
  const kept = memory();
  const first = { chainId: CHAIN, fingerprint: fingerprint(checkpoint(0)) };
  expect(anchorOf(kept, CHAIN, checkpoint(0)).before).toBeUndefined();
  expect(anchorOf(kept, CHAIN, checkpoint(0)).before).toBeUndefined();
  expect(anchorOf(kept, CHAIN, checkpoint(1)).before).toEqual(first);
  expect(() => anchorOf(kept, CHAIN, null)).toThrow("nothing to start from");
  expect(() => anchorOf(kept, "other", checkpoint(0))).toThrow("nothing to start from");
});

test("who names another chain later is noticed, whatever validators it has", () => {
  const kept = memory();
  anchorOf(kept, CHAIN, checkpoint(0));
  for (const from of [0, 1]) {
    const { before, isOwn } = anchorOf(kept, "other", checkpoint(from, "other"));
    expect([before?.chainId, isOwn]).toEqual([CHAIN, false]);
  }
  expect(anchorOf(kept, CHAIN, checkpoint(0)).before).toBeUndefined();
});

test("a first visit of which nothing can be read was not this", () => {
  for (const text of ["other", "null", "{}", '{"chainId":"unit"}']) {
    const kept = memory();
    kept.write("idos-explorer-first-seen", text);
    expect(anchorOf(kept, CHAIN, checkpoint(0)).before, text).toBeDefined();
  }
});

test("a visitor's own checkpoint counts before the node's", () => {
  const kept = memory();
  keepCheckpoint(kept, CHAIN, JSON.stringify(checkpoint(1)));
  const anchor = anchorOf(kept, CHAIN, checkpoint(0));
  expect([anchor.isOwn, anchor.checkpoint]).toEqual([true, checkpoint(1)]);
  keepCheckpoint(kept, CHAIN, null);
  expect(ownCheckpoint(kept)).toBeUndefined();
  expect(anchorOf(kept, CHAIN, checkpoint(0)).isOwn).toBe(false);
});

test("nothing is taken from a node of another chain than a visitor's own checkpoint", () => {
  const kept = memory();
  keepCheckpoint(kept, CHAIN, JSON.stringify(checkpoint(1)));
  const start = () => anchorOf(kept, "other", checkpoint(0, "other"));
  expect(start).toThrow(OtherChainError);
  expect(start).toThrow(/of the chain unit, .* of other\./);
  expect(isRefuted(new OtherChainError(CHAIN, "other"))).toBe(true);
  // It is not forgotten either, until the visitor says so.
  expect(ownCheckpoint(kept)).toEqual(checkpoint(1));
  keepCheckpoint(kept, "other", null);
  expect(start().isOwn).toBe(false);
});

test("nothing is taken from the node if what the visitor gave can no longer be read", () => {
  const kept = memory();
  kept.write("idos-explorer-checkpoint", "{}");
  expect(() => anchorOf(kept, CHAIN, checkpoint(0))).toThrow(TrustError);
});

test("what is no checkpoint of this chain is refused", () => {
  const kept = memory();
  const good = checkpoint(0);
  for (const text of ["", "1", "null", "[]", "{}", JSON.stringify({ ...good, sets: ["00", "00"] })]) {
    expect(() => keepCheckpoint(kept, CHAIN, text), text).toThrow("no checkpoint");
  }
  expect(() => keepCheckpoint(kept, "other", JSON.stringify(good))).toThrow("of the chain unit");
  expect(ownCheckpoint(kept)).toBeUndefined();
});

test("who signed is read from the validators of the epoch, as far as they were followed", async () => {
  const vector = JSON.parse(readFileSync(WALK, "utf8"));
  const from: Checkpoint = { chainId: vector.chain_id, epoch: "0", sets: vector.sets_of_epochs_0_and_1 };
  const changes = vector.changes.map((change: string) => decodeSetChange(fromHex(change)));
  const anchor = anchorOf(memory(), from.chainId, from);
  const certificate = decodeCertificate(fromHex(vector.certificate));
  const trust = new Trust(anchor, memory(), async () => changes);
  const { statement, signers } = await trust.certified(certificate, Number.POSITIVE_INFINITY);
  const set: string = vector.sets[statement.epoch === BigInt(vector.epoch) ? 0 : 1];
  expect(signers).toHaveLength(certificate.signatures.length);
  expect(signers.every((key) => set.includes(key))).toBe(true);
  expect(signers).toEqual([...new Set(signers)].sort());
});

/** A visitor's light client of a network whose first validator left, and how far this browser kept to have come. */
function visitor(from = grown.GENESIS) {
  const kept = memory();
  const asked: bigint[] = [];
  const trust = new Trust(anchorOf(kept, grown.CHAIN, from), kept, async (first) => {
    asked.push(first);
    return grown.CHANGES.slice(Number(first) - 2).map((it) => decodeSetChange(fromBase64(it, PIECE_BYTES)));
  });
  const certified = (epoch: number, height: number, maxAgeMillis: number) =>
    trust.certified(
      decodeCertificate(fromBase64(grown.answerOf(epoch, height).certificate, PIECE_BYTES)),
      maxAgeMillis,
    );
  const followed = () => JSON.parse(kept.read("idos-explorer-followed") ?? "null")?.checkpoint.epoch;
  return { certified, followed, asked };
}

const LATELY = 60_000;
const EVER = Number.POSITIVE_INFINITY;

test("keys of an epoch that this browser knows to be over prove nothing that has to be new", async () => {
  const { certified, followed } = visitor();
  await certified(3, 42, LATELY);
  expect(followed()).toBe("3");
  const forged = certified(0, 1_000, LATELY);
  await expect(forged).rejects.toThrow(TrustError);
  await expect(forged).rejects.toThrow("epoch that is over");
  // Of an old block they are the ones who signed, which takes nothing back.
  expect((await certified(0, 5, EVER)).statement.height).toBe(5n);
  expect(followed()).toBe("3");
  await expect(certified(0, 1_000, LATELY)).rejects.toThrow(TrustError);
});

test("the later one of the epochs that are known ends the earlier one", async () => {
  const { certified, followed, asked } = visitor(grown.LATER_CHECKPOINT);
  await certified(2, 20, LATELY);
  expect([followed(), asked]).toEqual(["2", []]);
  await certified(3, 42, LATELY);
  expect([followed(), asked]).toEqual(["3", [4n]]);
  await expect(certified(2, 1_000, LATELY)).rejects.toThrow(TrustError);
});

test("a checkpoint has one fingerprint, however the node spells it", () => {
  const { sets, ...rest } = checkpoint(0);
  const upper = { ...rest, epoch: "00", sets: sets.map((it) => it.toUpperCase()) as [string, string] };
  const anchor = anchorOf(memory(), CHAIN, upper);
  expect(anchor.fingerprint).toBe(fingerprint(checkpoint(0)));
  expect(anchor.checkpoint).toEqual(checkpoint(0));
});

test.each<[LightClientReason, boolean]>([
  ["OtherChain", true],
  ["EpochPassed", true],
  ["EpochUnknown", false],
  ["EpochGoesOn", true],
  ["Set", true],
  ["TooLow", true],
  ["TooOld", false],
  ["Ahead", false],
])("whether an answer that is not believed by %s is a lie: %s", (reason, isLie) => {
  expect(isRefuted(new LightClientError(reason, "not believed"))).toBe(isLie);
});

test("only what a node is at fault for is its lie", () => {
  class Other extends IdosError {
    override readonly reason = "Other";
    override readonly fault: Fault;

    constructor(fault: Fault) {
      super(fault);
      this.fault = fault;
    }
  }
  expect(isRefuted(new Other("node"))).toBe(true);
  expect(isRefuted(new PageError("another block"))).toBe(true);
  for (const fault of ["caller", "network", "clock"] as const) {
    expect(isRefuted(new Other(fault)), fault).toBe(false);
  }
  expect(isRefuted(new TrustError("nothing to start from"))).toBe(false);
  expect(isRefuted(undefined)).toBe(false);
});
