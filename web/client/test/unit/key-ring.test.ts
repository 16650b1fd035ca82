import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { keyRingOf } from "../../src/client/key-ring.ts";
import type { Attribute } from "../../src/index.ts";

const attribute = (value: string, more: Partial<Attribute> = {}): Attribute => ({
  id: value,
  userId: "u",
  key: "idos:key-ring",
  value,
  inserter: null,
  originalId: null,
  ...more,
});

/** What a ring of this revision begins with. */
const ring = (revision: number) =>
  Buffer.concat([
    Buffer.from("idOSring\x01"),
    Buffer.alloc(16, 7),
    Buffer.from([0, 0, 0, 0, 0, 0, revision, 9]),
  ]);
const ringAttribute = (revision: number) => attribute(ring(revision).toString("base64"));

test("the key ring is the person's own, neither a copy nor what the creator of the profile put there", () => {
  const others = [
    attribute("another attribute", { key: "email" }),
    { ...ringAttribute(9), originalId: "x" },
    { ...ringAttribute(9), inserter: "issuer" },
  ];
  expect(keyRingOf(others)).toBeUndefined();
  expect(keyRingOf([...others, ringAttribute(1)])).toEqual(ringAttribute(1));
});

test("what is no ring locks nobody out, and of several rings the newest counts", () => {
  const rubbish = ["", "ring", "aWRPU3Jpbm", `aWRPU3Jpbmc${"?".repeat(60)}`].map((it) => attribute(it));
  expect(keyRingOf(rubbish)).toBeUndefined();
  expect(keyRingOf([...rubbish, ringAttribute(1)])).toEqual(ringAttribute(1));
  const newest = ringAttribute(200);
  expect(keyRingOf([ringAttribute(3), newest, ringAttribute(127)])).toBe(newest);
  expect(keyRingOf([newest, ...rubbish, ringAttribute(3)])).toBe(newest);
});

test("the sample that dApps copy takes no other", () => {
  const readme = readFileSync(new URL("../../README.md", import.meta.url), "utf8");
  expect(readme).toContain("keyRing: keyRingOf(attributes)?.value ?? null");
  expect(readme).not.toContain("idos:key-ring");
});
