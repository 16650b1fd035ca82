// Fail-over: which node is asked when, and whose fault it is if none answers.
import { expect, test, vi } from "vitest";
import { ed25519Signer } from "../../src/adapters/ed25519.ts";
import { IdosClient } from "../../src/client/client.ts";
import { Network } from "../../src/client/network.ts";
import { Session } from "../../src/client/session.ts";
import { Transactions } from "../../src/client/transactions.ts";
import type { Fetch } from "../../src/nodes/node.ts";
import { NodeError } from "../../src/nodes/node-error.ts";
import { Nodes } from "../../src/nodes/nodes.ts";

type Reply = (method: string, params: Record<string, unknown>, url: string) => unknown;
const SILENT = Symbol("no answer");

/** Nodes of which `replies` says what they answer; a result, an `{ error }`, or nothing. */
function network(replies: Record<string, Reply>): { fetch: Fetch; asked: string[]; ids: unknown[] } {
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

const urls = ["https://a.test", "https://b.test/"];
const ping = (nodes: Nodes) => nodes.request("user.ping", {}, (result) => result);

test("ids are numbers that count, and the node that failed is asked last from then on", async () => {
  const { fetch, asked, ids } = network({ "b.test": () => ({ ok: 1 }) });
  const nodes = new Nodes({ urls, fetch });
  await ping(nodes);
  await ping(nodes);
  expect(asked).toEqual(["a.test user.ping", "b.test user.ping", "b.test user.ping"]);
  expect(ids).toEqual([1, 2, 3]);
});

test("a node that keeps silent costs less than a second, and only once", async () => {
  vi.useFakeTimers();
  try {
    const { fetch, asked } = network({ "a.test": () => SILENT, "b.test": () => ({ ok: 1 }) });
    const nodes = new Nodes({ urls, fetch });
    const answered = ping(nodes);
    await vi.advanceTimersByTimeAsync(599);
    expect(asked).toEqual(["a.test user.ping"]);
    await vi.advanceTimersByTimeAsync(1);
    await answered;
    await ping(nodes);
    expect(asked).toEqual(["a.test user.ping", "b.test user.ping", "b.test user.ping"]);
  } finally {
    vi.useRealTimers();
  }
});

function page(text: string, status = 200): Response {
  return new Response(text, { status });
}

const WRONG: readonly (readonly [string, Reply, string, string])[] = [
  ["a page that is no JSON", () => page("<html>"), "Malformed", "node"],
  ["a gateway's error", () => page("bad gateway", 502), "Unavailable", "node"],
  ["nothing", () => undefined, "Unreachable", "network"],
  ["an error of its own", () => ({ error: { code: -32603, message: "x" } }), "Unavailable", "node"],
  ["an error that is none", () => ({ error: 7 }), "Malformed", "node"],
  ["another answer", () => page('{"jsonrpc":"2.0","id":99,"result":{}}'), "Malformed", "node"],
  ["a refusal", () => ({ error: { code: -300, message: "x" } }), "Request", "caller"],
];

test.each(WRONG)("%s of a node is a typed error", async (_, reply, reason, fault) => {
  const { fetch } = network({ "a.test": reply });
  const nodes = new Nodes({ urls: ["https://a.test"], fetch });
  await expect(ping(nodes)).rejects.toMatchObject({ reason, fault });
});

test("what the caller did wrong is not tried elsewhere", async () => {
  const { fetch, asked } = network({
    "a.test": () => ({ error: { code: -300, message: "no" } }),
    "b.test": () => ({}),
  });
  await expect(ping(new Nodes({ urls, fetch }))).rejects.toMatchObject({ name: "RefusedError", code: -300 });
  expect(asked).toHaveLength(1);
});

test("URLs that are none are refused", () => {
  for (const url of [
    "",
    "a.test",
    "ftp://a.test",
    "https://u@a.test",
    "https://a.test?x",
    "https://a.test#x",
  ]) {
    expect(() => new Nodes({ urls: [url] }), url).toThrow("URL of a node");
  }
  expect(() => new Nodes({ urls: [] })).toThrow("at least one");
  expect(() => new IdosClient({ nodes: urls, chainId: "a b" })).toThrow("chain id");
});

test("answers that are too long are cut off", async () => {
  const chunk = new Uint8Array(1_000_000).fill(32);
  let sent = 0;
  const endless = (): Response =>
    new Response(
      new ReadableStream({
        pull(controller): void {
          sent += 1;
          controller.enqueue(chunk);
        },
      }),
    );
  const { fetch } = network({ "a.test": endless });
  await expect(ping(new Nodes({ urls: ["https://a.test"], fetch }))).rejects.toMatchObject({
    reason: "Malformed",
  });
  expect(sent).toBeLessThan(70);
});

const signer = ed25519Signer(new Uint8Array(32).fill(1));
const action = { name: "x", description: "", values: [] };
const transactions = (fetch: Fetch) =>
  new Transactions(new Network("c", new Nodes({ urls, fetch }), undefined, 0), signer);

test("a transaction that one node may have is given to the next as it is, never signed again", async () => {
  const sent: unknown[] = [];
  let hash = "";
  const { fetch } = network({
    "a.test": (method, params) => {
      if (method === "user.account") {
        return { nonce: 4 };
      }
      sent.push(params["tx"]);
      return undefined;
    },
    "b.test": (method, params) => {
      if (method === "user.broadcast") {
        sent.push(params["tx"]);
        return { error: { code: -201, message: "x", data: { code: 4, hash: "", message: "invalid nonce" } } };
      }
      hash = String(params["tx_hash"]);
      return { height: 9, tx_result: { code: 0, gas: 0 } };
    },
  });
  expect(await transactions(fetch).send(action)).toEqual({ hash, log: "" });
  expect(sent).toHaveLength(2);
  expect(sent[0]).toEqual(sent[1]);
  expect(sent[0]).toMatchObject({ body: { nonce: 5, chain_id: "c", fee: "0" } });
});

test("a transaction that failed or was refused says so, and is given to nobody else", async () => {
  for (const [reply, expected] of [
    [{ error: { code: -201, message: "x", data: { code: 4, message: "invalid nonce" } } }, "invalid nonce"],
    [{ error: { code: -201, message: "x", data: { code: 65535, message: "no profile" } } }, "no profile"],
  ] as const) {
    const { fetch, asked } = network({
      "a.test": (method) => (method === "user.account" ? { nonce: 0 } : reply),
      "b.test": () => ({}),
    });
    await expect(transactions(fetch).send(action)).rejects.toMatchObject({
      fault: "caller",
      message: expected,
    });
    expect(asked).toEqual(["a.test user.account", "a.test user.broadcast"]);
  }
});

test("one signature signs in who asks many things at once, and no more often than nodes ask", async () => {
  let signed = 0;
  let isSignedIn = false;
  const counting = {
    ...signer,
    sign: async (text: string) => {
      signed += 1;
      return signer.sign(text);
    },
  };
  const { fetch } = network({
    "a.test": (method, _, url) => {
      const domain = new URL(url).origin;
      if (method === "kgw.authn_param") {
        const times = { issue_at: "i", expiration_time: "e" };
        return {
          domain,
          uri: `${domain}/rpc/v1`,
          version: "1",
          chain_id: "c",
          nonce: "n",
          statement: "s",
          ...times,
        };
      }
      isSignedIn ||= method === "kgw.authn";
      return isSignedIn ? {} : { error: { code: -901, message: "sign in" } };
    },
  });
  const nodes = new Nodes({ urls: ["https://a.test"], fetch });
  const session = new Session(new Network("c", nodes, undefined, 0), counting);
  await Promise.all([1, 2, 3].map(() => session.read(() => ping(nodes))));
  expect(signed).toBe(1);
  isSignedIn = false;
  await session.read(() => ping(nodes));
  expect(signed).toBe(2);
  // Refused with the session of before, and answered with the one that somebody else waited for meanwhile.
  let asked = 0;
  const late = async () => {
    asked += 1;
    if (asked === 1) {
      await session.signIn();
      throw new NodeError("NotSignedIn", "https://a.test", "sign in");
    }
  };
  await session.read(late);
  expect([asked, signed]).toEqual([2, 3]);
});
