import { hexToBytes } from "@noble/hashes/utils.js";
import { UsageError } from "../errors.ts";

const FORM = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** The 16 bytes of a UUID in the form with hyphens, of either letter case. */
export function uuidBytes(text: string): Uint8Array {
  if (!FORM.test(text)) {
    throw new UsageError(
      "Argument",
      "the id of a person is no UUID, like 1b4e28ba-2fa1-41d2-883f-0016d3cca427",
    );
  }
  return hexToBytes(text.replaceAll("-", ""));
}
