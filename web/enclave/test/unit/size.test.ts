// A page of a dApp waits for the frame: what it loads stays small. The budget is for all scripts and styles together.
import { gzipSync } from "node:zlib";
import { build } from "vite";
import { expect, test } from "vitest";

const ROOT = new URL("../..", import.meta.url).pathname;
const FRAME_BYTES = 95_000;
const ALL_BYTES = 110_000;

interface Chunk {
  readonly fileName: string;
  readonly type: "chunk" | "asset";
  readonly code?: string;
  readonly source?: string | Uint8Array;
  readonly imports?: readonly string[];
  readonly isEntry?: boolean;
  readonly name?: string;
}

test("the frame and everything together fit their budgets", async () => {
  const built = await build({ root: ROOT, logLevel: "silent", build: { write: false } });
  const output = (Array.isArray(built) ? built : [built]).flatMap((one) =>
    "output" in one ? (one.output as unknown as readonly Chunk[]) : [],
  );
  const size = ({ code, source }: Chunk) => gzipSync(code ?? source ?? "", { level: 9 }).length;
  const needed = (chunk: Chunk): readonly Chunk[] => [
    chunk,
    ...(chunk.imports ?? []).flatMap((name) => output.filter((it) => it.fileName === name).flatMap(needed)),
  ];
  const frame = output.find((it) => it.isEntry === true && it.name === "index");
  expect(frame).toBeDefined();
  const chunks = frame === undefined ? [] : [...new Set(needed(frame))];
  const styles = output.filter((it) => it.fileName.endsWith(".css"));
  const sum = (all: readonly Chunk[]) => all.reduce((bytes, chunk) => bytes + size(chunk), 0);
  expect(sum([...chunks, ...styles])).toBeLessThan(FRAME_BYTES);
  expect(sum(output)).toBeLessThan(ALL_BYTES);
  // Nothing in the documents but what comes from their own origin.
  for (const { fileName, source } of output.filter((it) => it.fileName.endsWith(".html"))) {
    const html = String(source);
    expect(
      html.replaceAll(/<script type="module"[^>]* src="\/assets\/[^"]+"><\/script>/g, ""),
      fileName,
    ).not.toMatch(/<script|<style|style=|https?:\/\/(?!\S*;)/);
  }
});
