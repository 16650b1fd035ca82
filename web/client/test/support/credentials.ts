// Credentials that an issuer signed, and contents that look encrypted.
import { ed25519 } from "@noble/curves/ed25519.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, concatBytes, toBase64, utf8 } from "../../src/bytes/bytes.ts";
import type { SignedCredential } from "../../src/client/actions.ts";
import type { Sealed } from "../../src/client/sealed.ts";

const random = (length: number) => crypto.getRandomValues(new Uint8Array(length));

export const { secretKey: ISSUER_SECRET, publicKey } = ed25519.keygen();
export const ISSUER_KEY = bytesToHex(publicKey);

export function credential(notes: object): SignedCredential {
  const publicNotes = JSON.stringify(notes);
  const content = random(100);
  const notesSignature = ed25519.sign(utf8(publicNotes), ISSUER_SECRET);
  return {
    id: crypto.randomUUID(),
    publicNotes,
    content: toBase64(content),
    encryptorPublicKey: toBase64(random(32)),
    issuerAuthPublicKey: ISSUER_KEY,
    publicNotesSignature: toBase64(notesSignature),
    broaderSignature: toBase64(ed25519.sign(concatBytes(notesSignature, content), ISSUER_SECRET)),
  };
}

/** What an enclave would hand out. */
export const sealed = (): Sealed => ({
  content: toBase64(random(120)),
  contentHash: bytesToHex(sha256(random(8))),
  encryptorPublicKey: toBase64(random(32)),
});
