import { ed25519 } from "@noble/curves/ed25519.js";
import { bigEndian, compareBytes, concatBytes } from "../bytes/bytes.ts";
import { Reader } from "../bytes/reader.ts";
import { EncodingError } from "../errors.ts";
import { VALIDATORS } from "../limits.ts";
import { elementOf, leafKey, listId } from "../tree/key.ts";
import { type Leaf, rowValue } from "../tree/root.ts";
import { readNodeAddress } from "./node-address.ts";

const VERSION = 1;
const TABLE = "validator_sets";
const SCHEMA_VERSION = 1;

/** A validator in a set. */
export interface Member {
  /** The ed25519 key it votes by. */
  readonly key: Uint8Array;
  /** Where other nodes reach it. */
  readonly address: string;
}

/** Validators of an epoch in the order of their keys, each key once, with their one encoding. */
export interface MemberList {
  readonly members: readonly Member[];
  readonly encoded: Uint8Array;
}

/** Members of whom there is at least one, each with a key whose signatures prove something. */
export type ValidatorSet = MemberList & { readonly isSound: true };

/** Reads members where they stand within other bytes. */
export function readMembers(reader: Reader): MemberList {
  const start = reader.position;
  const version = reader.u16LittleEndian();
  if (version !== VERSION) {
    throw new EncodingError("Version", `unknown version ${version} of a validator set`);
  }
  const count = reader.u16LittleEndian();
  if (count > VALIDATORS) {
    throw new EncodingError("Size", `${count} validators, at most ${VALIDATORS} are allowed`);
  }
  const members: Member[] = [];
  for (let number = 0; number < count; number++) {
    const member = { key: reader.take(32), address: readNodeAddress(reader) };
    const last = members.at(-1);
    if (last !== undefined && compareBytes(last.key, member.key) >= 0) {
      throw new EncodingError("Order", "validators are ordered by their keys, each key once");
    }
    members.push(member);
  }
  return { members, encoded: reader.since(start) };
}

/** Reads a set of validators whose signatures count where it stands within other bytes. */
export function readValidatorSet(reader: Reader): ValidatorSet {
  const list = readMembers(reader);
  if (list.members.length === 0) {
    throw new EncodingError("Empty", "nobody is in the validator set");
  }
  for (const [number, { key }] of list.members.entries()) {
    if (!provesSomething(key)) {
      throw new EncodingError(
        "Key",
        `the key of the validator with number ${number} is none that proves anything`,
      );
    }
  }
  return { ...list, isSound: true };
}

/** Reads a set and nothing behind it. */
export function decodeValidatorSet(bytes: Uint8Array): ValidatorSet {
  const reader = new Reader(bytes);
  const set = readValidatorSet(reader);
  reader.finish();
  return set;
}

/** Whether so many signers are strictly more than two thirds of the set. */
export function isQuorum(set: ValidatorSet, signers: number): boolean {
  return signers * 3 > set.members.length * 2;
}

/** Whether the validator with this number signed `message`, by the rules of ZIP 215. */
export function hasSigned(
  set: ValidatorSet,
  number: number,
  message: Uint8Array,
  signature: Uint8Array,
): boolean {
  const member = set.members[number];
  return member !== undefined && isSigned(member.key, message, signature);
}

/** Whether a signature holds by the rules of ZIP 215, as the nodes check it. */
export function isSigned(key: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
  try {
    return ed25519.verify(signature, message, key, { zip215: true });
  } catch {
    return false;
  }
}

/** Whether bytes are a point of the curve, and none of small order, under which anyone can sign. */
function provesSomething(key: Uint8Array): boolean {
  try {
    return !ed25519.Point.fromBytes(key, true).isSmallOrder();
  } catch {
    return false;
  }
}

/** The leaf that fixes this set for an epoch. */
export function validatorSetLeaf(set: MemberList, epoch: bigint, salt: Uint8Array): Leaf {
  const rowKey = bigEndian(epoch, 8);
  return {
    key: leafKey(listId(TABLE, new Uint8Array()), elementOf(rowKey)),
    value: rowValue(TABLE, SCHEMA_VERSION, concatBytes(rowKey, set.encoded), salt),
  };
}
