import { UsageError } from "../errors.ts";
import { bytesToHex, fromHex } from "./bytes.ts";

const FORM = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** The text of a UUID: lower case, with hyphens. */
export function uuidOf(bytes: Uint8Array): string {
  const hex = bytesToHex(bytes);
  const part = (from: number, to: number) => hex.slice(from, to);
  return `${part(0, 8)}-${part(8, 12)}-${part(12, 16)}-${part(16, 20)}-${part(20, 32)}`;
}

/** Whether a text is a UUID in the form with hyphens. */
export function isUuid(text: string): boolean {
  return FORM.test(text);
}

/** The 16 bytes of a UUID. */
export function uuidBytes(text: string): Uint8Array {
  if (!isUuid(text)) {
    throw new UsageError("Argument", "an id is no UUID, like 1b4e28ba-2fa1-41d2-883f-0016d3cca427");
  }
  return fromHex(text.replaceAll("-", ""), 16);
}
