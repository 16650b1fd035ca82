import type { Person } from "idos-client";
import { KEY_RING_KEY } from "../rules/attributes.ts";

/** Stores a key ring as the person's attribute, and answers what the network gives back after that. */
export async function storeKeyRing(person: Person, keyRing: string): Promise<string> {
  const find = async () => {
    const { value } = await person.attributes();
    return value.find((it) => it.key === KEY_RING_KEY && it.originalId === null);
  };
  const stored = await find();
  if (stored === undefined) {
    await person.addAttribute(KEY_RING_KEY, keyRing);
  } else if (stored.value !== keyRing) {
    await person.editAttribute(stored.id, KEY_RING_KEY, keyRing);
  }
  const after = await find();
  if (after === undefined) {
    throw new Error("the network does not show the key ring that was stored: try again");
  }
  return after.value;
}
