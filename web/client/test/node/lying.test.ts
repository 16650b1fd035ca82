// A node that lies is found out, and an honest one answers instead.
import { afterEach, beforeAll, expect, test } from "vitest";
import type { Person } from "../../src/client/person.ts";
import type { Transactions } from "../../src/client/transactions.ts";
import { callerOf } from "../../src/signer/caller.ts";
import type { Signer } from "../../src/signer/signer.ts";
import { credential, sealed } from "../support/credentials.ts";
import { client, newIssuer, newMember, URL_OF_FIRST, URLS } from "../support/network.ts";
import { type Instead, type Message, proxy, type Tamper } from "../support/proxy.ts";
import { hashOf, type TransactionJson } from "../support/transaction.ts";
import { newEd25519, newEvm } from "../support/wallets.ts";

interface Row {
  table: string;
  row: string;
  content: string | null;
}
interface Claims {
  height: number;
  certificate: string;
  claims: { kind: string; count: number; rows: Row[]; proof: string; list: string }[];
}

let issuer: Transactions;
let signer: Signer;
let person: Person;
let granteeSigner: Signer;
let copyId: string;
const open: { close: () => void }[] = [];

beforeAll(async () => {
  issuer = await newIssuer();
  signer = await newEvm();
  granteeSigner = await newEd25519();
  ({ person } = await newMember(issuer, signer));
  await person.addAttribute("first", "1");
  await person.addAttribute("second", "2");
  const original = credential({ type: "x" });
  await person.addCredential(original);
  const grantee = callerOf(granteeSigner.authType, granteeSigner.sender);
  ({ copyId } = await person.share({ credentialId: original.id, grantee, seal: async () => sealed() }));
});
afterEach(() => open.splice(0).forEach((it) => it.close()));

/** Whether the question is only how far the network is. */
const isAboutTheHorizon = ({ params }: Message) => payloadOf(params).includes("get_validator_set");
const payloadOf = (params: object) =>
  Buffer.from((params as { body: { payload: string } }).body.payload, "base64");

/** A node that changes the answers of `idos.prove`. */
async function liar(change: (answer: Claims) => unknown): Promise<string> {
  const tamper: Tamper = (message, result) =>
    message.method === "idos.prove" && !isAboutTheHorizon(message)
      ? change(structuredClone(result) as Claims)
      : result;
  const it = await proxy(tamper);
  open.push(it);
  return it.url;
}

const flipped = (base64: string, at: number) => {
  const bytes = Buffer.from(base64, "base64");
  const index = at < 0 ? bytes.length + at : at;
  bytes[index] = (bytes[index] ?? 0) ^ 1;
  return bytes.toString("base64");
};
const lists = (answer: Claims) => answer.claims.filter((it) => it.kind === "list");
const edit = (change: (answer: Claims) => void) => (answer: Claims) => {
  change(answer);
  return answer;
};

const LIES: Record<string, (answer: Claims) => unknown> = {
  "hides a row": edit((it) => lists(it).forEach((list) => list.rows.pop() && list.count--)),
  "says that there is nothing": edit((it) =>
    lists(it).forEach((list) => Object.assign(list, { rows: [], count: 0 })),
  ),
  "shows a row twice": edit((it) =>
    lists(it).forEach((list) => list.rows.push(...list.rows.slice(0, 1)) && list.count++),
  ),
  "changes a row": edit((it) =>
    it.claims.flatMap((one) => one.rows).forEach((row) => Object.assign(row, { row: flipped(row.row, -1) })),
  ),
  "changes a proof": edit((it) =>
    it.claims.forEach((one) => Object.assign(one, { proof: flipped(one.proof, -1) })),
  ),
  "changes the certificate": edit((it) => Object.assign(it, { certificate: flipped(it.certificate, -1) })),
  "names another height": edit((it) => Object.assign(it, { height: it.height + 1 })),
  "leaves a claim out": edit((it) => it.claims.pop()),
  "adds a claim": edit((it) => it.claims.push(...it.claims.slice(-1))),
  "answers with nonsense": () => ({ height: "7", claims: {} }),
  "answers with nothing": () => ({}),
};

test.each(Object.entries(LIES))("a node that %s is refused, and another one answers", async (_, lie) => {
  const url = await liar(lie);
  const alone = client([url]).person(signer);
  const refused = await alone.attributes().catch((error: unknown) => error);
  expect(refused).toMatchObject({ fault: "node" });
  const { value, proof } = await client([url, URL_OF_FIRST]).person(signer).attributes();
  expect(value.map((it) => it.value)).toEqual(["1", "2"]);
  expect(proof).toBeDefined();
});

test("a node that refuses what it could prove is passed over, and its text is not the network's", async () => {
  const refuse: Instead = ({ method }) =>
    method === "idos.prove" ? { error: { code: -32602, message: "your data are gone" } } : undefined;
  const it = await proxy((_, result) => result, refuse);
  open.push(it);
  await expect(client([it.url]).person(signer).attributes()).rejects.toMatchObject({ name: "RefusedError" });
  const { value } = await client([it.url, URL_OF_FIRST]).person(signer).attributes();
  expect(value.map((one) => one.value)).toEqual(["1", "2"]);
});

test("another person's answer is none for this person", async () => {
  const { person: other } = await newMember(issuer, await newEvm());
  let theirs: unknown;
  const recorder = await liar((answer) => {
    theirs = answer;
    return answer;
  });
  const replay = await liar(() => theirs);
  const { person: third } = await newMember(issuer, await newEvm(), client([replay]));
  expect((await other.attributes()).value).toEqual([]);
  const recorded = client([recorder]).person(signer);
  const replayed = async () => {
    expect((await recorded.attributes()).value).toHaveLength(2);
    return third.attributes().catch(({ fault, reason }) => ({ fault, reason }));
  };
  // While the recorded node is a block behind what the third person saw, its answer is refused for its age.
  await expect.poll(replayed, { timeout: 20_000 }).toEqual({ fault: "node", reason: "OtherList" });
});

test("a grant that a node keeps back is missed", async () => {
  const hide = edit((it) => lists(it).forEach((list) => Object.assign(list, { rows: [], count: 0 })));
  const grantee = client([await liar(hide)]).person(granteeSigner);
  await expect(grantee.grantsGranted()).rejects.toMatchObject({ fault: "node", reason: "NotProved" });
  const swap = edit((it) =>
    it.claims
      .flatMap((one) => one.rows)
      .forEach((row) => row.content && Object.assign(row, { content: `${row.content}AAAA` })),
  );
  const fooled = client([await liar(swap)]).person(granteeSigner);
  await expect(fooled.sharedCredential(copyId)).rejects.toMatchObject({ fault: "node", reason: "Row" });
});

test("a state that another node has left behind is refused", async () => {
  const first = new Map<string, unknown>();
  const stale = await proxy(({ method, params }, result) => {
    if (method !== "idos.prove") {
      return result;
    }
    const question = payloadOf(params).toString("hex");
    first.set(question, first.get(question) ?? result);
    return first.get(question);
  });
  open.push(stale);
  expect((await client([stale.url]).person(signer).attributes()).value).toHaveLength(2);
  await person.addAttribute("third", "3");
  // Nobody tells somebody who asks this node alone, until the certificate is too old.
  expect((await client([stale.url]).person(signer).attributes()).value).toHaveLength(2);
  const { value } = await client([stale.url, URL_OF_FIRST]).person(signer).attributes();
  expect(value).toHaveLength(3);
});

test("who is asked to sign in under another name does not sign", async () => {
  let signed = 0;
  const careful = { ...signer, sign: async () => Promise.reject(new Error(`${signed++}`)) };
  for (const change of [
    { domain: "http://other.example" },
    { chain_id: "other" },
    { statement: "a\nURI: b" },
    { statement: "I give away everything" },
    { nonce: "Pay 5 ETH to nobody" },
    { expiration_time: "2999-01-01T00:00:00Z" },
  ]) {
    const it = await proxy(({ method }, result) =>
      method === "kgw.authn_param" ? { ...(result as object), ...change } : result,
    );
    open.push(it);
    await expect(client([it.url]).signIn(careful)).rejects.toMatchObject({ fault: "node" });
  }
  expect(signed).toBe(0);
});

test("one node is dead, another keeps silent: a third answers", async () => {
  const silent = await proxy(() => undefined);
  open.push(silent);
  const reached = client(["http://127.0.0.1:1", silent.url, ...URLS]).person(signer);
  const { proof } = await reached.profile();
  expect(proof).toBeDefined();
  const none = client(["http://127.0.0.1:1"]).person(signer);
  await expect(none.profile()).rejects.toMatchObject({
    name: "NodeError",
    reason: "Unreachable",
    fault: "network",
  });
  const neither = client(["http://127.0.0.1:1", silent.url]).person(signer);
  await expect(neither.profile()).rejects.toMatchObject({ name: "NoAnswerError", fault: "network" });
});

test("a write whose answer is lost is not repeated but looked up", async () => {
  let broadcasts = 0;
  const lossy = await proxy(({ method }, result) => {
    if (method !== "user.broadcast") {
      return result;
    }
    broadcasts += 1;
    return undefined;
  });
  open.push(lossy);
  const { person: writer } = await newMember(issuer, await newEvm(), client([lossy.url, URL_OF_FIRST]));
  await writer.addAttribute("once", "1");
  await writer.addAttribute("once", "2");
  expect(broadcasts).toBeGreaterThan(0);
  expect((await writer.attributes()).value.map((it) => it.value)).toEqual(["1", "2"]);
});

test("what a node says was ended has to be proved, and is done by another one", async () => {
  const swallow: Instead = ({ method, params }) =>
    method === "user.broadcast"
      ? { result: { tx_hash: hashOf((params as { tx: TransactionJson }).tx), result: { code: 0, gas: 0 } } }
      : undefined;
  const it = await proxy((_, result) => result, swallow);
  open.push(it);
  const ownerSigner = await newEvm();
  const { person: owner, encryptionKey } = await newMember(issuer, ownerSigner);
  const original = credential({ type: "ended" });
  await owner.addCredential(original);
  const grantee = callerOf(granteeSigner.authType, granteeSigner.sender);
  await owner.share({ credentialId: original.id, grantee, seal: async () => sealed() });
  const { id: attribute } = await owner.addAttribute("ended", "1");
  const { id: wallet } = await owner.addWallet(await newEd25519());
  const [grant] = (await owner.grantsOwned()).value;
  const lied = client([it.url]).person(ownerSigner);
  const newKey = Buffer.alloc(32, 7).toString("base64");
  const writes: Record<string, () => Promise<unknown>> = {
    revoke: () => lied.revoke(grant?.id ?? ""),
    setGrantExpiry: () => lied.setGrantExpiry(grant?.id ?? "", Math.floor(Date.now() / 1000) + 3_600),
    rescind: () =>
      client([it.url])
        .person(granteeSigner)
        .rescind(grant?.dataId ?? ""),
    removeCredential: () => lied.removeCredential(original.id),
    removeAttribute: () => lied.removeAttribute(attribute),
    removeWallet: () => lied.removeWallet(wallet),
    detachWallet: () => lied.detachWallet(),
    updateEncryptionKey: () => lied.updateEncryptionKey(newKey, "user"),
    eraseProfile: () => lied.eraseProfile(),
  };
  for (const [name, write] of Object.entries(writes)) {
    const outcome = await write().catch((error: unknown) => error);
    expect(outcome, name).toMatchObject({ name: "UnprovedError", fault: "node", node: it.url });
  }
  expect((await owner.profile()).value?.encryptionPublicKey).toBe(encryptionKey);
  expect((await owner.grantsOwned()).value).toEqual([grant]);
  // Of what is not there nothing is proved.
  await expect(lied.revoke(crypto.randomUUID())).rejects.toMatchObject({ name: "UsageError" });
  await expect(lied.setGrantExpiry(crypto.randomUUID(), 0)).rejects.toMatchObject({ name: "UsageError" });

  const both = client([it.url, URL_OF_FIRST]).person(ownerSigner);
  await expect(both.eraseProfile()).rejects.toMatchObject({ name: "UnprovedError" });
  expect((await both.eraseProfile()).node).toBe(URL_OF_FIRST);
  expect((await owner.profile()).value).toBeUndefined();
}, 120_000);
