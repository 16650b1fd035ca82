import { bigEndian, concatBytes, equalBytes, utf8 } from "../bytes/bytes.ts";
import { digestOfParts } from "./digest.ts";
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
  return { hash: digestOfParts("idos/leaf/v1", [concatBytes(leaf.key, leaf.value)]), count: 1n };
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
  return digestOfParts("idos/tree-row/v1", [utf8(table), bigEndian(schemaVersion, 4), row, salt]);
}

/** What every leaf of a second list over rows commits. */
export function indexValue(): Uint8Array {
  return digestOfParts("idos/tree-index/v1", []);
}
