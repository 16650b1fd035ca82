import { bytesToHex } from "@noble/hashes/utils.js";
import { notesOf, type Party } from "idos-client";
import { shownName } from "idos-kit/names";
import { titleInWords } from "../page/wording.ts";
import { type Credential, type JsonObject, readCredential } from "./document.ts";
import { checkSignature, keyOfDid, type Signature } from "./proof.ts";

/** Something that the person is told before they share or rely on a credential. */
export type Concern =
  | "structure"
  | "expired"
  | "not-yet"
  | "unsigned"
  | "unchecked"
  | "untimely"
  | "other-id"
  | "other-type"
  | "unknown-issuer"
  | "issuers-unknown";

/** What the enclave found out about a credential. */
export interface Examined {
  readonly credential: Credential;
  /** Who issued it; `name` only if the network lists them as an issuer. */
  readonly issuer: { readonly id: string | undefined; readonly name: string | undefined };
  /** The signature is right and counts now, and by an issuer that the network admitted. */
  readonly isVouched: boolean;
  readonly concerns: readonly Concern[];
  /** Why it is certainly not what it says; it is not shared then. */
  readonly refusal: string | undefined;
}

/** Looks at what is in a credential. `parties` is undefined if the network could not be asked. */
export function examine(
  document: JsonObject,
  publicNotes: string | null,
  parties: readonly Party[] | undefined,
  now: Date,
): Examined {
  const credential = readCredential(document);
  const signature = checkSignature(credential, now);
  const isRight = signature.state === "right";
  const listed = parties?.find((party) => isIssuer(party, credential, signature));
  const { id, type } = notesOf(publicNotes ?? "");
  const said: Record<Concern, boolean> = {
    structure: credential.faults.length > 0,
    expired: credential.validUntil !== undefined && credential.validUntil <= now,
    "not-yet": credential.validFrom !== undefined && credential.validFrom > now,
    unsigned: signature.state === "none",
    unchecked: signature.state === "unchecked",
    untimely: isRight && !signature.isTimely,
    // Issuers leave the id out of what is not to be linked: then there is nothing to compare.
    "other-id": typeof id === "string" && credential.id !== undefined && id !== credential.id,
    "other-type": typeof type === "string" && isOtherType(credential.types, type),
    "unknown-issuer": parties !== undefined && listed === undefined,
    "issuers-unknown": parties === undefined,
  };
  return {
    credential,
    issuer: { id: credential.issuer, name: shownName(listed?.keys?.name ?? "") },
    isVouched: isRight && signature.isTimely && listed !== undefined,
    concerns: (Object.keys(said) as Concern[]).filter((concern) => said[concern]),
    refusal: signature.state === "broken" ? signature.why : undefined,
  };
}

/** Types differ if people would read different names. */
function isOtherType(types: readonly string[], noted: string): boolean {
  return types.length > 0 && !types.some((type) => titleInWords(type) === titleInWords(noted));
}

/**
 * A right signature is that of a party by its key; else the issuer is only what the credential says. The DID that a
 * party published may be another's: nothing here can look into the document of a `did:web`.
 */
function isIssuer({ roles, keys }: Party, { issuer }: Credential, signature: Signature): boolean {
  const key = signature.state === "right" ? signature.key : keyOfDid(issuer?.split("/")[0] ?? "");
  return roles.includes("issuer") && key !== undefined && keys?.signingPublicKey === bytesToHex(key);
}
