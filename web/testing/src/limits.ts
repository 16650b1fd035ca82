// The limits as the nodes and the Rust clients have them: whoever repeats some compares them with these.
import { readFileSync } from "node:fs";

const RUST = readFileSync(new URL("../../../crates/types/src/limits.rs", import.meta.url), "utf8");

/** A limit of `crates/types/src/limits.rs`. It is written as a sum of products of numbers and of other limits. */
export function limit(name: string): bigint {
  const written = new RegExp(`pub const ${name}: \\w+ = ([^;]+);`).exec(RUST)?.[1];
  if (written === undefined) {
    throw new Error(`crates/types/src/limits.rs has no ${name}`);
  }
  return sum(written);
}

const sum = (written: string) => written.split("+").reduce((sum, part) => sum + product(part), 0n);

const product = (written: string) =>
  written.split("*").reduce((product, part) => product * factor(part.trim()), 1n);

const factor = (written: string) =>
  /^\d/.test(written) ? BigInt(written.replaceAll("_", "")) : limit(written);
