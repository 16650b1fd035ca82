// As many as the pages have, which are made in Rust.
import { constant } from "idos-testing/limits";
import { expect, test } from "vitest";
import { ROWS } from "../../src/live.ts";
import { SHOWN_TRANSACTIONS } from "../../src/verify.ts";

test.each([
  ["transactions", SHOWN_TRANSACTIONS, "crates/explorer/src/page/block.rs", "SHOWN"],
  ["newest blocks", ROWS, "crates/node/src/explorer.rs", "NEWEST"],
] as const)("%s: %i", (_, shown, path, name) => {
  expect(BigInt(shown)).toBe(constant(path, name));
});
