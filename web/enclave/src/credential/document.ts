import { EnclaveError } from "idos-client/enclave";
import { CREDENTIAL_DEPTH } from "../limits.ts";

export type Json = null | boolean | number | string | readonly Json[] | JsonObject;
export type JsonObject = { readonly [member: string]: Json };

/** What a credential says of itself; nothing in it has been checked. */
export interface Credential {
  readonly document: JsonObject;
  readonly id: string | undefined;
  /** Without `VerifiableCredential`, which all have. */
  readonly types: readonly string[];
  readonly issuer: string | undefined;
  /** The first one: the person. */
  readonly subject: JsonObject;
  readonly subjects: readonly JsonObject[];
  readonly validFrom: Date | undefined;
  readonly validUntil: Date | undefined;
  /** What is not as the W3C data model wants it; empty if nothing is. */
  readonly faults: readonly StructureFault[];
}

/** Which part of the data model a document misses. */
export type StructureFault = "context" | "type" | "issuer" | "subject" | "dates";

const CONTEXTS: readonly string[] = [
  "https://www.w3.org/2018/credentials/v1",
  "https://www.w3.org/ns/credentials/v2",
];
const NO_MEMBERS: JsonObject = {};

export function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The members of a list, or the one that stands for a list of one. */
export function each(value: Json | undefined): readonly Json[] {
  return value === undefined ? [] : Array.isArray(value) ? value : [value as Json];
}

/** Reads the plaintext of a credential: one JSON object in UTF-8. */
export function readDocument(plaintext: Uint8Array): JsonObject {
  let document: Json;
  try {
    document = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(plaintext));
  } catch {
    // Without the cause: engines quote the text in it.
    throw new EnclaveError("Unreadable", "the credential opens, but what is in it is no JSON");
  }
  if (!isObject(document)) {
    throw new EnclaveError("Unreadable", "the credential opens, but what is in it is no JSON object");
  }
  if (isDeeper(document, CREDENTIAL_DEPTH)) {
    const message = `the credential opens, but what is in it is nested deeper than ${CREDENTIAL_DEPTH} levels`;
    throw new EnclaveError("Unreadable", message);
  }
  return document;
}

/** Looked at level by level: the parser goes deeper than calls can. */
function isDeeper(document: Json, most: number): boolean {
  let level: readonly Json[] = [document];
  for (let depth = 0; depth <= most; depth++) {
    level = level.flatMap((value) =>
      typeof value === "object" && value !== null ? Object.values(value) : [],
    );
    if (level.length === 0) {
      return false;
    }
  }
  return true;
}

/** What a document says as a credential of the W3C data model, 1.1 or 2.0. */
export function readCredential(document: JsonObject): Credential {
  const text = (value: Json | undefined) => (typeof value === "string" ? value : undefined);
  const issuer = document["issuer"];
  const said = each(document["credentialSubject"]);
  const subjects = said.filter(isObject);
  const types = each(document["type"]).filter((type) => typeof type === "string");
  const begins = text(document["validFrom"] ?? document["issuanceDate"]);
  const ends = text(document["validUntil"] ?? document["expirationDate"]);
  const [validFrom, validUntil] = [dateOf(begins), dateOf(ends)];
  const issuerId = isObject(issuer) ? text(issuer["id"]) : text(issuer);
  const found: Record<StructureFault, boolean> = {
    context: CONTEXTS.includes(String(each(document["@context"])[0])),
    type: types.includes("VerifiableCredential"),
    issuer: issuerId !== undefined,
    subject: subjects.length > 0 && subjects.length === said.length,
    dates:
      (begins === undefined) === (validFrom === undefined) &&
      (ends === undefined) === (validUntil === undefined),
  };
  return {
    document,
    id: text(document["id"]),
    types: types.filter((type) => type !== "VerifiableCredential"),
    issuer: issuerId,
    subject: subjects[0] ?? NO_MEMBERS,
    subjects,
    validFrom,
    validUntil,
    faults: (Object.keys(found) as StructureFault[]).filter((part) => !found[part]),
  };
}

function dateOf(value: string | undefined): Date | undefined {
  if (value === undefined || !/^\d{4}-\d{2}-\d{2}T/.test(value)) {
    return undefined;
  }
  const date = new Date(value);
  return Number.isNaN(date.getTime()) ? undefined : date;
}
