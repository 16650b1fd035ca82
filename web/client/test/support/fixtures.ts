// The recorded vectors that the Rust crates are tested with.
import { readFileSync } from "node:fs";

const ROOT = new URL("../../../../fixtures/", import.meta.url);

/** A file below `fixtures/`; its shape is what the test says. */
export function fixture<T>(path: string): T {
  return JSON.parse(readFileSync(new URL(path, ROOT), "utf8")) as T;
}
