// The value of an attribute as it is stored: `idos:box:<sender's key>:<content>` of the compatible suite, or
// `idos:envelope:<envelope>` of the post-quantum suite for people with a key ring; all in base64. The Rust SDK has the
// same (`crates/client/src/person/attributes.rs`); `fixtures/crypto/attributes.json` holds values of it.
import { base64 } from "@scure/base";
import { EnclaveError, type SealedAttribute } from "idos-client/enclave";
import { CryptoError, Sealed, seal, sealEnvelope, wipe } from "idos-crypto";
import type { PersonKeys } from "./person-keys.ts";

const BOX = "idos:box:";
const ENVELOPE = "idos:envelope:";

/** Longest value that is typed, in units of UTF-16, each of three bytes at most: sealed by either suite, it can be stored. */
export const LONGEST_TYPED = 7_500;

/** What an envelope is bound to. The key comes last, so that no two contexts are the same text. */
function context(userId: string, id: string, key: string): Uint8Array {
  return new TextEncoder().encode(`idos/attribute/v1/${userId}/${id.toLowerCase()}/${key}`);
}

/** A value sealed for the person, as it is stored. */
export function sealAttribute(keys: PersonKeys, id: string, key: string, value: string): string {
  const plaintext = new TextEncoder().encode(value);
  try {
    if (keys.ring === undefined) {
      const sealed = seal(keys.publicKey(), plaintext);
      return `${BOX}${sealed.encryptorPublicKey.toBase64()}:${sealed.contentBase64()}`;
    }
    const hybrid = keys.ring.current.hybridKey();
    try {
      return `${ENVELOPE}${base64.encode(sealEnvelope(hybrid.publicKey(), context(keys.userId, id, key), plaintext))}`;
    } finally {
      wipe(hybrid);
    }
  } finally {
    wipe(plaintext);
  }
}

/** The value of an attribute in clear. One that is not sealed is given as it is. */
export function openAttribute(keys: PersonKeys, { id, key, value }: SealedAttribute): string {
  try {
    const plaintext = opened(keys, id, key, value);
    if (plaintext === undefined) {
      return value;
    }
    try {
      return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(plaintext);
    } finally {
      wipe(plaintext);
    }
  } catch (cause) {
    if (cause instanceof EnclaveError) {
      throw cause;
    }
    const why = cause instanceof CryptoError ? cause.message : "it is no text";
    throw new EnclaveError("Unreadable", `the attribute ${id} cannot be read: ${why}`, { cause });
  }
}

function opened(keys: PersonKeys, id: string, key: string, value: string): Uint8Array | undefined {
  if (value.startsWith(BOX)) {
    const [sender = "", content, ...rest] = value.slice(BOX.length).split(":");
    if (content === undefined || rest.length > 0) {
      throw new EnclaveError("Unreadable", `the attribute ${id} is not in the form of a sealed one`);
    }
    return keys.open(Sealed.fromBase64(content, sender));
  }
  if (value.startsWith(ENVELOPE)) {
    if (keys.ring === undefined) {
      const message = `the attribute ${id} is sealed for a key ring, and the key comes from a password alone`;
      throw new EnclaveError("Unreadable", message);
    }
    const envelope = base64.decode(value.slice(ENVELOPE.length));
    return keys.ring.openEnvelope(context(keys.userId, id, key), envelope);
  }
  return undefined;
}
