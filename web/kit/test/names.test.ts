import { expect, test } from "vitest";
import { shownName } from "../src/names.ts";

test.each([
  ["Sample Bank", "Sample Bank"],
  ["Banco de Fomento Ação", "Banco de Fomento Ação"],
  // Right to left from here on, a line break, and a space of no width.
  ["Sample\u202eknaB", "SampleknaB"],
  ["Sample\nBank\u0000", "SampleBank"],
  ["Sam\u200bple Bank\ufeff", "Sample Bank"],
])("of the name %j people see %j", (name, seen) => {
  expect(shownName(name)).toBe(seen);
});

test("a name of which nothing is seen is none", () => {
  for (const name of ["", " ", "\u200b\u2066\u2069", "\t\n"]) {
    expect(shownName(name), JSON.stringify(name)).toBeUndefined();
  }
});
