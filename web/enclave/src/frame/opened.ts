// Credentials and attributes that the person's keys open.
import { EnclaveError, type SealedAttribute, type SealedCredential } from "idos-client/enclave";
import { KeyError, Sealed, wipe } from "idos-crypto";
import { type JsonObject, parseDocument, readDocument } from "../credential/document.ts";
import { openAttribute } from "../keys/attribute-value.ts";
import type { PersonKeys } from "../keys/person-keys.ts";
import { explained } from "./explained.ts";

/** The plaintext of a credential, to be wiped. What stands for its sealer's key may be none: then nobody can read it. */
export function openCredential(
  keys: PersonKeys,
  { content, encryptorPublicKey }: SealedCredential,
): Uint8Array {
  try {
    return keys.open(Sealed.fromBase64(content, encryptorPublicKey));
  } catch (error) {
    throw error instanceof KeyError
      ? new EnclaveError("Unreadable", `the credential does not open: ${error.message}`, { cause: error })
      : error;
  }
}

/** What a credential says. */
export function opened(keys: PersonKeys, credential: SealedCredential): JsonObject {
  const plaintext = openCredential(keys, credential);
  try {
    return readDocument(plaintext);
  } finally {
    wipe(plaintext);
  }
}

/**
 * The same as text on one line, which keeps what parsing does not: how numbers are written, and members of one name.
 * The person gets everything that is theirs, also what a recipient would refuse.
 */
export function openedText(keys: PersonKeys, credential: SealedCredential): string {
  const plaintext = openCredential(keys, credential);
  try {
    // Between its parts JSON may have line breaks, within them it has none.
    return parseDocument(plaintext).text.replace(/[\r\n]+/g, " ");
  } finally {
    wipe(plaintext);
  }
}

/** Undefined of what cannot be opened: anybody with a write grant could write that, and keep the person from the rest. */
export function openedIfReadable(keys: PersonKeys, credential: SealedCredential): JsonObject | undefined {
  const result = ifReadable(() => opened(keys, credential));
  return result instanceof EnclaveError ? undefined : result;
}

/** The key of an attribute with its value; undefined if that cannot be opened. */
export type OpenedAttribute = readonly [key: string, value: string | undefined];

/** Attributes in clear, for the same reason also if some cannot be opened. Throws if none can. */
export function openedAttributes(
  keys: PersonKeys,
  attributes: readonly SealedAttribute[],
): readonly OpenedAttribute[] {
  const results = attributes.map((attribute) => ifReadable(() => openAttribute(keys, attribute)));
  const [first] = results;
  if (first instanceof EnclaveError && results.every((result) => result instanceof EnclaveError)) {
    throw first;
  }
  return attributes.map(({ key }, at) => {
    const result = results[at];
    return [key, result instanceof EnclaveError ? undefined : result];
  });
}

/** What was opened, or that it is `Unreadable`. */
function ifReadable<T>(open: () => T): T | EnclaveError {
  try {
    return open();
  } catch (error) {
    const known = explained(error);
    if (known instanceof EnclaveError && known.reason === "Unreadable") {
      return known;
    }
    throw error;
  }
}
