// JSON that two readers may read differently, as `crates/credential/src/json.rs` refuses it. What was parsed does not
// show it: of two members of one name the parser keeps the last, while the text that goes out has both.
import type { Json } from "./document.ts";

/** What of a text that is JSON not everybody reads alike; undefined if nothing is. `document` is what was parsed. */
export function ambiguityOf(text: string, document: Json): string | undefined {
  let members = 0;
  let isExact = true;
  for (const level of levels(document)) {
    for (const value of level) {
      if (typeof value === "number") {
        isExact &&= Math.abs(value) <= Number.MAX_SAFE_INTEGER;
      } else if (typeof value === "object" && value !== null && !Array.isArray(value)) {
        members += Object.keys(value).length;
      }
    }
  }
  if (membersIn(text) !== members) {
    return "has two members of one name";
  }
  return isExact ? undefined : "has a number that is rounded when it is read";
}

/** A value, what is in it, what is in that: level by level, since parsers go deeper than calls can. */
export function* levels(document: Json): Generator<readonly Json[]> {
  for (let level: readonly Json[] = [document]; level.length > 0; level = level.flatMap(within)) {
    yield level;
  }
}

function within(value: Json): readonly Json[] {
  return typeof value === "object" && value !== null ? Object.values(value) : [];
}

/** How many members a text has that is known to be JSON: each has one colon, and others are within texts only. */
function membersIn(text: string): number {
  let members = 0;
  let isQuoted = false;
  for (let at = 0; at < text.length; at++) {
    const character = text[at];
    if (character === '"') {
      isQuoted = !isQuoted;
    } else if (isQuoted && character === "\\") {
      // What is escaped may be a quotation mark.
      at++;
    } else if (!isQuoted && character === ":") {
      members++;
    }
  }
  return members;
}
