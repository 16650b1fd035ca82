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
