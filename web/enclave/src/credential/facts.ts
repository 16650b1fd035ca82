import { notesOf } from "idos-client";
import type { Fact, Shown } from "../window/steps.ts";
import { isObject, type Json, type JsonObject } from "./document.ts";
import type { Examined } from "./examine.ts";
import { fileOf } from "./file.ts";

/** Longest value that is shown as a line. */
const LINE = 300;
const MOST_FACTS = 40;
/** How deep nested members are followed. */
const DEPTH = 4;

/** Every short value with the path of members to it: what a person recognises a credential by. */
export function factsOf(subject: JsonObject): readonly Fact[] {
  return walk(subject, "", DEPTH).slice(0, MOST_FACTS);
}

function walk(members: JsonObject, prefix: string, depth: number): readonly Fact[] {
  return Object.entries(members).flatMap(([name, value]) => {
    if (name.startsWith("@") || (prefix === "" && name === "id")) {
      return [];
    }
    return factsAt(value, prefix === "" ? name : `${prefix}.${name}`, depth);
  });
}

function factsAt(value: Json, label: string, depth: number): readonly Fact[] {
  if (isObject(value)) {
    return depth > 0 ? walk(value, label, depth - 1) : [];
  }
  if (Array.isArray(value)) {
    return depth > 0 ? value.flatMap((one: Json) => factsAt(one, label, depth - 1)) : [];
  }
  const text = String(value);
  return value === null || text.length > LINE || fileOf(text) !== undefined ? [] : [[label, text]];
}

/** How the credential is called: by its public notes, else by its own types. */
export function titleOf({ credential }: Examined, publicNotes: string | null): string {
  const { type } = notesOf(publicNotes ?? "");
  return typeof type === "string" && type !== "" ? type : (credential.types[0] ?? "");
}

/** A credential as the person recognises it in a question. */
export function shown(examined: Examined, publicNotes: string | null): Shown {
  const { credential, issuer, isVouched, concerns } = examined;
  return {
    title: titleOf(examined, publicNotes),
    issuer: issuer.name ?? issuer.id ?? null,
    isVouched,
    facts: factsOf(credential.subject),
    concerns,
  };
}
