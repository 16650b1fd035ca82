import { type Credential, notesOf } from "idos-client";
import { parseDay } from "./dates.ts";

/** What the public notes of a credential say. Whoever wrote them says so: the proof is in the credential. */
export interface CredentialFacts {
  /** By which other notes name it; undefined if the notes have none. */
  readonly id: string | undefined;
  readonly type: string | undefined;
  readonly level: string | undefined;
  readonly status: string | undefined;
  readonly issuer: string | undefined;
  /** The last day on which it is valid. */
  readonly expires: Date | undefined;
  /** The `id` of the notes of the credential that this one replaces. */
  readonly replaces: string | undefined;
  /** Everything else that can be shown as a text. */
  readonly others: readonly (readonly [name: string, value: string])[];
}

/** Longest text of the notes that is shown. */
const SHOWN = 200;
/** Most other members that are shown. */
const OTHERS = 24;
const OWN = ["id", "type", "level", "status", "issuer", "expires", "replaces"];
const ALSO_EXPIRES = ["expiresAt", "validUntil", "expirationDate"];

/** Reads public notes: hostile, bounded, whatever is missing is undefined. */
export function credentialFacts(publicNotes: string): CredentialFacts {
  const notes = notesOf(publicNotes);
  const text = (name: string) => shownText(Object.hasOwn(notes, name) ? notes[name] : undefined);
  const expires = ["expires", ...ALSO_EXPIRES]
    .map((name) => parseDay(text(name)))
    .find((day) => day !== undefined);
  const others = Object.keys(notes)
    .filter((name) => !OWN.includes(name) && !ALSO_EXPIRES.includes(name))
    .slice(0, OTHERS)
    .flatMap((name): [string, string][] => {
      const value = text(name);
      return value === undefined ? [] : [[name.slice(0, SHOWN), value]];
    });
  const [id, type, level] = [text("id"), text("type"), text("level")];
  return {
    id,
    type,
    level,
    status: text("status"),
    issuer: text("issuer"),
    expires,
    replaces: text("replaces"),
    others,
  };
}

/** What is read already: a list of credentials is shown many times. */
const read = new WeakMap<Credential, CredentialFacts>();

/** What the public notes of a credential say; they are read once. */
export function factsOf(credential: Credential): CredentialFacts {
  const known = read.get(credential) ?? credentialFacts(credential.publicNotes);
  read.set(credential, known);
  return known;
}

function shownText(value: unknown): string | undefined {
  switch (typeof value) {
    case "string":
      return value.trim() === "" ? undefined : value.trim().slice(0, SHOWN);
    case "number":
    case "boolean":
      return String(value);
    default:
      return undefined;
  }
}
