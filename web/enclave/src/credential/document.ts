import { EnclaveError } from "idos-client/enclave";
import { CREDENTIAL_DEPTH } from "../limits.ts";
import { ambiguityOf, levels } from "./ambiguity.ts";
import { dateOf } from "./dates.ts";

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

/** Reads the plaintext of a credential: one JSON object in UTF-8, which everybody reads alike. */
export function readDocument(plaintext: Uint8Array): JsonObject {
  const { text, document } = parseDocument(plaintext);
  const ambiguity = ambiguityOf(text, document);
  if (ambiguity !== undefined) {
    throw new EnclaveError("Unreadable", `the credential opens, but what is in it ${ambiguity}`);
  }
  return document;
}

/** Parses it, also if others may read it differently. */
export function parseDocument(plaintext: Uint8Array): {
  readonly text: string;
  readonly document: JsonObject;
} {
  let text: string;
  let document: Json;
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(plaintext);
    document = JSON.parse(text);
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
  return { text, document };
}

function isDeeper(document: Json, most: number): boolean {
  let depth = -1;
  for (const _ of levels(document)) {
    depth++;
    if (depth > most) {
      return true;
    }
  }
  return false;
}

/** What a document says as a credential of the W3C data model, 1.1 or 2.0. */
export function readCredential(document: JsonObject): Credential {
  const text = (value: Json | undefined) => (typeof value === "string" ? value : undefined);
  const issuer = document["issuer"];
  const said = each(document["credentialSubject"]);
  const subjects = said.filter(isObject);
  const types = each(document["type"]).filter((type) => typeof type === "string");
  const begins = present(document, "validFrom", "issuanceDate");
  const ends = present(document, "validUntil", "expirationDate");
  const [validFrom, validUntil] = [dateOf(begins[0]), dateOf(ends[0])];
  const issuerId = isObject(issuer) ? text(issuer["id"]) : text(issuer);
  const found: Record<StructureFault, boolean> = {
    context: CONTEXTS.includes(String(each(document["@context"])[0])),
    type: types.includes("VerifiableCredential"),
    issuer: issuerId !== undefined,
    subject: subjects.length > 0 && subjects.length === said.length,
    // One of each, as one version of the data model names it: of two only one would be shown.
    dates:
      begins.length <= 1 &&
      ends.length <= 1 &&
      [...begins, ...ends].every((date) => dateOf(date) !== undefined) &&
      !(validFrom !== undefined && validUntil !== undefined && validUntil < validFrom),
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

function present(document: JsonObject, ...names: readonly string[]): readonly Json[] {
  return names.map((name) => document[name]).filter((value) => value !== undefined);
}
