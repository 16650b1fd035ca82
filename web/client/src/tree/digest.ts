import { sha256 } from "@noble/hashes/sha2.js";
import { littleEndian, utf8 } from "../bytes/bytes.ts";

/** SHA-256 of a domain and parts, each preceded by its length in eight bytes, least significant first. */
export function digestOfParts(domain: string, parts: readonly Uint8Array[]): Uint8Array {
  const hash = sha256.create();
  for (const part of [utf8(domain), ...parts]) {
    hash.update(littleEndian(part.length, 8));
    hash.update(part);
  }
  return hash.digest();
}
