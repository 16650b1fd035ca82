import { Reader } from "../bytes/reader.ts";
import { EncodingError } from "../errors.ts";
import { PROOF_BYTES } from "../limits.ts";
import { KEY_BITS } from "./key.ts";
import { listPrefix, type Prefix, prefixBytes, prefixFromBytes, prefixOf } from "./prefix.ts";
import { branchRoot, entryRoot, type Leaf, leafRoot, type Root } from "./root.ts";

const VERSION = 2;

/** A subtree beside the way from the root to what a proof is about. */
export interface Sibling {
  /** The bit in which its keys differ from those on the way. */
  readonly bit: number;
  readonly root: Root;
}

/** The node at the end of the way, when the claim does not already say what lies there. */
export interface Witness {
  /** Whether a leaf is shown with its element, as one of the claim's list is, and no other one. */
  readonly isWhole?: boolean;
  readonly prefix: Prefix;
  readonly root: Root;
}

/** What has to be known of the rest of the tree to compute its root from a part. */
export interface Proof {
  readonly witness: Witness | undefined;
  readonly left: readonly Sibling[];
  readonly right: readonly Sibling[];
}

/** Reads the one encoding of a proof. */
export function decodeProof(bytes: Uint8Array): Proof {
  if (bytes.length > PROOF_BYTES) {
    throw new EncodingError(
      "TooLong",
      `the proof is ${bytes.length} bytes long, at most ${PROOF_BYTES} are allowed`,
    );
  }
  const reader = new Reader(bytes);
  const version = reader.u8();
  if (version !== VERSION) {
    throw new EncodingError("Version", `the proof is of version ${version}, only ${VERSION} is known`);
  }
  const proof = { witness: readWitness(reader), left: readSiblings(reader), right: readSiblings(reader) };
  reader.finish();
  return proof;
}

function readWitness(reader: Reader): Witness | undefined {
  const kind = reader.u8();
  switch (kind) {
    case 0:
      return undefined;
    case 1: {
      const leaf: Leaf = { key: reader.take(KEY_BITS / 8), value: reader.take(32) };
      return { isWhole: true, prefix: prefixOf(leaf.key, KEY_BITS), root: leafRoot(leaf) };
    }
    case 2: {
      const bits = reader.u16();
      const prefix = prefixFromBytes(reader.take(prefixBytes(bits)), bits);
      if (prefix === undefined || prefix.bits >= KEY_BITS) {
        throw new EncodingError("Prefix", "the witness has a prefix that no branch has");
      }
      return { prefix, root: branchRoot(prefix, readRoot(reader), readRoot(reader)) };
    }
    case 3: {
      const list = reader.take(32);
      return { isWhole: false, prefix: listPrefix(list), root: entryRoot(list, reader.take(32)) };
    }
    default:
      throw new EncodingError("Unknown", `unknown kind ${kind} of witness`);
  }
}

function readRoot(reader: Reader): Root {
  const count = reader.u64();
  const hash = reader.take(32);
  if (count === 0n) {
    throw new EncodingError("Empty", "a subtree of no leaves is named");
  }
  return { hash, count };
}

function readSiblings(reader: Reader): Sibling[] {
  const length = reader.u16();
  const siblings: Sibling[] = [];
  let free = 0;
  for (let number = 0; number < length; number++) {
    const bit = reader.u16();
    if (bit < free || bit >= KEY_BITS) {
      throw new EncodingError("Order", `the sibling at bit ${bit} is out of order`);
    }
    free = bit + 1;
    siblings.push({ bit, root: readRoot(reader) });
  }
  return siblings;
}
