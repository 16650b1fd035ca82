// dApps pay for every byte: without the wallets' adapters it stays under sixty kilobytes.
import { gzipSync } from "node:zlib";
import { build } from "esbuild";
import { expect, test } from "vitest";

const SOURCE = new URL("../../src/", import.meta.url).pathname;
const BUDGET = 60_000;

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
  expect(await loaded('export * from "./index.ts"')).toBeLessThan(BUDGET);
});

test("who uses a part loads a part", async () => {
  const all = await loaded('export * from "./index.ts"');
  expect(await loaded('export { notesOf, UsageError } from "./index.ts"')).toBeLessThan(all / 10);
  expect(await loaded('export { connectEvm } from "./adapters/evm.ts"')).toBeLessThan(5_000);
});
