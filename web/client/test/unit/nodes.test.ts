// Fail-over: which node is asked when, and whose fault it is if none answers.
import { limit } from "idos-testing/limits";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { ed25519Signer } from "../../src/adapters/ed25519.ts";
import { IdosClient } from "../../src/client/client.ts";
import { Network } from "../../src/client/network.ts";
import { Session } from "../../src/client/session.ts";
import type { Fetch } from "../../src/nodes/node.ts";
import { Nodes } from "../../src/nodes/nodes.ts";
import { ping, type Reply, replying, SILENT, urls } from "../support/replies.ts";

test("ids are numbers that count, and the node that failed is asked last from then on", async () => {
  const { fetch, asked, ids } = replying({ "b.test": () => ({ ok: 1 }) });
  const nodes = new Nodes({ urls, fetch });
  await ping(nodes);
  await ping(nodes);
  expect(asked).toEqual(["a.test user.ping", "b.test user.ping", "b.test user.ping"]);
  expect(ids).toEqual([1, 2, 3]);
});

test("a node that is named twice, in whatever spelling, is one", () => {
  const spellings = ["https://a.test", "https://a.test/", "https://A.test", "https://a.test:443/"];
  expect(new Nodes({ urls: spellings }).count).toBe(1);
  expect(
    new Nodes({ urls: [...spellings, "http://a.test", "https://a.test/b", "https://a.test:8484"] }).count,
  ).toBe(4);
});

test("a node that keeps silent costs less than a second, and only once", async () => {
  vi.useFakeTimers();
  try {
    const { fetch, asked } = replying({ "a.test": () => SILENT, "b.test": () => ({ ok: 1 }) });
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
  const { fetch } = replying({ "a.test": reply });
  const nodes = new Nodes({ urls: ["https://a.test"], fetch });
  await expect(ping(nodes)).rejects.toMatchObject({ reason, fault });
});

test("what the caller did wrong is not tried elsewhere", async () => {
  const { fetch, asked } = replying({
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
  const { fetch } = replying({ "a.test": endless });
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
  const rest = replying(others);
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
    const { fetch } = replying({ "a.test": () => SILENT, "b.test": signIn });
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
