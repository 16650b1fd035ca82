import { EncodingError } from "../errors.ts";

/** What JSON from a node can be, before it is looked into. */
export type Json = unknown;

/** An object. Members are read by the other functions here, which refuse what is missing. */
export function objectOf(json: Json, what: string): Readonly<Record<string, Json>> {
  if (typeof json !== "object" || json === null || Array.isArray(json)) {
    throw wrong(what, "an object");
  }
  return json as Record<string, Json>;
}

/** A list of at most `most` elements. */
export function arrayOf(json: Json, what: string, most: number): readonly Json[] {
  if (!Array.isArray(json)) {
    throw wrong(what, "a list");
  }
  if (json.length > most) {
    throw new EncodingError("TooLong", `${what} of the node's answer has more than ${most} elements`);
  }
  return json as Json[];
}

/** A text; one of `names`, if they are given. */
export function textOf<N extends string = string>(json: Json, what: string, names?: readonly N[]): N {
  if (typeof json !== "string") {
    throw wrong(what, "a text");
  }
  if (names !== undefined && !names.includes(json as N)) {
    throw new EncodingError("Unknown", `the node's answer has an unknown ${what}`);
  }
  return json as N;
}

/** A text, or null. */
export function textOrNullOf(json: Json, what: string): string | null {
  return json === null ? null : textOf(json, what);
}

/** A whole number from 0 on that a JavaScript number holds exactly. */
export function numberOf(json: Json, what: string): number {
  if (typeof json !== "number" || !Number.isSafeInteger(json) || json < 0) {
    throw wrong(what, "a whole number");
  }
  return json;
}

/** A flag. */
export function flagOf(json: Json, what: string): boolean {
  if (typeof json !== "boolean") {
    throw wrong(what, "true or false");
  }
  return json;
}

/** An int8 of a row: decimal digits in a text. */
export function int8Of(json: Json, what: string): number {
  const number = Number(textOf(json, what));
  if (!Number.isSafeInteger(number)) {
    throw wrong(what, "a whole number in a text");
  }
  return number;
}

function wrong(what: string, expected: string): EncodingError {
  return new EncodingError("Json", `${what} of the node's answer has to be ${expected}`);
}
