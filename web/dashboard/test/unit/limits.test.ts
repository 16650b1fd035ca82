// The limits here are those that the nodes and the Rust clients have.
import { limit } from "idos-testing/limits";
import { expect, test } from "vitest";
import * as limits from "../../src/limits.ts";

test.each(Object.entries(limits))("%s is %i", (name, value) => {
  expect(BigInt(value)).toBe(limit(name));
});
