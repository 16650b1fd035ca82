import { notesOf } from "idos-client";
import type { Fact, Shown } from "../window/steps.ts";
import { type Credential, each, isObject, type Json, type JsonObject } from "./document.ts";
import type { Examined } from "./examine.ts";
import { type File, fileOf } from "./file.ts";

/** Longest value that is shown as a line, and longest path of members to one. */
const LINE = 300;
const MOST_FACTS = 40;
const MOST_FILES = 20;
/** How deep nested members are followed. */
const DEPTH = 4;
/** Members of every credential that are about the credential, or are shown in words of their own. */
const FRAME: readonly string[] = [
  "@context",
  "id",
  "type",
  "issuer",
  "validFrom",
  "issuanceDate",
  "validUntil",
  "expirationDate",
  "credentialSubject",
  "credentialSchema",
  "credentialStatus",
  "proof",
];

/** What is in a credential, as people can look at it. */
export interface Contents {
  /** Every short value with the path of members to it: what a person recognises a credential by. */
  readonly facts: readonly Fact[];
  readonly files: readonly (readonly [label: string, file: File])[];
  /** How many values are neither: long ones, deep ones, those with the names of JSON-LD, and those that would be too many. */
  readonly hidden: number;
}

type Found =
  | { readonly kind: "fact"; readonly fact: Fact }
  | { readonly kind: "file"; readonly label: string; readonly file: File }
  | { readonly kind: "hidden" };

/** What a credential says of all its subjects, and beside them; of its issuer everything but the id. */
export function contentsOf({ document, subjects }: Credential): Contents {
  const beside = Object.fromEntries(Object.entries(document).filter(([name]) => !FRAME.includes(name)));
  const issuer = document["issuer"];
  const { id: _, ...ofIssuer } = isObject(issuer) ? issuer : {};
  const found = [...subjects, beside, { issuer: ofIssuer }].flatMap((members) => walk(members, "", DEPTH));
  const facts = found.flatMap((one) => (one.kind === "fact" ? [one.fact] : []));
  const files = found.flatMap((one) => (one.kind === "file" ? [[one.label, one.file] as const] : []));
  // Identifiers come last: people do not recognise anything by them.
  const isId = ([label]: Fact) => label === "id";
  const ordered = [...facts.filter((fact) => !isId(fact)), ...facts.filter(isId)];
  const [first, some] = [ordered.slice(0, MOST_FACTS), files.slice(0, MOST_FILES)];
  const strays = each(document["credentialSubject"]).length - subjects.length;
  return { facts: first, files: some, hidden: found.length - first.length - some.length + strays };
}

function walk(members: JsonObject, prefix: string, depth: number): readonly Found[] {
  return Object.entries(members).flatMap(([name, value]): readonly Found[] =>
    name.startsWith("@")
      ? [{ kind: "hidden" }]
      : foundAt(value, prefix === "" ? name : `${prefix}.${name}`, depth),
  );
}

function foundAt(value: Json, label: string, depth: number): readonly Found[] {
  if (value === null) {
    return [];
  }
  if (typeof value === "object") {
    if (depth === 0) {
      return [{ kind: "hidden" }];
    }
    return isObject(value)
      ? walk(value, label, depth - 1)
      : value.flatMap((one) => foundAt(one, label, depth - 1));
  }
  const text = String(value);
  const file = label.length > LINE ? undefined : fileOf(text);
  if (file !== undefined) {
    return [{ kind: "file", label, file }];
  }
  const isLine = text.length <= LINE && label.length <= LINE;
  return [isLine ? { kind: "fact", fact: [label, text] } : { kind: "hidden" }];
}

/** How the credential is called: by its own types, which are signed, else by its public notes. */
export function titleOf({ credential }: Examined, publicNotes: string | null): string {
  const { type } = notesOf(publicNotes ?? "");
  return credential.types[0] ?? (typeof type === "string" ? type : "");
}

/**
 * A credential as the person recognises it in a question: every value that it says of its subjects, its issuer and beside
 * them is there, or counted. Not so what is about the credential itself (`FRAME`): its id, context, schema, status, proof.
 */
export function shown(examined: Examined, publicNotes: string | null): Shown {
  const { credential, issuer, isVouched, concerns } = examined;
  const { facts, files, hidden } = contentsOf(credential);
  const dates = (["validFrom", "validUntil"] as const).flatMap((name): readonly Fact[] => {
    const date = credential[name];
    return date === undefined ? [] : [[name, date.toISOString()]];
  });
  return {
    title: titleOf(examined, publicNotes),
    issuer: issuer.name ?? issuer.id ?? null,
    isVouched,
    facts: [...facts, ...dates],
    files: files.map(([label]) => label),
    hidden,
    concerns,
  };
}
