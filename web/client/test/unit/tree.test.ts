import { describe, expect, test } from "vitest";
import { bytesToHex, fromHex, utf8 } from "../../src/bytes/bytes.ts";
import { elementOf, leafKey, listId } from "../../src/tree/key.ts";
import { prefixFromBytes } from "../../src/tree/prefix.ts";
import { branchRoot, entryOf, indexValue, leafRoot, rowValue } from "../../src/tree/root.ts";
import { RootBuilder } from "../../src/tree/root-builder.ts";
import { fixture } from "../support/fixtures.ts";
import { type CaseJson, type LeafJson, leafOf, type RootJson, rootOf, verdict } from "../support/vectors.ts";

interface TreeJson {
  list: { name: string; owner: string; id: string };
  element: { row_key: string; id: string };
  row: { table: string; schema_version: number; row: string; salt: string; value: string };
  index: { list: string; row: string; salt: string; value: string };
  leaf: { leaf: LeafJson; entry: string; root: RootJson };
  branch: { bits: number; prefix: string; left: RootJson; right: RootJson; root: RootJson };
  roots: { leaves: LeafJson[]; root: RootJson }[];
}

const tree = fixture<TreeJson>("proof/tree.json");
const proofs = fixture<CaseJson[]>("proof/proofs.json");

describe("hashes are those of the vectors", () => {
  test("keys and values", () => {
    const { list, element, row, index } = tree;
    expect(bytesToHex(listId(list.name, fromHex(list.owner)))).toBe(list.id);
    expect(bytesToHex(elementOf(fromHex(element.row_key)))).toBe(element.id);
    const value = rowValue(row.table, row.schema_version, fromHex(row.row), fromHex(row.salt));
    expect(bytesToHex(value)).toBe(row.value);
    const entry = indexValue(fromHex(index.list), fromHex(index.row), fromHex(index.salt));
    expect(bytesToHex(entry)).toBe(index.value);
    expect(bytesToHex(leafKey(listId("a", utf8("b")), elementOf(utf8("c"))))).toHaveLength(128);
  });

  test("a leaf and a branch", () => {
    expect(bytesToHex(entryOf(leafOf(tree.leaf.leaf)))).toBe(tree.leaf.entry);
    expect(leafRoot(leafOf(tree.leaf.leaf))).toEqual(rootOf(tree.leaf.root));
    const { bits, prefix, left, right, root } = tree.branch;
    const place = prefixFromBytes(fromHex(prefix), bits);
    expect(place && branchRoot(place, rootOf(left), rootOf(right))).toEqual(rootOf(root));
  });

  test.each(tree.roots.map((it) => [it.leaves.length, it] as const))("%i leaves", (_, it) => {
    const builder = new RootBuilder();
    for (const leaf of it.leaves) {
      expect(builder.push(leafOf(leaf))).toBe(true);
    }
    expect(builder.finish()).toEqual(rootOf(it.root));
  });
});

test("keys out of order are refused", () => {
  const leaf = (byte: number) => ({ key: new Uint8Array(64).fill(byte), value: new Uint8Array(32) });
  const builder = new RootBuilder();
  expect([5, 5, 4, 6].map((byte) => builder.push(leaf(byte)))).toEqual([true, false, false, true]);
});

describe("claims hold and are refused as the vectors say", () => {
  test.each(proofs.map((it) => [it.name, it] as const))("%s", (_, it) => {
    expect(verdict(it)).toBe(it.refused);
  });

  test("there are cases of both", () => {
    expect(proofs.filter((it) => it.refused === null).length).toBeGreaterThan(10);
    expect(new Set(proofs.map((it) => it.refused)).size).toBeGreaterThan(4);
  });
});

test("no changed bit of a proof goes unnoticed, of every third bit", () => {
  const some = proofs.filter((it) => it.refused === null && it.proof.length < 1_200).slice(0, 6);
  for (const it of some) {
    const proof = fromHex(it.proof);
    for (let bit = 0; bit < 8 * proof.length; bit += 3) {
      const changed = proof.slice();
      changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      expect(verdict(it, changed), `${it.name}, bit ${bit}`).not.toBeNull();
    }
    for (let length = 0; length < proof.length; length++) {
      expect(verdict(it, proof.slice(0, length))).not.toBeNull();
    }
    expect(verdict(it, Uint8Array.of(...proof, 0))).toBe("Trailing");
  }
});

test("a proof longer than any is refused before it is read", () => {
  const [it] = proofs;
  expect(it && verdict(it, new Uint8Array(2 * 512 * 42 + 257))).toBe("TooLong");
});
