// People on phones pay for every byte: what is loaded before anything is shown stays small.
import { gzipSync } from "node:zlib";
import { build } from "vite";
import { expect, test, vi } from "vitest";

/** Compressed bytes of the scripts that the page loads at once. */
const BUDGET = 180_000;

test("the first screen fits the budget, and libraries of wallets are apart", async () => {
  // As `npm run build` has it: the libraries have more to say in tests.
  vi.stubEnv("NODE_ENV", "production");
  const root = new URL("../../", import.meta.url).pathname;
  const built = await build({ root, mode: "production", logLevel: "silent", build: { write: false } });
  vi.unstubAllEnvs();
  const chunks = [built].flat().flatMap((it) => ("output" in it ? it.output : []));
  const scripts = chunks.filter((it) => it.type === "chunk");
  const first = new Set<string>();
  const add = (name: string) => {
    if (!first.has(name)) {
      first.add(name);
      for (const next of scripts.find((it) => it.fileName === name)?.imports ?? []) {
        add(next);
      }
    }
  };
  for (const { fileName, isEntry } of scripts) {
    if (isEntry) {
      add(fileName);
    }
  }
  const loaded = scripts.filter((it) => first.has(it.fileName));
  const bytes = loaded.reduce((sum, { code }) => sum + gzipSync(code, { level: 9 }).length, 0);
  expect(bytes).toBeGreaterThan(50_000);
  expect(bytes).toBeLessThan(BUDGET);
  const modules = loaded.flatMap((it) => it.moduleIds);
  expect(modules.filter((it) => /gemwallet|freighter|secp256k1|adapters\/development/.test(it))).toEqual([]);
});
