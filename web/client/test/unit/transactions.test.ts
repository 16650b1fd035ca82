// Transactions among several nodes: what is signed, sent again, refused, or given to nobody.
import { expect, test, vi } from "vitest";
import { ed25519Signer } from "../../src/adapters/ed25519.ts";
import { Network } from "../../src/client/network.ts";
import { Transactions } from "../../src/client/transactions.ts";
import { WalletError } from "../../src/errors.ts";
import type { Fetch } from "../../src/nodes/node.ts";
import { Nodes } from "../../src/nodes/nodes.ts";
import { abortable } from "../../src/signer/abortable.ts";
import type { Signer } from "../../src/signer/signer.ts";
import { type Reply, replying, urls } from "../support/replies.ts";
import { hashOf, type TransactionJson } from "../support/transaction.ts";

const signer = ed25519Signer(new Uint8Array(32).fill(1));
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
  const { fetch } = replying({
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

test("a node that says it may have a transaction keeps it from no other, and is not alone asked what became of it", async () => {
  const doubtful = [
    rejected(10, "timed out waiting for tx to be included in a block"),
    rejected(201, "the node stops"),
    rejected(65535, "transaction already exists"),
  ];
  for (const said of doubtful) {
    const given: unknown[] = [];
    const unknown = { error: { code: -202, message: "transaction not found" } };
    const { fetch } = replying({
      "a.test": account(0, (method) => (method === "user.broadcast" ? said : unknown)),
      "b.test": account(0, (method, { tx, sync }) => {
        if (method === "user.broadcast") {
          given.push(sync);
          return { tx_hash: hashOf(tx as TransactionJson) };
        }
        return given.length > 0 ? { height: 9, tx_result: { code: 0, gas: 0 } } : unknown;
      }),
    });
    expect(await transactions(fetch).send(action)).toMatchObject({ node: "https://b.test" });
    // Nobody waits for its block a second time.
    expect(given).toEqual([0]);
  }
});

test("a refusal that speaks of what exists is one like any other", async () => {
  const { fetch, asked } = replying({
    "a.test": account(0, () => rejected(65535, "the attribute already exists")),
  });
  await expect(transactions(fetch, ["https://a.test"]).send(action)).rejects.toMatchObject({
    message: "the attribute already exists",
  });
  expect(asked.at(-1)).toBe("a.test user.broadcast");
});

test("what became of a transaction is asked of all nodes in turn", async () => {
  let hash = "";
  const { fetch, asked } = replying({
    "a.test": account(0, () => undefined),
    "b.test": account(0, (method, { tx }) => {
      if (method === "user.broadcast") {
        hash = hashOf(tx as TransactionJson);
        return rejected(65535, "transaction already exists");
      }
      return { error: { code: -202, message: "transaction not found" } };
    }),
    "c.test": account(0, (method) =>
      method === "user.broadcast"
        ? rejected(11, "mempool is full")
        : { height: 9, tx_result: { code: 0, gas: 0 } },
    ),
  });
  const nodes = [...urls, "https://c.test"];
  expect(await transactions(fetch, nodes).send(action)).toEqual({ hash, log: "", node: "https://c.test" });
  expect(asked).toContain("b.test user.tx_query");
});

test("what full nodes turn away is not looked for", async () => {
  for (const full of [rejected(11, "mempool is full"), { error: { code: -905, message: "too many" } }]) {
    const { fetch, asked } = replying({ "a.test": account(0, () => full) });
    await expect(transactions(fetch, ["https://a.test"]).send(action)).rejects.toThrow();
    expect(asked.at(-1)).toBe("a.test user.broadcast");
  }
});

test("what one more node than may lie refuses is refused, and asked of nobody else", async () => {
  const no = account(0, () => rejected(65535, "no profile"));
  const { fetch, asked } = replying({ "a.test": no, "b.test": no, "c.test": no });
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
  const { fetch } = replying({
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
  const { fetch } = replying({
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
  const { fetch } = replying({
    "a.test": honest.node,
    "b.test": (method) => (method === "user.account" ? { nonce: behind++ } : outOfTurn),
  });
  await transactions(fetch).send(action);
  expect(honest.nonces).toEqual([7, 8]);
});

test("who waits no more for the wallet frees the next write, and its nonce; a late signature goes nowhere", async () => {
  const honest = chain(7);
  const { fetch } = replying({ "a.test": honest.node, "b.test": honest.node });
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
  const { fetch, asked } = replying({
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
  const { fetch } = replying({ "a.test": account(7, () => outOfTurn) });
  await expect(transactions(fetch, urls, counting).send(action)).rejects.toMatchObject({
    name: "NoAnswerError",
    fault: "network",
    message: expect.stringContaining("one node alone is not believed"),
  });
  expect(signed).toBe(0);
});

test("why a transaction failed is in its log, after what all such logs begin with", async () => {
  for (const [log, message] of [
    ["ERROR: not for this caller", "not for this caller"],
    ["the reason says ERROR: itself", "the reason says ERROR: itself"],
  ]) {
    const failed: Reply = (_, params) => ({
      tx_hash: hashOf(params["tx"] as TransactionJson),
      result: { code: 65_535, gas: 0, log },
    });
    const { fetch } = replying({ "a.test": account(7, failed), "b.test": account(7, failed) });
    const sent = transactions(fetch).send(action);
    await expect(sent).rejects.toMatchObject({ reason: "Failed", code: 65_535, message });
  }
});
