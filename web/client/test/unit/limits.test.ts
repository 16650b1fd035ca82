// The limits here are those that the nodes and the Rust clients have.
import { constant, limit } from "idos-testing/limits";
import { expect, test } from "vitest";
import { DEFAULT_SIZE } from "../../src/client/questions.ts";
import * as limits from "../../src/limits.ts";

test.each(Object.entries(limits))("%s is %i", (name, value) => {
  expect(BigInt(value)).toBe(limit(name));
});

test("a page without size is one of the nodes", () => {
  expect(BigInt(DEFAULT_SIZE)).toBe(constant("crates/ledger/src/access_grants.rs", "DEFAULT_SIZE"));
});
