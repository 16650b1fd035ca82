// The limits as the nodes and the Rust clients have them: whoever repeats some compares them with these.
import { readFileSync } from "node:fs";

const REPOSITORY = new URL("../../../", import.meta.url);
const LIMITS = "crates/types/src/limits.rs";
/** A number that is never zero: its type says so. */
const NON_ZERO = /^NonZero\w+::new\((.+)\)\.unwrap\(\)$/s;

/** A limit of `crates/types/src/limits.rs`. */
export function limit(name: string): bigint {
  return constant(LIMITS, name);
}

/** A constant of a Rust file, by its path. It is written as a sum of products of numbers and of others of that file. */
export function constant(path: string, name: string): bigint {
  const rust = readFileSync(new URL(path, REPOSITORY), "utf8");
  const written = new RegExp(`\\bconst ${name}: \\w+ = ([^;]+);`).exec(rust)?.[1];
  if (written === undefined) {
    throw new Error(`${path} has no ${name}`);
  }
  return sum(path, NON_ZERO.exec(written)?.[1] ?? written);
}

const sum = (path: string, written: string) =>
  written.split("+").reduce((sum, part) => sum + product(path, part), 0n);

const product = (path: string, written: string) =>
  written.split("*").reduce((product, part) => product * factor(path, part.trim()), 1n);

const factor = (path: string, written: string) =>
  /^\d/.test(written) ? BigInt(written.replaceAll("_", "")) : constant(path, written);
