// The issuer's signature, as far as it can be checked here: suite `eddsa-jcs-2022` with a `did:key`
// (vc-di-eddsa, section 3.3). Suites over RDF would need a JSON-LD processor; the recipient has one.
import { ed25519 } from "@noble/curves/ed25519.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { concatBytes } from "@noble/hashes/utils.js";
import { base58 } from "@scure/base";
import canonicalize from "canonicalize";
import { CREDENTIAL_SKEW_SECONDS } from "../limits.ts";
import { dateOf } from "./dates.ts";
import { type Credential, each, isObject, type Json, type JsonObject } from "./document.ts";

/** What became of a signature. */
export type Signature =
  /** It is right, and by this ed25519 key; `isTimely` if its own dates are those of a signature that counts now. */
  | { readonly state: "right"; readonly key: Uint8Array; readonly isTimely: boolean }
  /** The document is not what was signed. */
  | { readonly state: "broken"; readonly why: string }
  /** Nothing is known: another suite, or a key that is somewhere else. */
  | { readonly state: "unchecked"; readonly suite: string }
  | { readonly state: "none" };

const ED25519_CODE = [0xed, 0x01] as const;
const KEY_BYTES = 32;
const SIGNATURE_BYTES = 64;
const SHORT = 100;

/** The ed25519 key of a `did:key`; undefined if it is another DID. */
export function keyOfDid(did: string): Uint8Array | undefined {
  const bytes = did.startsWith("did:key:z") ? multibase(did.slice("did:key:".length)) : undefined;
  const isEd25519 =
    bytes?.length === KEY_BYTES + 2 && bytes[0] === ED25519_CODE[0] && bytes[1] === ED25519_CODE[1];
  return isEd25519 ? bytes?.slice(2) : undefined;
}

/** Checks the signature on a credential, at this time. */
export function checkSignature({ document, issuer }: Credential, now: Date): Signature {
  const proofs = each(document["proof"] ?? undefined);
  const [proof] = proofs;
  if (proof === undefined) {
    return { state: "none" };
  }
  if (proofs.length > 1 || !isObject(proof)) {
    return { state: "unchecked", suite: "several" };
  }
  const suite = String(proof["cryptosuite"] ?? proof["type"]).slice(0, SHORT);
  if (proof["type"] !== "DataIntegrityProof" || suite !== "eddsa-jcs-2022") {
    return { state: "unchecked", suite };
  }
  const method = String(proof["verificationMethod"]);
  const [did = ""] = method.split("#");
  const key = keyOfDid(did);
  if (key === undefined) {
    return { state: "unchecked", suite };
  }
  if (issuer?.startsWith("did:") !== true) {
    // Whose key it is, the credential does not say.
    return { state: "unchecked", suite };
  }
  if (did !== issuer) {
    return { state: "broken", why: "it was signed by another key than its issuer's" };
  }
  // A `did:key` has one key, which is called as the DID is.
  if (method !== `${did}#${did.slice("did:key:".length)}`) {
    return { state: "broken", why: "it names a key that its issuer does not have" };
  }
  if (proof["proofPurpose"] !== "assertionMethod") {
    return { state: "broken", why: "it was signed for another purpose" };
  }
  return isSigned(document, proof, key)
    ? { state: "right", key, isTimely: isTimely(proof, now) }
    : { state: "broken", why: "it was changed after its issuer signed it" };
}

/** Whether a proof was made, and has not ended: as `proof_dates` in `crates/credential/src/verifier.rs`. */
function isTimely({ created, expires }: JsonObject, now: Date): boolean {
  const skew = CREDENTIAL_SKEW_SECONDS * 1000;
  const isDate = (value: Json | undefined, holds: (millis: number) => boolean) => {
    const date = dateOf(value);
    return value === undefined || (date !== undefined && holds(date.getTime()));
  };
  return (
    isDate(created, (millis) => millis <= now.getTime() + skew) &&
    isDate(expires, (millis) => millis >= now.getTime() - skew)
  );
}

/** Whether this key signed the document by `eddsa-jcs-2022`. */
export function isSigned(document: JsonObject, proof: JsonObject, key: Uint8Array): boolean {
  const { proof: _, ...unsecured } = document;
  const { proofValue, ...options } = proof;
  const signature = typeof proofValue === "string" ? multibase(proofValue) : undefined;
  const context = options["@context"];
  // As our verifier in Rust: what was signed has the contexts of the document, no fewer.
  if (context !== undefined && canonical(context) !== canonical(document["@context"] ?? null)) {
    return false;
  }
  if (signature?.length !== SIGNATURE_BYTES) {
    return false;
  }
  const digest = (value: Json) => sha256(new TextEncoder().encode(canonical(value)));
  try {
    return ed25519.verify(signature, concatBytes(digest(options), digest(unsecured)), key);
  } catch {
    return false;
  }
}

function canonical(value: Json): string {
  return canonicalize(value) ?? "";
}

function multibase(text: string): Uint8Array | undefined {
  try {
    return text.startsWith("z") ? base58.decode(text.slice(1)) : undefined;
  } catch {
    return undefined;
  }
}
