import type { Page } from "playwright-core";

/**
 * Every text, whole, in the JavaScript heap of a page, after a collection: globals, closures, what frameworks keep. Frames of
 * other sites have processes, and heaps, of their own.
 */
export async function heapOf(page: Page): Promise<string> {
  const session = await page.context().newCDPSession(page);
  try {
    const chunks: string[] = [];
    session.on("HeapProfiler.addHeapSnapshotChunk", ({ chunk }) => chunks.push(chunk));
    await session.send("HeapProfiler.enable");
    await session.send("HeapProfiler.collectGarbage");
    await session.send("HeapProfiler.takeHeapSnapshot", { reportProgress: false });
    const { strings } = JSON.parse(chunks.join("")) as { readonly strings: readonly string[] };
    return strings.join("\n");
  } finally {
    await session.detach();
  }
}
