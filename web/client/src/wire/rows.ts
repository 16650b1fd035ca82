import { EncodingError } from "../errors.ts";
import { PROVED_ROWS } from "../limits.ts";
import { arrayOf, type Json, objectOf, textOf, textOrNullOf } from "./json.ts";

/** A row of a view's answer that nobody proved: values by the names of their columns. */
export type JsonRow = Readonly<Record<string, Json>>;

/** What a view answered: rows, or the text with which it refused. */
export interface CallAnswer {
  readonly rows: readonly JsonRow[];
  readonly refusal: string | null;
}

const COLUMNS = 64;

/** Reads the result of `user.call`. */
export function parseCallAnswer(json: Json): CallAnswer {
  const answer = objectOf(json, "the answer");
  const result = objectOf(answer["query_result"], "query_result");
  const listOf = (member: string, most: number) =>
    result[member] === null ? [] : arrayOf(result[member], member, most);
  const names = listOf("column_names", COLUMNS).map((name) => textOf(name, "a column"));
  const rows = listOf("values", PROVED_ROWS).map((values) => {
    const row = arrayOf(values, "a row", COLUMNS);
    if (row.length !== names.length) {
      throw new EncodingError("Json", "a row of the node's answer has another number of columns");
    }
    return Object.fromEntries(names.map((name, at) => [name, row[at]]));
  });
  return { rows, refusal: textOrNullOf(answer["error"] ?? null, "error") };
}
