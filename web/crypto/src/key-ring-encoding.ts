// A key ring as bytes. Numbers are big-endian; a ring has one encoding only.
//
//     "idOSring" ‖ version 1 ‖ id of the person (16) ‖ revision (8)
//     ‖ number of wraps (1) ‖ wraps by id, each:
//         id (8) ‖ kind (1) ‖ 1: memory in KiB, passes, lanes (4 each) | 2: nothing
//                           | 3: length (2) and id of the passkey, input (32)
//         ‖ salt (32) ‖ commitment (32) ‖ key under XChaCha20-Poly1305 (64 + 16)
//     ‖ number of replaced keys (1) ‖ if any: salt (32) ‖ commitment (32) ‖ keys (64 each, + 16)
//     ‖ tag (32)
import { equalBytes } from "@noble/ciphers/utils.js";
import { concatBytes } from "@noble/hashes/utils.js";
import { bigEndian, utf8 } from "./bytes/bytes.ts";
import { Reader } from "./bytes/reader.ts";
import { KeyRingError } from "./errors.ts";
import { FORMER_KEYS, KEY_RING_BYTES, PASSKEY_WRAPS, PASSWORD_WRAPS, RECOVERY_WRAPS } from "./limits.ts";
import { LOCK_BYTES } from "./lock.ts";
import { USER_KEY_BYTES } from "./user-key.ts";
import { decodeWrap, encodeWrap, MOST_WRAPS, type Wrap } from "./wrap.ts";

const MAGIC = utf8("idOSring");
const VERSION = 1;
const WRAPS = PASSWORD_WRAPS + RECOVERY_WRAPS + PASSKEY_WRAPS;
const SALT_BYTES = 32;

/** Length of the tag that authenticates a ring, in bytes. */
export const TAG_BYTES = 32;

/** Replaced keys, locked by the current one. */
export interface Former {
  readonly salt: Uint8Array;
  readonly locked: Uint8Array;
}

/** Everything in a ring but its tag. */
export interface RingBody {
  /** The id of the person. */
  readonly user: Uint8Array;
  readonly revision: bigint;
  /** By id. */
  readonly wraps: readonly Wrap[];
  readonly former: Former | undefined;
}

/** The bytes of everything but the tag. */
export function encodeBody({ user, revision, wraps, former }: RingBody): Uint8Array {
  const number = former === undefined ? 0 : (former.locked.length - LOCK_BYTES) / USER_KEY_BYTES;
  return concatBytes(
    MAGIC,
    Uint8Array.of(VERSION),
    user,
    bigEndian(revision, 8),
    Uint8Array.of(wraps.length),
    ...wraps.map(encodeWrap),
    Uint8Array.of(number),
    ...(former === undefined ? [] : [former.salt, former.locked]),
  );
}

/** Reads the ring of `user`: bounded, in order, and no guard weaker than its floor. */
export function decodeRing(bytes: Uint8Array, user: Uint8Array): { body: RingBody; tag: Uint8Array } {
  checkRingSize(bytes.length);
  if (!equalBytes(bytes.subarray(0, MAGIC.length), MAGIC)) {
    throw new KeyRingError("NotAKeyRing", "these bytes are no key ring; the node gave something else");
  }
  const reader = new Reader(bytes.subarray(MAGIC.length));
  const version = reader.u8();
  if (version !== VERSION) {
    const message = `the key ring has version ${version}, which this program does not know; update it`;
    throw new KeyRingError("UnknownVersion", message);
  }
  if (!equalBytes(reader.take(user.length), user)) {
    const message = "this is the key ring of another person; the node gave the wrong one";
    throw new KeyRingError("OtherPerson", message);
  }
  const revision = reader.u64();
  const wraps = decodeWraps(reader, revision);
  const former = decodeFormer(reader);
  const tag = reader.take(TAG_BYTES);
  reader.finish();
  checkCounts(wraps);
  return { body: { user, revision, wraps, former }, tag };
}

/** A ring fits the value of an attribute. */
export function checkRingSize(length: number): void {
  if (length > KEY_RING_BYTES) {
    const message = `the key ring is ${length} bytes long, at most ${KEY_RING_BYTES} are read; distrust the node`;
    throw new KeyRingError("TooLarge", message);
  }
}

/** No kind of wrap more often than a ring may have it. */
export function checkCounts(wraps: readonly Wrap[]): void {
  for (const { by } of wraps) {
    const { what, most } = MOST_WRAPS[by.kind];
    checkNumber(wraps.filter((other) => other.by.kind === by.kind).length, most, what);
  }
}

/** No more of a kind than a ring may have. */
export function checkNumber(number: number, most: number, what: string): void {
  if (number > most) {
    const message = `a key ring has at most ${most} ${what}; the person must remove one first`;
    throw new KeyRingError("TooMany", message);
  }
}

/** The wraps are missing, or not in order. */
export function outOfOrder(): KeyRingError {
  const message = "the wraps of the key ring are missing or out of order; fetch it from another node";
  return new KeyRingError("Order", message);
}

function decodeWraps(reader: Reader, revision: bigint): Wrap[] {
  const number = reader.u8();
  checkNumber(number, WRAPS, "ways to open it");
  const wraps = Array.from({ length: number }, () => decodeWrap(reader));
  let last = 0n;
  for (const { id } of wraps) {
    if (id <= last || id > revision) {
      throw outOfOrder();
    }
    last = id;
  }
  if (number === 0) {
    throw outOfOrder();
  }
  return wraps;
}

function decodeFormer(reader: Reader): Former | undefined {
  const number = reader.u8();
  checkNumber(number, FORMER_KEYS, "replaced keys");
  if (number === 0) {
    return undefined;
  }
  return { salt: reader.take(SALT_BYTES), locked: reader.take(LOCK_BYTES + number * USER_KEY_BYTES) };
}
