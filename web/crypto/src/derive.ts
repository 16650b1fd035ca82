// Keys from keys: HKDF-SHA256 (RFC 5869), each use with a label of its own.
import { hkdf } from "@noble/hashes/hkdf.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { concatBytes } from "@noble/hashes/utils.js";
import { utf8 } from "./bytes/bytes.ts";

const NOTHING = new Uint8Array();

/**
 * `length` bytes from a secret, for the use that `label` names and the public `context`. A zero byte stands between
 * the two, so that no label is the beginning of another.
 */
export function derive(
  secret: Uint8Array,
  salt: Uint8Array,
  label: string,
  length: number,
  context: Uint8Array = NOTHING,
): Uint8Array {
  return hkdf(sha256, secret, salt, concatBytes(utf8(label), new Uint8Array(1), context), length);
}

/** The same without salt, for secrets that are random and used for themselves. */
export function deriveFrom(
  secret: Uint8Array,
  label: string,
  length: number,
  context?: Uint8Array,
): Uint8Array {
  return derive(secret, NOTHING, label, length, context);
}
