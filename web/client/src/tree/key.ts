import { concatBytes, utf8 } from "../bytes/bytes.ts";
import { digestOfParts } from "./digest.ts";

/** Length of a key in bits: half of them the list, half the element. */
export const KEY_BITS = 512;
/** How many bits of a key name the list. */
export const LIST_BITS = 256;

/** The 32 bytes of the list `name` of `owner`. */
export function listId(name: string, owner: Uint8Array): Uint8Array {
  return digestOfParts("idos/tree-list/v1", [utf8(name), owner]);
}

/** The 32 bytes of the element of the row with this key. */
export function elementOf(rowKey: Uint8Array): Uint8Array {
  return digestOfParts("idos/tree-element/v1", [rowKey]);
}

/** The 64 bytes of the key of an element of a list. */
export function leafKey(list: Uint8Array, element: Uint8Array): Uint8Array {
  return concatBytes(list, element);
}

/** The list of a key. */
export function listOfKey(key: Uint8Array): Uint8Array {
  return key.slice(0, LIST_BITS / 8);
}

/** The element of a key. */
export function elementOfKey(key: Uint8Array): Uint8Array {
  return key.slice(LIST_BITS / 8);
}

/** The bit at `index` from the left; false beyond the end. */
export function bitOf(key: Uint8Array, index: number): boolean {
  return (((key[index >> 3] ?? 0) >> (7 - (index & 7))) & 1) === 1;
}

/** How many bits two keys have in common from the left. */
export function commonBits(one: Uint8Array, other: Uint8Array): number {
  for (let at = 0; at < KEY_BITS / 8; at++) {
    const differing = (one[at] ?? 0) ^ (other[at] ?? 0);
    if (differing !== 0) {
      return at * 8 + Math.clz32(differing) - 24;
    }
  }
  return KEY_BITS;
}
