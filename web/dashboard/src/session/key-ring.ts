import { KEY_RING_ATTRIBUTE, keyRingOf, type Person } from "idos-client";
import { EnclaveError } from "idos-client/enclave";
import { afterwards } from "../rules/error-text.ts";
import { TEXTS } from "../texts.ts";

/**
 * Stores a key ring as the person's attribute, and answers what the network gives back after that. `replaces` is the
 * ring that the change began from, null for none: if another is stored by now, the change is refused, because it would
 * undo what another device did. Undefined: whatever is stored is replaced.
 *
 * The network has no write that compares, so a change that another device stores within the same seconds, between the
 * look and the write, is seen only in the answer.
 */
export async function storeKeyRing(
  person: Person,
  keyRing: string,
  replaces?: string | null,
): Promise<string> {
  const find = async () => {
    const { value } = await person.attributes();
    return keyRingOf(value);
  };
  const stored = await find();
  if (stored?.value === keyRing) {
    return keyRing;
  }
  if (replaces !== undefined && (stored?.value ?? null) !== replaces) {
    throw new EnclaveError("KeyRing", TEXTS.enclave.ringChanged);
  }
  if (stored === undefined) {
    await person.addAttribute(KEY_RING_ATTRIBUTE, keyRing);
  } else {
    await person.editAttribute(stored.id, KEY_RING_ATTRIBUTE, keyRing);
  }
  const after = await afterwards(true, find);
  if (after === undefined) {
    throw new Error("the network does not show the key ring that was stored: try again");
  }
  return after.value;
}
