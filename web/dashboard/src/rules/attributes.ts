import type { Attribute } from "idos-client";

/** Keys that begin so belong to idOS itself. */
const RESERVED = "idos:";
const SEALED = ["idos:box:", "idos:envelope:"];
/** Longest key that can be typed here, in characters. */
export const KEY_CHARACTERS = 100;

/** Whether a value is sealed: only its owner, and the enclave, can tell what it says. */
export function isSealed(value: string): boolean {
  return SEALED.some((prefix) => value.startsWith(prefix));
}

/** The attributes that are a person's to see and change: neither copies nor what idOS keeps there. */
export function ownAttributes(attributes: readonly Attribute[]): readonly Attribute[] {
  return attributes.filter((it) => it.originalId === null && !it.key.startsWith(RESERVED));
}

/** The copies that the person shared, each with what its original is called, as far as that is still there. */
export function sharedAttributes(
  attributes: readonly Attribute[],
): readonly { readonly copy: Attribute; readonly name: string }[] {
  return attributes
    .filter((it) => it.originalId !== null)
    .map((copy) => ({ copy, name: attributes.find((it) => it.id === copy.originalId)?.key ?? copy.key }));
}

/** Why a text cannot be the key of an attribute. */
export type KeyFault = "empty" | "long" | "reserved" | "characters" | "taken";

/** What is wrong with a key that somebody typed; undefined if nothing is. */
export function keyFault(key: string, others: readonly Attribute[]): KeyFault | undefined {
  if (key.trim() === "") {
    return "empty";
  }
  if (key.length > KEY_CHARACTERS) {
    return "long";
  }
  if (key.toLowerCase().startsWith(RESERVED)) {
    return "reserved";
  }
  if (/\p{Cc}/u.test(key)) {
    return "characters";
  }
  return others.some((it) => it.key === key && it.originalId === null) ? "taken" : undefined;
}
