// Proofs that are true of the tree, and shown for something else.
import { expect, test } from "vitest";
import { utf8 } from "../../src/bytes/bytes.ts";
import { type Claim, verifyClaim } from "../../src/tree/claim.ts";
import { commonBits, elementOf, elementOfKey, leafKey, listId } from "../../src/tree/key.ts";
import { prefixOf } from "../../src/tree/prefix.ts";
import type { Proof } from "../../src/tree/proof.ts";
import { branchRoot, leafRoot } from "../../src/tree/root.ts";
import { refusal } from "../support/vectors.ts";

const list = listId("grants", utf8("alice"));
const keys = ["1", "2"]
  .map((name) => leafKey(list, elementOf(utf8(name))))
  .sort((a, b) => (a.join() < b.join() ? -1 : 1));
const [one, other] = keys.map((key) => ({ key, value: new Uint8Array(32) }));
if (one === undefined || other === undefined) {
  throw new Error("there are two");
}
const bit = commonBits(one.key, other.key);
const isLeft = ((one.key[bit >> 3] ?? 0) & (0x80 >> (bit & 7))) === 0;
const [first, second] = isLeft ? [one, other] : [other, one];
const prefix = prefixOf(first.key, bit);
const root = branchRoot(prefix, leafRoot(first), leafRoot(second));
const element = { element: elementOfKey(first.key), value: first.value };

const OF_ONE: Proof = { witness: undefined, left: [], right: [{ bit, root: leafRoot(second) }] };
const OF_BRANCH: Proof = { witness: { prefix, root }, left: [], right: [] };
const refused = (proof: Proof, claim: Claim) => refusal(() => verifyClaim(proof, root, claim));

test("that one element is there does not prove that it is all", () => {
  expect(refused(OF_ONE, { kind: "leaf", leaf: first })).toBeNull();
  expect(refused(OF_ONE, { kind: "list", list, elements: [element] })).toBe("Hidden");
  const page = { kind: "page", list, offset: 0n, limit: 1n, total: 2n, elements: [element] } as const;
  expect(refused(OF_ONE, page)).toBeNull();
  expect(refused(OF_ONE, { ...page, total: 1n })).toBe("Count");
  expect(refused(OF_ONE, { ...page, offset: 1n })).toBe("Offset");
  expect(refused(OF_ONE, { ...page, limit: 2n })).toBe("Length");
});

test("a branch on the way to a key does not prove that the key is absent", () => {
  expect(refused(OF_BRANCH, { kind: "count", list, count: 2n })).toBeNull();
  expect(refused(OF_BRANCH, { kind: "count", list, count: 1n })).toBe("Count");
  expect(refused(OF_BRANCH, { kind: "absent", key: first.key })).toBe("Elsewhere");
  expect(refused(OF_BRANCH, { kind: "list", list, elements: [] })).toBe("Elsewhere");
  const strange = listId("grants", utf8("bob"));
  expect(refused(OF_BRANCH, { kind: "list", list: strange, elements: [] })).toBeNull();
});

test("a sibling is not on the side of the way itself", () => {
  const turned: Proof = { witness: undefined, left: OF_ONE.right, right: [] };
  expect(refused(turned, { kind: "leaf", leaf: first })).toBe("Side");
});
