// The limits here are those that the nodes and the Rust clients have.
import { expect, test } from "vitest";
import * as limits from "../../src/limits.ts";
import { source } from "../support/fixtures.ts";

const RUST = source("crates/types/src/limits.rs");

/** The product that a constant is written as; a name in it is looked up too. */
function rust(name: string): number {
  const written = new RegExp(`pub const ${name}: \\w+ = ([^;]+);`).exec(RUST)?.[1];
  if (written === undefined) {
    throw new Error(`crates/types/src/limits.rs has no ${name}`);
  }
  const factors = written.split("*").map((factor) => factor.trim().replaceAll("_", ""));
  return factors.reduce((product, factor, at) => {
    const number = /^\d+$/.test(factor) ? Number(factor) : rust(written.split("*")[at]?.trim() ?? "");
    return product * number;
  }, 1);
}

test.each(Object.entries(limits))("%s is %i", (name, value) => {
  expect(value).toBe(rust(name));
});
