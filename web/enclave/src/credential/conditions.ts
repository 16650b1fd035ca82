import type { Condition } from "idos-client/enclave";
import { isObject, type Json, type JsonObject } from "./document.ts";

const DATE = /^\d{4}-\d{2}-\d{2}/;

/** Whether what a credential says of its subject meets all conditions. */
export function meets(subject: JsonObject, conditions: readonly Condition[]): boolean {
  return conditions.every((condition) => meetsOne(at(subject, condition.path), condition));
}

function meetsOne(said: Json | undefined, { is, value }: Condition): boolean {
  if (typeof said !== "string" && typeof said !== "number" && typeof said !== "boolean") {
    return false;
  }
  const text = String(said);
  switch (is) {
    case "equal":
      return text === value;
    case "in":
      return typeof value !== "string" && value.includes(text);
    case "before":
      return typeof value === "string" && day(text) < value;
    case "after":
      return typeof value === "string" && DATE.test(text) && day(text) > value;
  }
}

/** The day of a date in its own zone; what is none compares as after everything. */
function day(text: string): string {
  return DATE.test(text) ? text.slice(0, 10) : "\u{10ffff}";
}

/** Own members only: a path does not lead into what every object has. */
function at(subject: JsonObject, path: readonly string[]): Json | undefined {
  return path.reduce<Json | undefined>(
    (inside, step) => (isObject(inside) && Object.hasOwn(inside, step) ? inside[step] : undefined),
    subject,
  );
}
