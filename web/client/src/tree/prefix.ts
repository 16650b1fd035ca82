import { compareBytes } from "../bytes/bytes.ts";
import { commonBits, KEY_BITS, LIST_BITS } from "./key.ts";

/** The first bits of keys: where in the tree a subtree lies. `key` has zeros behind them. */
export interface Prefix {
  readonly key: Uint8Array;
  readonly bits: number;
}

/** The first `bits` bits of a key. */
export function prefixOf(key: Uint8Array, bits: number): Prefix {
  const cut = new Uint8Array(KEY_BITS / 8);
  const whole = bits >> 3;
  cut.set(key.slice(0, whole));
  if ((bits & 7) > 0) {
    cut[whole] = (key[whole] ?? 0) & (0xff00 >> (bits & 7));
  }
  return { key: cut, bits };
}

/** A prefix from its bytes: as many as its bits need, with zeros behind them. Nothing else is one. */
export function prefixFromBytes(bytes: Uint8Array, bits: number): Prefix | undefined {
  if (bits > KEY_BITS || bytes.length !== prefixBytes(bits)) {
    return undefined;
  }
  const prefix = prefixOf(bytes, bits);
  return compareBytes(prefix.key.slice(0, bytes.length), bytes) === 0 ? prefix : undefined;
}

/** What the keys of all elements of a list begin with. */
export function listPrefix(list: Uint8Array): Prefix {
  return prefixOf(list, LIST_BITS);
}

/** How many bytes so many bits need. */
export function prefixBytes(bits: number): number {
  return (bits + 7) >> 3;
}

/** Whether `other` begins with `prefix`, or is it. */
export function covers(prefix: Prefix, other: Prefix): boolean {
  return prefix.bits <= other.bits && commonBits(prefix.key, other.key) >= prefix.bits;
}

/** How many bits both have in common from the left. */
export function commonPrefixBits(one: Prefix, other: Prefix): number {
  return Math.min(commonBits(one.key, other.key), one.bits, other.bits);
}

/** The smallest key that begins with the first `bits` bits of `key`, and then a zero or a one. */
export function firstKeyBeside(key: Uint8Array, bits: number, right: boolean): Uint8Array {
  const beside = prefixOf(key, bits).key;
  if (right) {
    const at = bits >> 3;
    beside[at] = (beside[at] ?? 0) | (0x80 >> (bits & 7));
  }
  return beside;
}
