// Fail-over: which node is asked when, and whose fault it is if none answers.
import { limit } from "idos-testing/limits";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { ed25519Signer } from "../../src/adapters/ed25519.ts";
import { bytesToHex } from "../../src/bytes/bytes.ts";
import { IdosClient } from "../../src/client/client.ts";
import { Network } from "../../src/client/network.ts";
import { Session } from "../../src/client/session.ts";
import { Transactions } from "../../src/client/transactions.ts";
import { WalletError } from "../../src/errors.ts";
import type { Fetch } from "../../src/nodes/node.ts";
import { NodeError } from "../../src/nodes/node-error.ts";
import { Nodes } from "../../src/nodes/nodes.ts";
import { abortable } from "../../src/signer/abortable.ts";
import type { Signer } from "../../src/signer/signer.ts";
import { hashOf, type TransactionJson } from "../support/transaction.ts";

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
  ["no room", () => ({ error: { code: -905, message: "x" } }), "Full", "node"],
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

/** Bytes of JSON for so many rows of texts that have so many bytes together, each with what proves it. */
function provedList(rows: bigint, texts: bigint): number {
  /** Ids, digests, salts and lengths of a row, and the names of members. */
  const around = 1_024;
  /** A way through a tree of 2^40 leaves, of 42 bytes for each step; twice for what is not there. */
  const proof = 2 * 40 * 42;
  return Number(rows) * (around + Math.ceil(((Number(texts) + proof) * 4) / 3));
}

const LARGEST: readonly (readonly [string, number])[] = [
  [
    "credentials",
    provedList(limit("CREDENTIALS_PER_USER"), limit("PUBLIC_NOTES_BYTES") + 4n * limit("SHORT_TEXT_BYTES")),
  ],
  [
    "attributes",
    provedList(
      limit("ATTRIBUTES_PER_USER"),
      limit("ATTRIBUTE_KEY_BYTES") + limit("ATTRIBUTE_VALUE_BYTES") + limit("SHORT_TEXT_BYTES"),
    ),
  ],
];

test.each(LARGEST)("all %s that a person may have are read, with proofs", async (_, bytes) => {
  const fetch: Fetch = async (_, { body }) => {
    const { id } = JSON.parse(String(body));
    return new Response(JSON.stringify({ jsonrpc: "2.0", id, result: "read" }).padEnd(bytes));
  };
  expect(await ping(new Nodes({ urls: ["https://a.test"], fetch }))).toBe("read");
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

const answerOf = (id: unknown, filling: number) =>
  new TextEncoder().encode(JSON.stringify({ jsonrpc: "2.0", id, result: "x".repeat(filling) }));

/** Nodes of which one answers slowly: so many bytes every so often, until it has said so much or is left. */
function slowly(bytes: number, everyMillis: number, others: Record<string, Reply> = {}, filling = 300_000) {
  const left = vi.fn();
  const rest = network(others);
  const fetch: Fetch = async (url, init) => {
    if (new URL(url).host !== "a.test") {
      return rest.fetch(url, init);
    }
    rest.asked.push("a.test");
    const all = answerOf(JSON.parse(String(init.body)).id, filling);
    let [sent, timer]: [number, ReturnType<typeof setTimeout> | undefined] = [0, undefined];
    return new Response(
      // Knows nothing of the signal, as a fetch that callers give may make them.
      new ReadableStream({
        pull: (controller) =>
          new Promise((resolve) => {
            timer = setTimeout(() => {
              controller.enqueue(all.subarray(sent, sent + bytes));
              sent += bytes;
              if (sent >= all.length) {
                controller.close();
              }
              resolve();
            }, everyMillis);
          }),
        cancel: () => {
          clearTimeout(timer);
          left();
        },
      }),
    );
  };
  return { fetch, asked: rest.asked, left };
}

describe("an answer that comes slowly", () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  test("is waited for as long as it goes on", async () => {
    const { fetch } = slowly(10_000, 1_000);
    const answered = ping(new Nodes({ urls: ["https://a.test"], fetch }));
    await vi.advanceTimersByTimeAsync(31_000);
    expect(await answered).toHaveLength(300_000);
    expect(vi.getTimerCount()).toBe(0);
  });

  test("has ten seconds before another node is asked, which may be faster", async () => {
    const { fetch, asked, left } = slowly(10_000, 1_000, { "b.test": () => "other" });
    const answered = ping(new Nodes({ urls, fetch }));
    await vi.advanceTimersByTimeAsync(9_999);
    expect(asked).toEqual(["a.test"]);
    await vi.advanceTimersByTimeAsync(1);
    expect(await answered).toBe("other");
    expect(left).toHaveBeenCalledTimes(1);
    expect(vi.getTimerCount()).toBe(0);
  });

  test("may stop for a while, as in a tunnel", async () => {
    const { fetch } = slowly(200_000, 15_000);
    const answered = ping(new Nodes({ urls: ["https://a.test"], fetch }));
    await vi.advanceTimersByTimeAsync(30_000);
    expect(await answered).toHaveLength(300_000);
  });

  test.each([
    ["stops", 1_000, 60_000, 20_000],
    ["trickles", 1_000, 1_000, 23_000],
    ["has come for a quarter of an hour", 20_000, 1_999, 900_000],
  ])("is left once it %s", async (_, bytes, everyMillis, afterMillis) => {
    const { fetch, left } = slowly(bytes, everyMillis, {}, 20_000_000);
    const outcome = expect(ping(new Nodes({ urls: ["https://a.test"], fetch }))).rejects.toMatchObject({
      reason: "Timeout",
      message: "https://a.test: no answer in time",
    });
    await vi.advanceTimersByTimeAsync(19_999);
    expect(left).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(afterMillis - 19_999);
    await outcome;
    expect(left).toHaveBeenCalledTimes(1);
    expect(vi.getTimerCount()).toBe(0);
  });

  test("is not waited for where nobody else is asked meanwhile", async () => {
    const { fetch, left } = slowly(10_000, 1_000);
    const [node] = new Nodes({ urls: ["https://a.test"], fetch }).inOrder();
    const outcome = expect(node?.request("user.broadcast", {}, 10_000)).rejects.toMatchObject({
      reason: "Timeout",
    });
    await vi.advanceTimersByTimeAsync(10_000);
    await outcome;
    expect(left).toHaveBeenCalledTimes(1);
    expect(vi.getTimerCount()).toBe(0);
  });

  test("is left as soon as nobody wants it any more", async () => {
    const { fetch, left } = slowly(10_000, 1_000);
    const [node] = new Nodes({ urls: ["https://a.test"], fetch }).inOrder();
    const end = new AbortController();
    const outcome = expect(
      node?.request("user.ping", {}, 10_000, end.signal, () => undefined),
    ).rejects.toMatchObject({
      reason: "Unreachable",
    });
    await vi.advanceTimersByTimeAsync(12_500);
    end.abort();
    await outcome;
    expect(left).toHaveBeenCalledTimes(1);
    expect(vi.getTimerCount()).toBe(0);
  });

  test("and is lost is the fault of the line: others who want a sign-in have no word then", async () => {
    // Before it begins the next node is asked, where nobody is signed in.
    const refuse = { error: { code: -901, message: "sign in" } };
    const { fetch, asked } = slowly(1_000, 60_000, {
      "b.test": () => new Promise((resolve) => setTimeout(() => resolve(refuse), 400)),
      "c.test": () => refuse,
    });
    const late: Fetch = async (url, init) => {
      const response = await fetch(url, init);
      if (url.startsWith("https://a.")) {
        await new Promise((resolve) => setTimeout(resolve, 700));
      }
      return response;
    };
    const nodes = new Nodes({ urls: [...urls, "https://c.test"], fetch: late });
    const sign = vi.fn();
    const session = new Session(new Network("c", nodes, undefined, 0), { ...signer, sign });
    const outcome = expect(session.read(() => ping(nodes))).rejects.toMatchObject({
      name: "NodeError",
      reason: "Timeout",
      url: "https://a.test",
    });
    await vi.advanceTimersByTimeAsync(10_699);
    expect(asked).toEqual(["a.test", "b.test user.ping"]);
    await vi.advanceTimersByTimeAsync(10_001);
    await outcome;
    expect(asked).toEqual(["a.test", "b.test user.ping", "c.test user.ping"]);
    expect(sign).not.toHaveBeenCalled();
    expect(vi.getTimerCount()).toBe(0);
  });

  test("is none of a node that never begins: then another one's sign-in helps", async () => {
    const signIn: Reply = () => ({ error: { code: -901, message: "sign in" } });
    const { fetch } = network({ "a.test": () => SILENT, "b.test": signIn });
    const outcome = expect(ping(new Nodes({ urls, fetch }))).rejects.toMatchObject({
      reason: "NotSignedIn",
      url: "https://b.test",
    });
    await vi.advanceTimersByTimeAsync(9_999);
    expect(vi.getTimerCount()).toBe(1);
    await vi.advanceTimersByTimeAsync(1);
    await outcome;
    expect(vi.getTimerCount()).toBe(0);
  });
});

const action = { name: "x", description: "", values: [] };
const transactions = (fetch: Fetch, nodes: readonly string[] = urls, by: Signer = signer) =>
  new Transactions(new Network("c", new Nodes({ urls: nodes, fetch }), undefined, 0), by);

/** A node that says that this nonce was used last, and does with transactions what it likes. */
const account =
  (nonce: number, broadcast: Reply): Reply =>
  (method, ...rest) =>
    method === "user.account" ? { nonce } : broadcast(method, ...rest);
const rejected = (code: number, message: string) => ({
  error: { code: -201, message: "x", data: { code, hash: "", message } },
});
const outOfTurn = rejected(4, "invalid nonce");

/** Takes the transaction with the nonce that is next, and knows it from then on. */
function chain(last: number): { node: Reply; nonces: number[]; hashes: string[] } {
  const [nonces, hashes]: [number[], string[]] = [[], []];
  const node: Reply = (method, params) => {
    if (method === "user.account") {
      return { nonce: last };
    }
    const tx = params["tx"] as TransactionJson;
    nonces.push(tx.body.nonce);
    if (tx.body.nonce !== last + 1) {
      return outOfTurn;
    }
    last += 1;
    hashes.push(hashOf(tx));
    return { tx_hash: hashOf(tx), result: { code: 0, gas: 0, log: "" } };
  };
  return { node, nonces, hashes };
}

test("a transaction that one node may have is given to the next as it is, never signed again", async () => {
  const sent: unknown[] = [];
  let hash = "";
  const { fetch } = network({
    "a.test": account(4, (_, params) => {
      sent.push(params["tx"]);
      return undefined;
    }),
    "b.test": account(4, (method, params) => {
      if (method === "user.broadcast") {
        sent.push(params["tx"]);
        return outOfTurn;
      }
      hash = String(params["tx_hash"]);
      return { height: 9, tx_result: { code: 0, gas: 0 } };
    }),
  });
  expect(await transactions(fetch).send(action)).toEqual({ hash, log: "", node: "https://b.test" });
  expect(sent).toHaveLength(2);
  expect(sent[0]).toEqual(sent[1]);
  expect(sent[0]).toMatchObject({ body: { nonce: 5, chain_id: "c", fee: "0" } });
});

test("what full nodes turn away is not looked for", async () => {
  for (const full of [rejected(11, "mempool is full"), { error: { code: -905, message: "too many" } }]) {
    const { fetch, asked } = network({ "a.test": account(0, () => full) });
    await expect(transactions(fetch, ["https://a.test"]).send(action)).rejects.toThrow();
    expect(asked.at(-1)).toBe("a.test user.broadcast");
  }
});

test("what one more node than may lie refuses is refused, and asked of nobody else", async () => {
  const no = account(0, () => rejected(65535, "no profile"));
  const { fetch, asked } = network({ "a.test": no, "b.test": no, "c.test": no });
  const nodes = [...urls, "https://c.test"];
  await expect(transactions(fetch, nodes).send(action)).rejects.toMatchObject({
    fault: "caller",
    message: "no profile",
  });
  expect(asked.filter((it) => it.endsWith("broadcast"))).toEqual([
    "a.test user.broadcast",
    "b.test user.broadcast",
  ]);
});

test("a node that says a later nonce gets nothing signed that it could keep until that is due", async () => {
  const kept: unknown[] = [];
  const honest = chain(4);
  const { fetch } = network({
    "a.test": account(9, (_, { tx }) => {
      kept.push(tx);
      return rejected(65535, "no");
    }),
    "b.test": honest.node,
  });
  const sender = transactions(fetch);
  const { hash } = await sender.send(action);
  await sender.send(action);
  expect(honest.nonces).toEqual([5, 6]);
  expect(honest.hashes[0]).toBe(hash);
  expect(kept).toMatchObject([{ body: { nonce: 5 } }, { body: { nonce: 6 } }]);
});

test("a node that says an earlier nonce holds nothing up, if there are enough others", async () => {
  const honest = chain(7);
  const { fetch } = network({
    "a.test": account(0, () => outOfTurn),
    "b.test": honest.node,
    "c.test": honest.node,
  });
  await transactions(fetch, [...urls, "https://c.test"]).send(action);
  expect(honest.nonces).toEqual([8]);
});

test("a nonce that was used meanwhile, or of a node that is behind, is asked for again", async () => {
  const honest = chain(7);
  let behind = 6;
  const { fetch } = network({
    "a.test": honest.node,
    "b.test": (method) => (method === "user.account" ? { nonce: behind++ } : outOfTurn),
  });
  await transactions(fetch).send(action);
  expect(honest.nonces).toEqual([7, 8]);
});

test("who waits no more for the wallet frees the next write, and its nonce; a late signature goes nowhere", async () => {
  const honest = chain(7);
  const { fetch } = network({ "a.test": honest.node, "b.test": honest.node });
  const waits = [new AbortController(), new AbortController()];
  const asked: string[] = [];
  let answer: (signature: Uint8Array) => void = () => undefined;
  const silent: Signer = {
    ...signer,
    sign: (text) =>
      new Promise((resolve) => {
        asked.push(text);
        answer = resolve;
      }),
  };
  const wallets = [silent, signer].map((it, at) => abortable(it, waits[at]?.signal ?? AbortSignal.abort()));
  const sender = transactions(fetch, urls, {
    ...signer,
    sign: (text) => (wallets.shift() ?? signer).sign(text),
  });
  const [first, second] = [sender.send(action), sender.send(action)];
  const outcome = expect(first).rejects.toMatchObject({ name: "WalletError", reason: "GivenUp" });
  await vi.waitFor(() => expect(asked).toHaveLength(1));
  waits[0]?.abort();
  await outcome;
  const { hash } = await second;
  answer(await signer.sign(asked[0] ?? ""));
  await Promise.resolve();
  expect([honest.nonces, honest.hashes]).toEqual([[8], [hash]]);
});

test("a signer that was ended asks the wallet for nothing", async () => {
  const end = new AbortController();
  const sign = vi.fn(signer.sign);
  const ending = abortable({ ...signer, sign }, end.signal);
  expect(await ending.sign("x")).toEqual(await signer.sign("x"));
  expect([ending.authType, ending.sender, ending.wallet]).toEqual(["ed25519", signer.sender, signer.wallet]);
  sign.mockRejectedValueOnce(new WalletError("Rejected", "no"));
  await expect(ending.sign("y")).rejects.toMatchObject({ reason: "Rejected" });
  end.abort();
  await expect(ending.sign("z")).rejects.toMatchObject({ reason: "GivenUp" });
  expect(sign.mock.calls).toEqual([["x"], ["y"]]);
});

test("what no node takes is signed once, and refused after a few times", async () => {
  let signed = 0;
  const { fetch, asked } = network({
    "a.test": account(7, () => outOfTurn),
    "b.test": account(7, () => outOfTurn),
  });
  const counting: Signer = { ...signer, sign: async (text) => signer.sign(`${text}${signed++}`) };
  await expect(transactions(fetch, urls, counting).send(action)).rejects.toMatchObject({ code: 4 });
  expect([signed, asked.filter((it) => it.endsWith("broadcast")).length]).toEqual([1, 8]);
});

test("of several nodes one alone is not believed, and nothing is signed", async () => {
  let signed = 0;
  const counting: Signer = { ...signer, sign: async () => Promise.reject(new Error(`${signed++}`)) };
  const { fetch } = network({ "a.test": account(7, () => outOfTurn) });
  await expect(transactions(fetch, urls, counting).send(action)).rejects.toMatchObject({
    name: "NoAnswerError",
    fault: "network",
    message: expect.stringContaining("one node alone is not believed"),
  });
  expect(signed).toBe(0);
});

/** So many seconds after a moment, as nodes write it. */
const dateAfter = (moment: number, seconds: number) =>
  new Date(moment + 1_000 * seconds).toISOString().replace(/\.\d+Z$/, "Z");

test("one signature signs in who asks many things at once, and no more often than nodes ask", async () => {
  let signed = 0;
  let isSignedIn = false;
  let issuedBefore = 0;
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
        // Both after the same moment: a second may pass between two looks at the clock.
        const now = Date.now();
        const times = {
          issue_at: dateAfter(now, -issuedBefore),
          expiration_time: dateAfter(now, 3_600 - issuedBefore),
        };
        return {
          domain,
          uri: `${domain}/rpc/v1`,
          version: "1",
          chain_id: "c",
          nonce: "n",
          statement: "Sign in to idOS. This costs nothing and changes nothing.",
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
  vi.useFakeTimers({ now: Date.now() + 6 * 60_000, toFake: ["Date"] });
  issuedBefore = 6 * 60;
  await expect(session.read(() => ping(nodes))).rejects.toMatchObject({ fault: "clock" });
  vi.useRealTimers();
  issuedBefore = 0;
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

test("who signs out is signed out at every node, and is told of one that does not answer", async () => {
  const accounts: unknown[] = [];
  const out: Reply = (_, params) => {
    accounts.push(params["account"]);
    return {};
  };
  const [both, one] = [{ "a.test": out, "b.test": out }, { "a.test": out }].map(network);
  const session = (fetch: Fetch) =>
    new Session(new Network("c", new Nodes({ urls, fetch }), undefined, 0), signer);
  await session(both?.fetch as Fetch).signOut();
  expect(both?.asked).toEqual(["a.test kgw.logout", "b.test kgw.logout"]);
  expect(accounts).toEqual([bytesToHex(signer.sender), bytesToHex(signer.sender)]);
  // In a browser nobody can see at which of them there is a session.
  await expect(session(one?.fetch as Fetch).signOut()).rejects.toMatchObject({
    name: "NoAnswerError",
    fault: "network",
    message: expect.stringContaining("a session may go on"),
    causes: [{ url: "https://b.test" }],
  });
});

test("a session that is kept here counts on all nodes: one of them ends it", async () => {
  const { fetch, asked } = network({
    "a.test": (method) => {
      const headers = { "set-cookie": method === "kgw.logout" ? "kgw_session=" : "kgw_session=token" };
      return new Response(JSON.stringify({ jsonrpc: "2.0", id: asked.length, result: {} }), { headers });
    },
  });
  const nodes = new Nodes({ urls, fetch });
  await ping(nodes);
  expect(nodes.keepsSession).toBe(true);
  await new Session(new Network("c", nodes, undefined, 0), signer).signOut();
  expect(asked).toEqual(["a.test user.ping", "a.test kgw.logout"]);
  expect(nodes.keepsSession).toBe(false);
});
