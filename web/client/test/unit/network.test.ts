// A client that was away follows the validators before it believes an answer of a later epoch.
import { expect, test, vi } from "vitest";
import { fromHex, toBase64 } from "../../src/bytes/bytes.ts";
import { Network } from "../../src/client/network.ts";
import type { Question } from "../../src/client/question.ts";
import { decodeCertificate } from "../../src/light-client/certificate.ts";
import { LightClient } from "../../src/light-client/light-client.ts";
import { decodeSetChange } from "../../src/light-client/set-change.ts";
import type { Fetch } from "../../src/nodes/node.ts";
import { Nodes } from "../../src/nodes/nodes.ts";
import { fixture } from "../support/fixtures.ts";
import * as grown from "../support/grown.ts";

interface LightClientJson {
  chain_id: string;
  sets_of_epochs_0_and_1: [string, string];
  changes: string[];
  epoch: number;
  certificate: string;
}
const walk = fixture<LightClientJson>("proof/light-client.json");
const base64 = (hex: string) => toBase64(fromHex(hex));
const CHANGES = walk.changes.map(base64);
/** Asks nothing of the state but that it is certified. */
const question: Question<string> = { action: "x", values: [], proved: () => "known", stated: () => "said" };
const ANSWER = { height: 43, certificate: base64(walk.certificate), claims: [] };

/** The certificate within the last change is of height 39, four before the answer. */
const EARLIER = (() => {
  const change = fromHex(walk.changes[3] ?? "");
  const { certificate } = decodeSetChange(change);
  const length = certificate.encodedStatement.length + 3 + 64 * certificate.signatures.length;
  return { height: 39, certificate: toBase64(change.slice(0, length)), claims: [] };
})();

const isAboutTheHorizon = ({ body }: { body: { payload: string } }) =>
  Buffer.from(body.payload, "base64").includes("get_validator_set");

/** A network of nodes that know so many set changes, and hand out two at a time. */
function network(
  known: readonly string[],
  light: LightClient | undefined,
  answer: () => object | undefined = () => ANSWER,
  maxAgeMillis = Number.POSITIVE_INFINITY,
): Network {
  const fetch: Fetch = async (_, init) => {
    const { id, method, params } = JSON.parse(String(init.body));
    const from = Number(params.from_epoch) - 2;
    if (method === "idos.prove" && isAboutTheHorizon(params)) {
      return new Response(null, { status: 503 });
    }
    const result = method === "idos.set_changes" ? { changes: known.slice(from, from + 2) } : await answer();
    return new Response(JSON.stringify({ jsonrpc: "2.0", id, result }));
  };
  const nodes = new Nodes({ urls: ["https://a.test"], fetch });
  return new Network(walk.chain_id, nodes, light, maxAgeMillis);
}

const genesis = () =>
  LightClient.trusting({ chainId: walk.chain_id, epoch: "0", sets: walk.sets_of_epochs_0_and_1 });

test("set changes are followed as far as the answer needs them", async () => {
  const light = genesis();
  const { value, proof } = await network(CHANGES, light).answer(question);
  expect([value, proof?.height, light.epoch]).toEqual(["known", 43, 4n]);
});

test("without them, or with wrong ones, the answer is not believed", async () => {
  const fails = (known: string[], reason: string) =>
    expect(network(known, genesis()).answer(question)).rejects.toMatchObject({ reason, fault: "node" });
  await fails([], "EpochUnknown");
  await fails(CHANGES.slice(0, 1), "EpochUnknown");
  await fails([CHANGES[1] ?? "", CHANGES[0] ?? ""], "EpochUnknown");
  await fails(["AAAA"], "Malformed");
});

test("what was proved once is the least that is believed from then on", async () => {
  const answers = [EARLIER, ANSWER, EARLIER];
  const reached = network(CHANGES.slice(0, 3), genesis(), () => answers.shift());
  expect((await reached.answer(question)).proof?.height).toBe(39);
  expect((await reached.answer(question)).proof?.height).toBe(43);
  await expect(reached.answer(question)).rejects.toMatchObject({ reason: "TooLow", fault: "node" });
});

test("an answer that comes for minutes is as new as it had to be when it was asked for", async () => {
  const made = Number(decodeCertificate(fromHex(walk.certificate)).statement.timeMillis);
  vi.useFakeTimers({ now: made, toFake: ["Date"] });
  try {
    let arrive = (_: object) => {};
    const answers = [new Promise<object>((resolve) => (arrive = resolve)), ANSWER, EARLIER];
    const reached = network(CHANGES.slice(0, 3), genesis(), () => answers.shift(), 3 * 60_000);
    const slow = reached.answer(question);
    await vi.waitFor(() => expect(answers).toHaveLength(2));
    // Another read proves a later state meanwhile.
    expect((await reached.answer(question)).proof?.height).toBe(43);
    vi.setSystemTime(made + 12 * 60_000);
    arrive(EARLIER);
    expect((await slow).proof?.height).toBe(39);
    // What is asked for after that has to be new.
    await expect(reached.answer(question)).rejects.toMatchObject({ reason: "TooLow" });
  } finally {
    vi.useRealTimers();
  }
});

test("a node that begins to say how far it is, and stops, holds the first read up for less than a second", async () => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] });
  try {
    const fetch: Fetch = async (_, init) => {
      const { id, params } = JSON.parse(String(init.body));
      const isLook = isAboutTheHorizon(params);
      return isLook
        ? new Response(new ReadableStream())
        : new Response(JSON.stringify({ jsonrpc: "2.0", id, result: ANSWER }));
    };
    const light = genesis();
    light.follow(CHANGES.map((it) => decodeSetChange(Buffer.from(it, "base64"))));
    const nodes = new Nodes({ urls: ["https://a.test"], fetch });
    const reached = new Network(walk.chain_id, nodes, light, Number.POSITIVE_INFINITY);
    const answered = vi.fn();
    void reached.answer(question).then(answered);
    await vi.advanceTimersByTimeAsync(950);
    expect(answered).toHaveBeenCalled();
  } finally {
    vi.useRealTimers();
  }
});

test("a node that is behind what another one has certified is passed over", async () => {
  const heights = new Map([
    ["https://behind.test/rpc/v1", EARLIER],
    ["https://a.test/rpc/v1", ANSWER],
  ]);
  const fetch: Fetch = async (url, init) => {
    const { id, method, params } = JSON.parse(String(init.body));
    const from = Number(params.from_epoch) - 2;
    const result =
      method === "idos.set_changes" ? { changes: CHANGES.slice(from, from + 2) } : heights.get(url);
    return new Response(JSON.stringify({ jsonrpc: "2.0", id, result }));
  };
  const nodes = new Nodes({ urls: ["https://behind.test", "https://a.test"], fetch });
  const reached = new Network(walk.chain_id, nodes, genesis(), Number.POSITIVE_INFINITY);
  expect((await reached.answer(question)).proof?.height).toBe(43);
});

test("what one node refuses another one proves, and only if none does it is refused", async () => {
  const reached = (known: readonly string[]) => {
    const fetch: Fetch = async (url, init) => {
      const { id, method, params } = JSON.parse(String(init.body));
      const from = Number(params.from_epoch) - 2;
      if (url.startsWith("https://gone.")) {
        throw new TypeError("fetch failed");
      }
      if (url.startsWith("https://liar.")) {
        const error = { code: -32602, message: "your data are gone" };
        return new Response(JSON.stringify({ jsonrpc: "2.0", id, error }));
      }
      const result = method === "idos.set_changes" ? { changes: CHANGES.slice(from, from + 2) } : ANSWER;
      return new Response(JSON.stringify({ jsonrpc: "2.0", id, result }));
    };
    const nodes = new Nodes({ urls: known.map((it) => `https://${it}.test`), fetch });
    return new Network(walk.chain_id, nodes, genesis(), Number.POSITIVE_INFINITY);
  };
  expect((await reached(["liar", "a"]).answer(question)).value).toBe("known");
  const refused = { name: "RefusedError", fault: "caller", message: "your data are gone" };
  await expect(reached(["liar", "gone"]).answer(question)).rejects.toMatchObject(refused);
  // What nothing proves one node may refuse.
  await expect(reached(["liar", "a"]).answer(question, undefined, { proved: false })).rejects.toMatchObject(
    refused,
  );
});

test("if every node that answers is too old by this clock, the clock is named", async () => {
  const made = decodeCertificate(fromHex(walk.certificate)).statement.timeMillis;
  const reached = (hosts: readonly string[], aheadMillis: number) => {
    vi.useFakeTimers({ now: Number(made) + aheadMillis, toFake: ["Date"] });
    const fetch: Fetch = async (url, init) => {
      const { id, method, params } = JSON.parse(String(init.body));
      const from = Number(params.from_epoch) - 2;
      if (url.startsWith("https://gone.")) {
        throw new TypeError("fetch failed");
      }
      const answer = url.startsWith("https://liar.")
        ? { height: 43, certificate: "AAAA", claims: [] }
        : ANSWER;
      const result = method === "idos.set_changes" ? { changes: CHANGES.slice(from, from + 2) } : answer;
      return new Response(JSON.stringify({ jsonrpc: "2.0", id, result }));
    };
    const nodes = new Nodes({ urls: hosts.map((it) => `https://${it}.test`), fetch });
    return new Network(walk.chain_id, nodes, genesis(), 3 * 60_000).answer(question);
  };
  try {
    expect((await reached(["a", "b"], 2 * 60_000)).value).toBe("known");
    const clock = { name: "NoAnswerError", fault: "clock", message: expect.stringContaining("clock") };
    for (const hosts of [["a"], ["a", "b"], ["gone", "a"]]) {
      await expect(reached(hosts, 5 * 60_000)).rejects.toMatchObject(clock);
    }
    await expect(reached(["a", "liar"], 5 * 60_000)).rejects.toMatchObject({ fault: "node" });
  } finally {
    vi.useRealTimers();
  }
});

test("claims that nobody asked for, and questions without a checkpoint, are refused", async () => {
  const claim = { kind: "list", list: "00".repeat(32), count: 0, rows: [], proof: "" };
  const more = network(CHANGES, genesis(), () => ({ ...ANSWER, claims: [claim] }));
  await expect(more.answer(question)).rejects.toMatchObject({ reason: "Superfluous" });
  const untrusting = network(CHANGES, undefined);
  await expect(untrusting.answer(question, undefined, { proved: true })).rejects.toMatchObject({
    reason: "NoTrust",
  });
  const stated = { ...question, proved: undefined };
  await expect(network([], genesis()).answer(stated, undefined, { proved: true })).rejects.toMatchObject({
    reason: "NotProvable",
  });
});

test.each([
  ["hand out the set changes", grown.CHANGES],
  ["hand out none", []],
])("keys of an epoch that is over prove nothing beside nodes of the next one that %s", async (_, changes) => {
  const answers = new Map([
    ["https://forger.test/rpc/v1", grown.answerOf(2, 1_000)],
    ["https://one.test/rpc/v1", grown.answerOf(3, 41)],
    ["https://other.test/rpc/v1", grown.answerOf(3, 42)],
  ]);
  const fetch: Fetch = async (url, init) => {
    const { id, method, params } = JSON.parse(String(init.body));
    const from = Number(params.from_epoch) - 2;
    const result = method === "idos.set_changes" ? { changes: changes.slice(from) } : answers.get(url);
    return new Response(JSON.stringify({ jsonrpc: "2.0", id, result }));
  };
  const urls = ["https://forger.test", "https://one.test", "https://other.test"];
  const light = LightClient.trusting(grown.LATER_CHECKPOINT);
  const reached = new Network(grown.CHAIN, new Nodes({ urls, fetch }), light, 60_000);
  expect((await reached.answer(question)).proof?.height).toBe(42);
  expect(light.epoch).toBe(changes.length === 0 ? 2n : 3n);
});

test("a key that left long ago proves nothing to a client that has only the genesis", async () => {
  // The first operator's key, stolen or sold, signs whatever is wanted, with the time of now.
  const answers = new Map([
    ["https://forger.test/rpc/v1", grown.answerOf(0, 1_000)],
    ["https://one.test/rpc/v1", grown.answerOf(3, 41)],
    ["https://other.test/rpc/v1", grown.answerOf(3, 42)],
  ]);
  const fetch: Fetch = async (url, init) => {
    const { id, method, params } = JSON.parse(String(init.body));
    const from = Number(params.from_epoch) - 2;
    const result = method === "idos.set_changes" ? { changes: grown.CHANGES.slice(from) } : answers.get(url);
    return new Response(JSON.stringify({ jsonrpc: "2.0", id, result }));
  };
  const urls = ["https://forger.test", "https://one.test", "https://other.test"];
  const light = LightClient.trusting(grown.GENESIS);
  const reached = new Network(grown.CHAIN, new Nodes({ urls, fetch }), light, 60_000);
  expect((await reached.answer(question)).proof?.height).toBe(42);
  expect(light.epoch).toBe(3n);
});
