import { bigEndian, concatBytes, equalBytes, utf8 } from "../bytes/bytes.ts";
import { digestOfParts } from "./digest.ts";
import { elementOfKey, listOfKey } from "./key.ts";
import { type Prefix, prefixBytes } from "./prefix.ts";

const MOST_LEAVES = 2n ** 64n - 1n;

/** What stands for a tree or a subtree: its hash, which commits the number of its leaves. */
export interface Root {
  readonly hash: Uint8Array;
  readonly count: bigint;
}

/** One leaf: where it is, and what it commits. */
export interface Leaf {
  readonly key: Uint8Array;
  readonly value: Uint8Array;
}

/** The root of no leaves. */
export function emptyRoot(): Root {
  return { hash: digestOfParts("idos/empty/v1", []), count: 0n };
}

/** The root of one leaf. */
export function leafRoot(leaf: Leaf): Root {
  return entryRoot(listOfKey(leaf.key), entryOf(leaf));
}

/** What the hash of a leaf commits beside its list. */
export function entryOf(leaf: Leaf): Uint8Array {
  return digestOfParts("idos/tree-entry/v1", [elementOfKey(leaf.key), leaf.value]);
}

/** The root of one leaf of which no more is known than its list and its entry. */
export function entryRoot(list: Uint8Array, entry: Uint8Array): Root {
  return { hash: digestOfParts("idos/leaf/v2", [concatBytes(list, entry)]), count: 1n };
}

/** The root of two subtrees whose keys first differ in the bit behind `prefix`. */
export function branchRoot(prefix: Prefix, left: Root, right: Root): Root {
  const body = concatBytes(
    bigEndian(prefix.bits, 2),
    prefix.key.slice(0, prefixBytes(prefix.bits)),
    bigEndian(left.count, 8),
    left.hash,
    bigEndian(right.count, 8),
    right.hash,
  );
  const count = left.count + right.count;
  return {
    hash: digestOfParts("idos/branch/v1", [body]),
    count: count > MOST_LEAVES ? MOST_LEAVES : count,
  };
}

/** Whether both stand for the same leaves. */
export function equalRoots(one: Root, other: Root): boolean {
  return one.count === other.count && equalBytes(one.hash, other.hash);
}

/** What the leaf of a row commits: its table, the version of the table's form, its bytes and its salt. */
export function rowValue(
  table: string,
  schemaVersion: number,
  row: Uint8Array,
  salt: Uint8Array,
): Uint8Array {
  return marked(digestOfParts("idos/tree-row/v2", [utf8(table), bigEndian(schemaVersion, 4), row, salt]), 0);
}

/** What the leaf of a row in a second list commits: the row's value, and its salt. */
export function indexValue(list: Uint8Array, row: Uint8Array, salt: Uint8Array): Uint8Array {
  return marked(digestOfParts("idos/tree-index/v2", [list, row, salt]), 0x80);
}

/** A value with its first bit, which tells what it is of: of rows 0, of index entries 1. */
function marked(value: Uint8Array, bit: number): Uint8Array {
  value[0] = ((value[0] ?? 0) & 0x7f) | bit;
  return value;
}
