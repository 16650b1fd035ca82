import type { Attribute } from "./records.ts";

/** The key of the attribute that holds a person's wrapped keys. */
export const KEY_RING_ATTRIBUTE = "idos:key-ring";

/** What rings begin with in base64: their name, then version, person, and revision with the highest byte first. */
const RING = /^aWRPU3Jpbm[A-Za-z\d+/]{34}/;

/**
 * The attribute that holds the key ring of a person; of several the one of the highest revision. A copy of one is none,
 * nor is what whoever created the profile put there under that name, or what is no ring: it would lock the person out.
 */
export function keyRingOf(attributes: readonly Attribute[]): Attribute | undefined {
  return attributes
    .filter(
      (it) =>
        it.key === KEY_RING_ATTRIBUTE &&
        it.originalId === null &&
        it.inserter === null &&
        RING.test(it.value),
    )
    .reduce<Attribute | undefined>(
      (newest, it) => (newest !== undefined && revisionOf(newest) >= revisionOf(it) ? newest : it),
      undefined,
    );
}

/** The last byte of the person, and the revision: as characters, which are in the order of the numbers. */
function revisionOf({ value }: Attribute): string {
  return atob(value.slice(32, 44));
}
