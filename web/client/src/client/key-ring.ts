import type { Attribute } from "./records.ts";

/** The key of the attribute that holds a person's wrapped keys. */
export const KEY_RING_ATTRIBUTE = "idos:key-ring";

/**
 * The attribute that holds the key ring of a person. A copy of one is none, nor is what whoever created the profile put
 * there under that name: it would lock the person out.
 */
export function keyRingOf(attributes: readonly Attribute[]): Attribute | undefined {
  return attributes.find(
    (it) => it.key === KEY_RING_ATTRIBUTE && it.originalId === null && it.inserter === null,
  );
}
