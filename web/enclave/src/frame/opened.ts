// Credentials that the person's keys open.
import { EnclaveError, type SealedCredential } from "idos-client/enclave";
import { KeyError, Sealed, wipe } from "idos-crypto";
import { type JsonObject, readDocument } from "../credential/document.ts";
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

/** Undefined of what can not be opened: anybody with a write grant could write that, and keep the person from the rest. */
export function openedIfReadable(keys: PersonKeys, credential: SealedCredential): JsonObject | undefined {
  try {
    return opened(keys, credential);
  } catch (error) {
    const known = explained(error);
    if (known instanceof EnclaveError && known.reason === "Unreadable") {
      return undefined;
    }
    throw error;
  }
}
