// The enclave's page pays for every byte: everything, with the list of recovery words, stays under the budget, and who
// only opens boxes does not load the post-quantum suite.
import { gzipSync } from "node:zlib";
import { build } from "esbuild";
import { expect, test } from "vitest";

const SOURCE = new URL("../../src/", import.meta.url).pathname;
const BUDGET = 55_000;
const BOXES_BUDGET = 18_500;

/** Bytes that a browser loads, compressed, for what `code` uses. */
async function loaded(code: string): Promise<number> {
  const { outputFiles } = await build({
    stdin: { contents: code, resolveDir: SOURCE, loader: "ts" },
    bundle: true,
    minify: true,
    format: "esm",
    platform: "browser",
    target: "es2022",
    write: false,
  });
  return outputFiles.reduce((sum, file) => sum + gzipSync(file.contents, { level: 9 }).length, 0);
}

test("everything fits the budget", async () => {
  const bytes = await loaded('export * from "./index.ts"');
  expect(bytes).toBeLessThan(BUDGET);
});

test("who uses the box loads the box", async () => {
  const bytes = await loaded('export { open, seal, SecretKey, Sealed } from "./index.ts"');
  expect(bytes).toBeLessThan(BOXES_BUDGET);
});
