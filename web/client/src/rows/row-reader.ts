import { bytesToHex } from "../bytes/bytes.ts";
import type { Reader } from "../bytes/reader.ts";
import { uuidOf } from "../bytes/uuid.ts";
import { EncodingError } from "../errors.ts";
import { isNodeAddress } from "../light-client/node-address.ts";
import { type MemberList, readMembers } from "../light-client/validator-set.ts";
import { TRANSACTION_BYTES } from "../limits.ts";

/** Reads one field of a row. */
export type Field<T> = (reader: Reader) => T;

export const uuid: Field<string> = (reader) => uuidOf(reader.take(16));
/** Hexadecimal. */
export const digest: Field<string> = (reader) => bytesToHex(reader.take(32));
/** Hexadecimal. */
export const key: Field<string> = digest;
export const u64: Field<bigint> = (reader) => reader.u64();
export const i64: Field<bigint> = (reader) => reader.i64();
export const u128: Field<bigint> = (reader) => reader.u128();
export const members: Field<MemberList> = readMembers;

export const flag: Field<boolean> = (reader) => {
  const byte = reader.u8();
  if (byte > 1) {
    throw new EncodingError("Flag", `${byte} is neither 0 nor 1`);
  }
  return byte === 1;
};

// Whether a row is one that the rules made, its place in the tree tells; the limit only keeps nonsense out.
export const text: Field<string> = (reader) => reader.text(reader.u32(), TRANSACTION_BYTES);

export function optional<T>(field: Field<T>): Field<T | null> {
  return (reader) => (flag(reader) ? field(reader) : null);
}

export function named<N extends string>(what: string, names: readonly N[]): Field<N> {
  return (reader) => {
    const name = text(reader);
    const known = names.find((it) => it === name);
    if (known === undefined) {
      throw new EncodingError("Unknown", `the row has an unknown ${what}`);
    }
    return known;
  };
}

export const nodeAddress: Field<string> = (reader) => {
  const address = text(reader);
  if (!isNodeAddress(address)) {
    throw new EncodingError("Address", "the row has an address that is none");
  }
  return address;
};

/** What has come due, and of what: an id, or the digest of a motion, or the key of a validator. */
export interface Deadline {
  readonly kind: number;
  readonly of: Uint8Array;
}

/** By kind: end a grant, release a credential, forget a write grant, end a motion, end a request to join. */
const DEADLINE_BYTES = [16, 16, 16, 32, 32];

export const deadline: Field<Deadline> = (reader) => {
  const kind = reader.u8();
  const length = DEADLINE_BYTES[kind];
  if (length === undefined) {
    throw new EncodingError("Unknown", "the row has an unknown kind of deadline");
  }
  return { kind, of: reader.take(length) };
};
