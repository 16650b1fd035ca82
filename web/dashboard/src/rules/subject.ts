import { FACT_CHARS } from "../limits.ts";
import { parseDay } from "./dates.ts";

/** What a person says of themselves to an issuer that takes their word. */
export interface Subject {
  readonly firstName: string;
  readonly familyName: string;
  readonly dateOfBirth: string;
  readonly nationality: string;
  readonly idDocumentCountry: string;
  readonly idDocumentNumber: string;
  readonly idDocumentType: string;
  readonly residentialAddressCountry?: string;
  /** A data URL of a JPEG or PNG. */
  readonly portrait?: string;
}

/** The members that are typed. */
export type SubjectField = Exclude<keyof Subject, "portrait">;
export type SubjectFault = "missing" | "country" | "day" | "future" | "long" | "characters";

export const DOCUMENT_TYPES = ["PASSPORT", "ID_CARD", "DRIVERS", "RESIDENCE_PERMIT"] as const;
const REQUIRED: readonly SubjectField[] = [
  "firstName",
  "familyName",
  "dateOfBirth",
  "nationality",
  "idDocumentCountry",
  "idDocumentNumber",
  "idDocumentType",
];
const COUNTRIES: readonly SubjectField[] = ["nationality", "idDocumentCountry", "residentialAddressCountry"];

/** What is wrong with what was typed, by field; empty if nothing is. */
export function subjectFaults(
  typed: Partial<Record<SubjectField, string>>,
  now: Date,
): Readonly<Partial<Record<SubjectField, SubjectFault>>> {
  const faults: Partial<Record<SubjectField, SubjectFault>> = {};
  for (const field of [...REQUIRED, "residentialAddressCountry"] as const) {
    const value = (typed[field] ?? "").trim();
    const fault = faultOf(field, value, now);
    if (fault !== undefined) {
      faults[field] = fault;
    }
  }
  return faults;
}

function faultOf(field: SubjectField, value: string, now: Date): SubjectFault | undefined {
  if (value === "") {
    return REQUIRED.includes(field) ? "missing" : undefined;
  }
  // As issuers count them: what is beyond the first 65,536 of Unicode has two units of a text here.
  if ([...value].length > FACT_CHARS) {
    return "long";
  }
  if (/\p{Cc}/u.test(value)) {
    return "characters";
  }
  if (COUNTRIES.includes(field) && !/^[A-Za-z]{2}$/.test(value)) {
    return "country";
  }
  if (field === "dateOfBirth") {
    const day = parseDay(value);
    return day === undefined || value.length !== 10 ? "day" : day > now ? "future" : undefined;
  }
  return undefined;
}

/** The subject as it is sent, of what was typed without faults: countries in capitals, nothing empty. */
export function subjectOf(
  typed: Partial<Record<SubjectField, string>>,
  portrait: string | undefined,
): Subject {
  const text = (field: SubjectField) => (typed[field] ?? "").trim();
  const country = (field: SubjectField) => text(field).toUpperCase();
  const residence = country("residentialAddressCountry");
  return {
    firstName: text("firstName"),
    familyName: text("familyName"),
    dateOfBirth: text("dateOfBirth"),
    nationality: country("nationality"),
    idDocumentCountry: country("idDocumentCountry"),
    idDocumentNumber: text("idDocumentNumber"),
    idDocumentType: text("idDocumentType"),
    ...(residence === "" ? {} : { residentialAddressCountry: residence }),
    ...(portrait === undefined ? {} : { portrait }),
  };
}
