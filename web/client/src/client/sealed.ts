import { ed25519 } from "@noble/curves/ed25519.js";
import { bytesToHex, concatBytes, fromBase64, toBase64 } from "../bytes/bytes.ts";
import { TRANSACTION_BYTES } from "../limits.ts";
import type { SignedCredential } from "./actions.ts";

/** A content that is encrypted for somebody: by the enclave, for instance, so that the page never sees it. */
export interface Sealed {
  /** Nonce and box, base64. */
  readonly content: string;
  /** SHA-256 of the plaintext, lower-case hexadecimal. */
  readonly contentHash: string;
  /** The ephemeral key that it is encrypted from, base64. */
  readonly encryptorPublicKey: string;
  /** For whom, if whoever sealed it says so: what the person agreed to is for this grantee, or for nobody. */
  readonly grantee?: string;
}

/**
 * Signs a copy, as the catalogue wants it, by a key that is thrown away: it says nothing about the issuer, whose
 * signature is in the content.
 */
export function signCopy(id: string, { content, encryptorPublicKey }: Sealed): SignedCredential {
  const { secretKey, publicKey } = ed25519.keygen();
  const notesSignature = ed25519.sign(new Uint8Array(), secretKey);
  const broader = concatBytes(notesSignature, fromBase64(content, TRANSACTION_BYTES));
  const broaderSignature = ed25519.sign(broader, secretKey);
  secretKey.fill(0);
  return {
    id,
    publicNotes: "",
    content,
    encryptorPublicKey,
    issuerAuthPublicKey: bytesToHex(publicKey),
    publicNotesSignature: toBase64(notesSignature),
    broaderSignature: toBase64(broaderSignature),
  };
}
