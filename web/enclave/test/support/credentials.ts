// Credentials as issuers make them: signed by eddsa-jcs-2022, sealed for a person.
import { ed25519 } from "@noble/curves/ed25519.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { concatBytes } from "@noble/hashes/utils.js";
import { base58 } from "@scure/base";
import canonicalize from "canonicalize";
import type { SealedCredential } from "idos-client/enclave";
import { PublicKey, seal } from "idos-crypto";
import type { JsonObject } from "../../src/credential/document.ts";

/** A name that stands nowhere else: whoever has it has seen the plaintext. */
export const SECRET_NAME = "Lovelace-7f3a9c";

export const SUBJECT: JsonObject = {
  id: "urn:uuid:0b6f9a3e-4b0e-4a9b-9c55-7b1d7f6e2a11",
  firstName: "Ada",
  familyName: SECRET_NAME,
  dateOfBirth: "1990-04-30T00:00:00.000Z",
  nationality: "PT",
  idDocumentType: "PASSPORT",
  idDocumentNumber: "P1234567",
  residentialAddressCountry: "PT",
};

export function didKey(secret: Uint8Array): string {
  const key = concatBytes(Uint8Array.of(0xed, 0x01), ed25519.getPublicKey(secret));
  return `did:key:z${base58.encode(key)}`;
}

/** A signed credential. `inProof` is signed too. */
export function signed(
  secret: Uint8Array,
  subject: JsonObject = SUBJECT,
  more: JsonObject = {},
  inProof: JsonObject = {},
): JsonObject {
  const issuer = didKey(secret);
  const document: JsonObject = {
    "@context": ["https://www.w3.org/ns/credentials/v2"],
    id: "urn:uuid:58172aac-d8ba-11ed-83dd-0b3aef56cc33",
    type: ["VerifiableCredential"],
    issuer,
    validFrom: "2024-01-01T00:00:00Z",
    ...more,
    credentialSubject: subject,
  };
  const options: JsonObject = {
    type: "DataIntegrityProof",
    cryptosuite: "eddsa-jcs-2022",
    created: "2024-01-01T00:00:00Z",
    verificationMethod: `${issuer}#${issuer.slice("did:key:".length)}`,
    proofPurpose: "assertionMethod",
    "@context": document["@context"] ?? null,
    ...inProof,
  };
  const digest = (value: JsonObject) => sha256(new TextEncoder().encode(canonicalize(value) ?? ""));
  const signature = ed25519.sign(concatBytes(digest(options), digest(document)), secret);
  return { ...document, proof: { ...options, proofValue: `z${base58.encode(signature)}` } };
}

export const textOf = (document: JsonObject): Uint8Array =>
  new TextEncoder().encode(JSON.stringify(document));

/** The row of a credential, sealed for a person. */
export function sealedFor(
  encryptionPublicKey: string,
  document: JsonObject,
  notes: object = {},
): SealedCredential {
  const sealed = seal(PublicKey.fromBase64(encryptionPublicKey), textOf(document));
  return {
    id: crypto.randomUUID(),
    content: sealed.contentBase64(),
    encryptorPublicKey: sealed.encryptorPublicKey.toBase64(),
    publicNotes: JSON.stringify({ id: document["id"], type: "kyc", status: "approved", ...notes }),
  };
}
