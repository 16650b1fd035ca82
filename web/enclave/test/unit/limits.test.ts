// The limits here are those that the ledger has.
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import * as limits from "../../src/limits.ts";

const RUST = readFileSync(new URL("../../../../crates/types/src/limits.rs", import.meta.url), "utf8");

test.each(Object.entries(limits))("%s is %i", (name, value) => {
  const written = new RegExp(`pub const ${name}: (?:usize|i64) = ([0-9_]+);`).exec(RUST)?.[1];
  expect(Number(written?.replaceAll("_", ""))).toBe(value);
});
