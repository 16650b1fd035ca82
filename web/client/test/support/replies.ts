// Nodes that answer as a test says.
import type { Fetch } from "../../src/nodes/node.ts";
import type { Nodes } from "../../src/nodes/nodes.ts";

/** What a node answers to a method with these parameters, at this URL. */
export type Reply = (method: string, params: Record<string, unknown>, url: string) => unknown;
/** What a node answers that never does. */
export const SILENT = Symbol("no answer");

/** Nodes of which `replies` says what they answer; a result, an `{ error }`, or nothing. */
export function replying(replies: Record<string, Reply>): { fetch: Fetch; asked: string[]; ids: unknown[] } {
  const [asked, ids]: [string[], unknown[]] = [[], []];
  const fetch: Fetch = async (url, init) => {
    const { id, method, params } = JSON.parse(String(init.body));
    const host = new URL(url).host;
    asked.push(`${host} ${method}`);
    ids.push(id);
    const reply = await replies[host]?.(method, params, url);
    if (reply === undefined) {
      throw new TypeError("fetch failed");
    }
    if (reply === SILENT) {
      return new Promise((_, reject) =>
        init.signal?.addEventListener("abort", () => reject(init.signal?.reason)),
      );
    }
    const { error } = reply as { error?: object };
    const body = error === undefined ? { jsonrpc: "2.0", id, result: reply } : { jsonrpc: "2.0", id, error };
    return reply instanceof Response ? reply : new Response(JSON.stringify(body));
  };
  return { fetch, asked, ids };
}

export const urls = ["https://a.test", "https://b.test/"];
export const ping = (nodes: Nodes) => nodes.request("user.ping", {}, (result) => result);
