// What the Rust crates are tested with, read in place.
import { readFileSync } from "node:fs";
import { hexToBytes } from "@noble/hashes/utils.js";
import { CryptoError } from "../../src/index.ts";

const ROOT = new URL("../../../../", import.meta.url);

/** A file below `fixtures/`; its shape is what the test says. */
export function fixture<T>(path: string): T {
  return JSON.parse(source(`fixtures/${path}`)) as T;
}

/** A file of the repository as text. */
export function source(path: string): string {
  return readFileSync(new URL(path, ROOT), "utf8");
}

export const hex = hexToBytes;
export const utf8 = (text: string) => new TextEncoder().encode(text);
export const fromUtf8 = (bytes: Uint8Array) => new TextDecoder("utf-8", { fatal: true }).decode(bytes);
export const base64 = (text: string) => new Uint8Array(Buffer.from(text, "base64"));

/** A copy with some bits of one byte flipped. */
export function flipped(bytes: Uint8Array, at: number, bits = 0x80): Uint8Array {
  const copy = bytes.slice();
  copy[at] = (copy[at] ?? 0) ^ bits;
  return copy;
}

/** A copy with other bytes from a place on. */
export function patched(bytes: Uint8Array, at: number, patch: ArrayLike<number>): Uint8Array {
  const copy = bytes.slice();
  copy.set(patch, at);
  return copy;
}

const named = (error: unknown) => {
  if (error instanceof CryptoError) {
    return `${error.name}.${error.reason}`;
  }
  throw error;
};

/** Class and reason of the error by which something is refused; `undefined` if it is not. */
export function refusal(work: () => unknown): string | undefined {
  try {
    work();
    return undefined;
  } catch (error) {
    return named(error);
  }
}

/** The same of something that takes its time. */
export async function refusalOf(work: Promise<unknown>): Promise<string | undefined> {
  try {
    await work;
    return undefined;
  } catch (error) {
    return named(error);
  }
}
