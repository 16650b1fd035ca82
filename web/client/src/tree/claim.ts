import { equalBytes } from "../bytes/bytes.ts";
import { IdosError } from "../errors.ts";
import { bitOf, LIST_BITS, leafKey, listOfKey } from "./key.ts";
import { commonPrefixBits, covers, firstKeyBeside, listPrefix, type Prefix, prefixOf } from "./prefix.ts";
import type { Proof, Sibling, Witness } from "./proof.ts";
import { emptyRoot, equalRoots, type Leaf, leafRoot, type Root } from "./root.ts";
import { RootBuilder } from "./root-builder.ts";

/** An element of a list, with what its leaf commits. */
export interface Element {
  readonly element: Uint8Array;
  readonly value: Uint8Array;
}

/** Something that is true of a tree, or not. */
export type Claim =
  /** This leaf is in the tree. */
  | { readonly kind: "leaf"; readonly leaf: Leaf }
  /** No leaf has this key. */
  | { readonly kind: "absent"; readonly key: Uint8Array }
  /** These, in order, are all elements of the list. */
  | { readonly kind: "list"; readonly list: Uint8Array; readonly elements: readonly Element[] }
  /** The list has so many elements. */
  | { readonly kind: "count"; readonly list: Uint8Array; readonly count: bigint }
  /** These are the elements of one page of the list, none left out. */
  | {
      readonly kind: "page";
      readonly list: Uint8Array;
      readonly offset: bigint;
      readonly limit: bigint;
      readonly total: bigint;
      readonly elements: readonly Element[];
    };

/** Why a proof does not prove a claim. */
export type ClaimReason =
  | "OtherRoot"
  | "Superfluous"
  | "NoWitness"
  | "Elsewhere"
  | "Order"
  | "Side"
  | "Hidden"
  | "Count"
  | "Offset"
  | "Length";

/** A proof does not prove a claim: the node that sent both is at fault. */
export class ClaimError extends IdosError {
  override readonly name = "ClaimError";
  override readonly fault = "node";
  override readonly reason: ClaimReason;

  constructor(reason: ClaimReason, message: string) {
    super(message);
    this.reason = reason;
  }
}

/** Throws a {@link ClaimError} unless `claim` is true of the tree with this root. */
export function verifyClaim(proof: Proof, root: Root, claim: Claim): void {
  switch (claim.kind) {
    case "leaf":
      return verifyLeaves(proof, root, [claim.leaf]);
    case "absent":
      return verifyAbsent(proof, root, listOfKey(claim.key), prefixOf(claim.key, 8 * claim.key.length));
    case "list":
      if (claim.elements.length === 0) {
        return verifyAbsent(proof, root, claim.list, listPrefix(claim.list));
      }
      verifyNoSiblingWithin(proof);
      return verifyLeaves(proof, root, leavesOf(claim.list, claim.elements));
    case "count":
      return verifyCount(proof, root, claim.list, claim.count);
    case "page": {
      const behind = claim.total > claim.offset ? claim.total - claim.offset : 0n;
      const expected = claim.limit < behind ? claim.limit : behind;
      const actual = BigInt(claim.elements.length);
      if (actual !== expected) {
        throw new ClaimError("Length", `the page has ${actual} elements instead of ${expected}`);
      }
      if (actual === 0n) {
        return verifyCount(proof, root, claim.list, claim.total);
      }
      verifyPosition(proof, claim.offset, claim.total, actual);
      return verifyLeaves(proof, root, leavesOf(claim.list, claim.elements));
    }
  }
}

/** The leaves and the siblings are the whole tree. */
function verifyLeaves(proof: Proof, root: Root, leaves: readonly Leaf[]): void {
  if (proof.witness !== undefined) {
    throw new ClaimError("Superfluous", "the proof has a witness too many");
  }
  verifyTree(
    proof,
    root,
    leaves.map((leaf) => ({ key: leaf.key, root: leafRoot(leaf) })),
  );
}

/**
 * No leaf's key begins with `prefix`, which is the list or lies in it. The witness is the first node on the way
 * that does not lie on it: there the first leaf that began with `prefix` would branch off, after the last sibling
 * and before the witness itself branches or ends.
 */
function verifyAbsent(proof: Proof, root: Root, list: Uint8Array, prefix: Prefix): void {
  const { witness } = proof;
  if (witness === undefined) {
    if (siblingsOf(proof).length > 0 || !equalRoots(root, emptyRoot())) {
      throw noWitness();
    }
    return;
  }
  const branchesOff = commonPrefixBits(witness.prefix, prefix);
  const isAfter = siblingsOf(proof).every((sibling) => sibling.bit < branchesOff);
  if (!isAfter || branchesOff === witness.prefix.bits || branchesOff === prefix.bits) {
    throw elsewhere();
  }
  verifyWitness(proof, root, list, witness);
}

/** The witness is the list, and says how long it is. */
function verifyCount(proof: Proof, root: Root, list: Uint8Array, claimed: bigint): void {
  const prefix = listPrefix(list);
  if (claimed === 0n) {
    return verifyAbsent(proof, root, list, prefix);
  }
  const { witness } = proof;
  if (witness === undefined) {
    throw noWitness();
  }
  if (!covers(prefix, witness.prefix)) {
    throw elsewhere();
  }
  verifyNoSiblingWithin(proof);
  if (witness.root.count !== claimed) {
    throw otherCount(claimed, witness.root.count);
  }
  verifyWitness(proof, root, list, witness);
}

/** No sibling is part of the list: those lie at bits behind the list's. */
function verifyNoSiblingWithin(proof: Proof): void {
  const hidden = siblingsOf(proof).find(isWithin);
  if (hidden !== undefined) {
    throw new ClaimError("Hidden", `the sibling at bit ${hidden.bit} hides elements of the list`);
  }
}

/** The siblings within the list hold what comes before the page and what comes after it. */
function verifyPosition(proof: Proof, offset: bigint, total: bigint, length: bigint): void {
  const within = (siblings: readonly Sibling[]) =>
    siblings.filter(isWithin).reduce((sum, sibling) => sum + sibling.root.count, 0n);
  const before = within(proof.left);
  if (before !== offset) {
    throw new ClaimError("Offset", `the page begins behind ${before} elements, not behind ${offset}`);
  }
  const actual = before + length + within(proof.right);
  if (actual !== total) {
    throw otherCount(total, actual);
  }
}

/**
 * The witness of a claim about this list stands where it says. Of a leaf it shows what belongs to the list, and of
 * that everything, so that there is one proof only.
 */
function verifyWitness(proof: Proof, root: Root, list: Uint8Array, witness: Witness): void {
  if (witness.isWhole === !equalBytes(listOfKey(witness.prefix.key), list)) {
    throw elsewhere();
  }
  verifyTree(proof, root, [{ key: witness.prefix.key, root: witness.root }]);
}

/** The items, in order, between the siblings to their left and those to their right are a tree with this root. */
function verifyTree(
  proof: Proof,
  root: Root,
  items: readonly { readonly key: Uint8Array; readonly root: Root }[],
): void {
  const builder = new RootBuilder();
  const push = (key: Uint8Array, subtree: Root) => {
    if (!builder.pushSubtree(key, subtree)) {
      throw new ClaimError("Order", "the elements are out of order");
    }
  };
  const [first, last] = [items.at(0), items.at(-1)];
  if (first !== undefined) {
    for (const sibling of proof.left) {
      push(beside(first.key, sibling, false), sibling.root);
    }
  }
  for (const item of items) {
    push(item.key, item.root);
  }
  if (last !== undefined) {
    for (const sibling of [...proof.right].reverse()) {
      push(beside(last.key, sibling, true), sibling.root);
    }
  }
  if (!equalRoots(builder.finish(), root)) {
    throw new ClaimError(
      "OtherRoot",
      "claim and proof give another root: something is missing, added or changed",
    );
  }
}

/** The smallest key that a sibling of `key` could hold. */
function beside(key: Uint8Array, sibling: Sibling, right: boolean): Uint8Array {
  if (bitOf(key, sibling.bit) === right) {
    throw new ClaimError("Side", `the sibling at bit ${sibling.bit} is on the wrong side`);
  }
  return firstKeyBeside(key, sibling.bit, right);
}

function siblingsOf(proof: Proof): readonly Sibling[] {
  return [...proof.left, ...proof.right];
}

/** Whether a sibling of something in a list is in that list too. */
function isWithin(sibling: Sibling): boolean {
  return sibling.bit >= LIST_BITS;
}

function leavesOf(list: Uint8Array, elements: readonly Element[]): Leaf[] {
  return elements.map(({ element, value }) => ({ key: leafKey(list, element), value }));
}

function noWitness(): ClaimError {
  return new ClaimError("NoWitness", "the proof has no witness");
}

function elsewhere(): ClaimError {
  return new ClaimError("Elsewhere", "the witness lies elsewhere");
}

function otherCount(claimed: bigint, actual: bigint): ClaimError {
  return new ClaimError("Count", `the list has ${actual} elements, not ${claimed}`);
}
