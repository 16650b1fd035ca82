import { base64 } from "@scure/base";

/** The UTF-8 bytes of a text. */
export function utf8(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

/** A number in so many bytes, most significant first. */
export function bigEndian(value: bigint | number, length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  let rest = BigInt(value);
  for (let at = length - 1; at >= 0; at--) {
    bytes[at] = Number(rest & 0xffn);
    rest >>= 8n;
  }
  return bytes;
}

/** Most characters that `bytes` bytes take in base64. */
export function base64Length(bytes: number): number {
  return Math.ceil(bytes / 3) * 4;
}

/** Reads standard base64 with padding; `undefined` if it is none. Its length has been looked at before. */
export function fromBase64(text: string): Uint8Array | undefined {
  try {
    return base64.decode(text);
  } catch {
    return undefined;
  }
}

/** Standard base64 with padding. */
export function toBase64(bytes: Uint8Array): string {
  return base64.encode(bytes);
}
