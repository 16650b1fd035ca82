import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { inert, shownName } from "../src/names.ts";

const RUST = readFileSync(new URL("../../../crates/types/src/unseen.rs", import.meta.url), "utf8");

test.each([
  ["Sample Bank", "Sample Bank"],
  ["Banco de Fomento Ação", "Banco de Fomento Ação"],
  // Right to left from here on, a line break, and a space of no width.
  ["Sample\u202eknaB", "SampleknaB"],
  ["Sample\nBank\u0000", "SampleBank"],
  ["Sam\u200bple Bank\ufeff", "Sample Bank"],
  // What varies the sign before it, joins signs, or fills the place of a letter or a line break.
  ["Sample\ufe0f \u034fBank\u3164", "Sample Bank"],
  ["S\u115fa\u1160m\uffa0p\u2800l\u2028e\u2029 Bank\u{e0100}", "Sample Bank"],
])("of the name %j people see %j", (name, seen) => {
  expect(shownName(name)).toBe(seen);
});

test("a name of which nothing is seen is none", () => {
  for (const name of ["", " ", "\u200b\u2066\u2069", "\t\n", "\u3164\u2800\ufe0f"]) {
    expect(shownName(name), JSON.stringify(name)).toBeUndefined();
  }
});

test("what is not seen is written out", () => {
  expect(inert('plain, é, {"a":1}')).toBe('plain, é, {"a":1}');
  expect(inert("\u001b[2Ja\r\nb\u0007\u009b")).toBe("\\u{1b}[2Ja\\r\\nb\\u{7}\\u{9b}");
  expect(inert("a\u202eb\u200b\u{e0001}")).toBe("a\\u{202e}b\\u{200b}\\u{e0001}");
  expect(inert("a\u2028b\u3164")).toBe("a\\u{2028}b\\u{3164}");
});

test("the nodes know the same characters", () => {
  const [, list = ""] = /matches!\(character,([^)]*)\)/.exec(RUST) ?? [];
  const ranges = [...list.matchAll(/'\\u\{(\w+)\}'(?:\.\.='\\u\{(\w+)\}')?/g)].map(([, first = "", end]) => [
    Number.parseInt(first, 16),
    Number.parseInt(end ?? first, 16),
  ]);
  const rust = new Set<number>();
  for (const [first = 0, end = 0] of ranges) {
    for (let code = first; code <= end; code++) {
      rust.add(code);
    }
  }
  const here = new Set<number>();
  for (let code = 0; code <= 0x10ffff; code++) {
    const one = String.fromCodePoint(code);
    // Rust knows the control characters by itself.
    if (inert(one) !== one && !/\p{Cc}/u.test(one)) {
      here.add(code);
    }
  }
  expect([...here]).toEqual([...rust]);
  expect(shownName(String.fromCodePoint(...here))).toBeUndefined();
});
