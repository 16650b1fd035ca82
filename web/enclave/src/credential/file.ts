import { base64 } from "@scure/base";
import { fromAscii85 } from "./ascii85.ts";

/** A file within a credential, of a kind that is safe to show or to offer. */
export interface File {
  readonly bytes: Uint8Array;
  readonly type: "image/jpeg" | "image/png" | "application/pdf";
}

const BEGINNINGS: readonly (readonly [File["type"], readonly number[]])[] = [
  ["image/jpeg", [0xff, 0xd8, 0xff]],
  ["image/png", [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]],
  ["application/pdf", [0x25, 0x50, 0x44, 0x46, 0x2d]],
];
/** Least characters of a value without a mark that could be a file in base64. */
const LEAST_BASE64 = 64;

/**
 * The file that a value is: a data URL, Ascii85, or bare base64. What kind it is says its beginning, not its label.
 * Undefined if it is none, or of another kind.
 */
export function fileOf(value: string): File | undefined {
  const bytes = fromAscii85(value) ?? fromDataUrl(value) ?? fromBareBase64(value);
  const type = BEGINNINGS.find(([, beginning]) => beginning.every((byte, at) => bytes?.[at] === byte))?.[0];
  return bytes === undefined || type === undefined ? undefined : { bytes, type };
}

/** A data URL of a file that `fileOf` found. */
export function dataUrl({ bytes, type }: File): string {
  return `data:${type};base64,${base64.encode(bytes)}`;
}

function fromDataUrl(value: string): Uint8Array | undefined {
  const comma = value.indexOf(";base64,");
  return value.startsWith("data:") && comma > 0 ? decoded(value.slice(comma + ";base64,".length)) : undefined;
}

function fromBareBase64(value: string): Uint8Array | undefined {
  return value.length >= LEAST_BASE64 && /^[A-Za-z0-9+/]{64}/.test(value) ? decoded(value) : undefined;
}

function decoded(text: string): Uint8Array | undefined {
  try {
    return base64.decode(text);
  } catch {
    return undefined;
  }
}
