import { readFileSync } from "node:fs";
import { expect, test } from "vitest";

const STYLES = readFileSync(new URL("../src/styles.css", import.meta.url), "utf8");

test("a long label leaves its value a part of the line", () => {
  const columns = /\.facts \{[^}]*grid-template-columns: ([^;]+);/.exec(STYLES)?.[1];
  // A label as wide as it likes leaves nothing.
  expect(columns).toBe("fit-content(40%) minmax(0, 1fr)");
});
