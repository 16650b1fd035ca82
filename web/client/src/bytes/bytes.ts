import { bytesToHex, concatBytes, hexToBytes } from "@noble/hashes/utils.js";
import { base64 } from "@scure/base";
import { EncodingError } from "../errors.ts";

export { bytesToHex, concatBytes };

/** The UTF-8 bytes of a text. */
export function utf8(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

/** A number in so many bytes, most significant first; two's complement if it is negative. */
export function bigEndian(value: bigint | number, length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  let rest = BigInt.asUintN(8 * length, BigInt(value));
  for (let at = length - 1; at >= 0; at--) {
    bytes[at] = Number(rest & 0xffn);
    rest >>= 8n;
  }
  return bytes;
}

/** A number in so many bytes, least significant first. */
export function littleEndian(value: bigint | number, length: number): Uint8Array {
  return bigEndian(value, length).reverse();
}

/** Negative, zero or positive, as `one` comes before, equals or comes after `other`. */
export function compareBytes(one: Uint8Array, other: Uint8Array): number {
  const length = Math.min(one.length, other.length);
  for (let at = 0; at < length; at++) {
    const difference = (one[at] ?? 0) - (other[at] ?? 0);
    if (difference !== 0) {
      return difference;
    }
  }
  return one.length - other.length;
}

/** Whether both are the same bytes. */
export function equalBytes(one: Uint8Array, other: Uint8Array): boolean {
  return compareBytes(one, other) === 0;
}

/** Reads standard base64 with padding, of at most `most` bytes. */
export function fromBase64(text: string, most: number): Uint8Array {
  if (text.length > Math.ceil(most / 3) * 4) {
    throw new EncodingError("TooLong", `more than ${most} bytes of base64`);
  }
  try {
    return base64.decode(text);
  } catch (cause) {
    throw new EncodingError("Text", "a text is not base64", { cause });
  }
}

/** Standard base64 with padding. */
export function toBase64(bytes: Uint8Array): string {
  return base64.encode(bytes);
}

/** Reads hexadecimal digits of either case: exactly `length` bytes if one is given. */
export function fromHex(text: string, length?: number): Uint8Array {
  let bytes: Uint8Array;
  try {
    bytes = hexToBytes(text);
  } catch (cause) {
    throw new EncodingError("Text", "a text is not hexadecimal", { cause });
  }
  if (length !== undefined && bytes.length !== length) {
    throw new EncodingError("Size", `${bytes.length} bytes of hexadecimal instead of ${length}`);
  }
  return bytes;
}
