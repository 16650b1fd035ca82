import type { Reader } from "../bytes/reader.ts";
import { EncodingError } from "../errors.ts";
import { CHAIN_ID_BYTES } from "../limits.ts";

const FORM = /^[A-Za-z0-9._-]+$/;

/** Whether a text can name a chain. */
export function isChainId(name: string): boolean {
  return name.length <= CHAIN_ID_BYTES && FORM.test(name);
}

/** Reads a chain id behind its length in one byte. */
export function readChainId(reader: Reader): string {
  const name = reader.text(reader.u8(), CHAIN_ID_BYTES);
  if (!isChainId(name)) {
    throw new EncodingError("Text", "a chain id has 1 to 64 characters of A-Z, a-z, 0-9, '.', '_' and '-'");
  }
  return name;
}
