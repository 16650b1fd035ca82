import { inert } from "idos-kit/names";
import { dateOf, isDay } from "../credential/dates.ts";
import { FIELDS, LOCALE, TEXTS, TITLES } from "../texts.ts";

/** Most characters that others wrote in a line of ours. */
const LINE = 100;
const DAY = /^\d{4}-\d{2}-\d{2}$/;
const COUNTRY = /^[A-Z]{2}$/;
/** Members that are countries, by two letters (ISO 3166-1). */
const NAMES_COUNTRY = /(?:country|nationality)$/i;
const MIDNIGHT = /T00:00:00(\.0+)?Z$/;

/** `idDocumentCountry` as `Id document country`. */
function inWords(name: string): string {
  const words = name
    .replace(/[_.-]+/g, " ")
    .replace(/([a-z\d])([A-Z])/g, "$1 $2")
    .toLowerCase()
    .trim();
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** What others wrote, in a line of ours: what is not seen is written out, and of what is long both ends are shown. */
export function inLine(text: string): string {
  return text.length > LINE
    ? `${inert(text.slice(0, LINE / 2))}…${inert(text.slice(-LINE / 2))}`
    : inert(text);
}

/** One step of the path to a member: a known name, or in words. */
export function stepName(step: string): string {
  return Object.hasOwn(FIELDS, step) ? (FIELDS[step] ?? step) : inWords(inert(step));
}

/** The name of a member of a credential, with all that it is in: the `firstName` of a `spouse` is not the person's. */
export function fieldName(path: string): string {
  return path.split(".").map(stepName).join(" › ");
}

/** What a credential is called, by its type: `IdosKycCredential` and `kyc` are the same. */
export function titleInWords(title: string): string {
  const kind = inert(title.slice(0, LINE))
    .replace(/^Idos(?=[A-Z])/, "")
    .replace(/(?<=.)Credential$/, "");
  if (kind === "") {
    return TEXTS.view.untitled;
  }
  const known = kind.toLowerCase();
  return Object.hasOwn(TITLES, known) ? (TITLES[known] ?? kind) : inWords(kind);
}

/** A value for people, of the member with this path: dates and countries in words, everything else as it is. */
export function valueInWords(value: string, path = ""): string {
  if (value === "true" || value === "false") {
    return value === "true" ? TEXTS.view.yes : TEXTS.view.no;
  }
  if (COUNTRY.test(value) && NAMES_COUNTRY.test(path)) {
    const name = new Intl.DisplayNames(LOCALE, { type: "region", fallback: "none" }).of(value);
    return name === undefined ? value : `${name} (${value})`;
  }
  const isWholeDay = DAY.test(value);
  // What is no day, or a time of nobody knows where, would become another one.
  const date = isWholeDay && isDay(value) ? new Date(value) : dateOf(value);
  if (date === undefined) {
    return value;
  }
  // A day is the same day wherever its reader is.
  return isWholeDay || MIDNIGHT.test(value)
    ? new Intl.DateTimeFormat(LOCALE, { dateStyle: "long", timeZone: "UTC" }).format(date)
    : momentInWords(date);
}

/** A moment, in the reader's zone. */
export function momentInWords(date: Date): string {
  return new Intl.DateTimeFormat(LOCALE, { dateStyle: "long", timeStyle: "short" }).format(date);
}
