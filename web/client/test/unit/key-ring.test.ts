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

test("the key ring is the person's own, neither a copy nor what the creator of the profile put there", () => {
  const others = [
    attribute("another attribute", { key: "email" }),
    attribute("a copy", { originalId: "x" }),
    attribute("planted", { inserter: "issuer" }),
  ];
  expect(keyRingOf(others)).toBeUndefined();
  expect(keyRingOf([...others, attribute("ring")])?.value).toBe("ring");
});

test("the sample that dApps copy takes no other", () => {
  const readme = readFileSync(new URL("../../README.md", import.meta.url), "utf8");
  expect(readme).toContain("keyRing: keyRingOf(attributes)?.value ?? null");
  expect(readme).not.toContain("idos:key-ring");
});
