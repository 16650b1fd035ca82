// A credential as issuers make it, signed by eddsa-jcs-2022.
import { ed25519 } from "@noble/curves/ed25519.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { base58 } from "@scure/base";
import canonicalize from "canonicalize";
import { concatBytes, utf8 } from "../../../client/src/bytes/bytes.ts";

/** The document as it is encrypted. */
export function signedCredential(secret: Uint8Array, id: string, subject: object): Uint8Array {
  const key = `z${base58.encode(concatBytes(Uint8Array.of(0xed, 0x01), ed25519.getPublicKey(secret)))}`;
  const contexts = ["https://www.w3.org/ns/credentials/v2"];
  const document = {
    "@context": contexts,
    id,
    type: ["VerifiableCredential"],
    issuer: `did:key:${key}`,
    validFrom: "2024-01-01T00:00:00Z",
    credentialSubject: { id: "urn:uuid:0b6f9a3e-4b0e-4a9b-9c55-7b1d7f6e2a11", ...subject },
  };
  const proof = {
    type: "DataIntegrityProof",
    cryptosuite: "eddsa-jcs-2022",
    created: "2024-01-01T00:00:00Z",
    verificationMethod: `did:key:${key}#${key}`,
    proofPurpose: "assertionMethod",
    "@context": contexts,
  };
  const digest = (value: object) => sha256(utf8(canonicalize(value) ?? ""));
  const signature = ed25519.sign(concatBytes(digest(proof), digest(document)), secret);
  return utf8(
    JSON.stringify({ ...document, proof: { ...proof, proofValue: `z${base58.encode(signature)}` } }),
  );
}
