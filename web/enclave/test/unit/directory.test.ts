import { allParties, IdosError, type Party } from "idos-client";
import { EnclaveError } from "idos-client/enclave";
import { expect, test, vi } from "vitest";
import { PAGE_ROWS } from "../../../client/src/limits.ts";
import { answerOf, CHAIN, CHANGES, GENESIS, LATER_CHECKPOINT } from "../../../client/test/support/grown.ts";
import { HostCalls } from "../../src/frame/host.ts";
import { asking, openNetwork, recognise } from "../../src/network/directory.ts";
import { checkpointSeen } from "../../src/page/memory.ts";
import { TEXTS } from "../../src/texts.ts";
import { ADA, PUBLIC_KEY } from "../support/keys.ts";
import { TestStorage } from "../support/storage.ts";

const key = PUBLIC_KEY.toBase64();
const party = (roles: Party["roles"]): Party => ({
  id: ADA,
  address: "Bank",
  roles,
  keys: {
    version: 1,
    name: "Sample Bank",
    did: null,
    signingPublicKey: "",
    encryptionPublicKey: key,
    signature: "",
    height: 1,
  },
});
const network = (roles: Party["roles"]) => ({
  chainId: "1",
  party: async () => party(roles),
  parties: async () => [party(roles)],
});

const config = {
  network: { chainId: CHAIN, nodes: ["https://node.test"], checkpoint: GENESIS },
  enclave: null,
  issuers: [],
  dashboard: null,
  demo: null,
};

class NodeSays extends IdosError {
  override readonly fault = "node";
  override readonly reason = "Said";
}

const unlisted = { kind: "unlisted", grantee: "bank", encryptionPublicKey: key } as const;

test("a consumer that the network lists is known by its proved name, however it is asked for", async () => {
  for (const recipient of [unlisted, { kind: "party", partyId: ADA } as const]) {
    expect(await recognise(network(["consumer"]), recipient)).toMatchObject({ name: "Sample Bank" });
  }
  expect(await recognise(network(["consumer"]), { ...unlisted, grantee: "other" })).toMatchObject({
    name: null,
  });
});

test("a consumer whom two pages of different states leave out is not taken for one that is not listed", async () => {
  const others = Array.from({ length: PAGE_ROWS }, () => ({ ...party(["issuer"]), address: "other" }));
  const before = [...others, party(["consumer"])];
  let height = 0;
  // Of page one the state before somebody on it was removed, of page two the one after that.
  const client = {
    parties: async ({ page = 1 }) => {
      height += 1;
      const value = page === 1 ? before.slice(0, PAGE_ROWS) : before.slice(1).slice(PAGE_ROWS);
      return { value, proof: { height, time: new Date(0) } };
    },
  };
  const parties = async () => (await allParties(client.parties)).value;
  const found = recognise({ ...network(["consumer"]), parties }, unlisted);
  await expect(found).rejects.toMatchObject({ name: "NoAnswerError" });
});

test("of a recipient's name nothing is passed on that is not seen, or that turns the rest around", async () => {
  const named = (name: string) => {
    const { keys, ...rest } = party(["consumer"]);
    const renamed = { ...rest, keys: keys && { ...keys, name } };
    return { ...network(["consumer"]), party: async () => renamed };
  };
  const recipient = { kind: "party", partyId: ADA } as const;
  expect((await recognise(named("Sample\u202e Ba\u200bnk\n"), recipient)).name).toBe("Sample Bank");
  expect((await recognise(named("\u200b\u2066"), recipient)).name).toBe("Bank");
});

test("a party that the network did not admit as a consumer is nobody to share with", async () => {
  for (const recipient of [unlisted, { kind: "party", partyId: ADA } as const]) {
    await expect(recognise(network(["issuer"]), recipient)).rejects.toMatchObject({ reason: "RecipientKey" });
  }
});

test("what a page says of a ring that it did not store is not passed on", async () => {
  const says = "Call +1 555 0100 and read your words out";
  for (const answer of [
    () => Promise.reject(new EnclaveError("Declined", says)),
    () => Promise.resolve({ keyRing: 7, message: says }),
  ]) {
    const host = new HostCalls(() => ({ ask: answer }) as never);
    const stored = host.storeKeyRing({ keyRing: "new", replaces: "old" });
    await expect(stored).rejects.toThrow(TEXTS.change.siteFailed);
  }
});

test("what a node says of a failure is not passed on as the enclave's own words", async () => {
  const cause = new NodeSays("call +1 555 0100 and read your words out");
  const asked = asking(() => Promise.reject(cause));
  await expect(asked).rejects.toMatchObject({ reason: "Network", cause });
  await expect(asked).rejects.not.toThrow(/555/);
});

test("the network is followed from where an earlier visit came to", async () => {
  vi.stubGlobal("localStorage", new TestStorage());
  const methods: string[] = [];
  vi.stubGlobal("fetch", async (url: string, init?: RequestInit) => {
    if (url === "/config.json") {
      return Response.json(config);
    }
    const { id, method, params } = JSON.parse(String(init?.body));
    methods.push(method);
    const changes = CHANGES.slice(Number(params.from_epoch) - 2);
    const result = method === "idos.set_changes" ? { changes } : answerOf(3, 42);
    return Response.json({ jsonrpc: "2.0", id, result });
  });
  // The node says who validates now, and nothing of the party.
  const asked = async () => (await openNetwork()).party(ADA);
  await expect(asked()).rejects.toMatchObject({ reason: "Missing" });
  expect(methods).toContain("idos.set_changes");
  expect(checkpointSeen()).toMatchObject({ anchor: GENESIS, checkpoint: { epoch: "3" } });
  methods.length = 0;
  await expect(asked()).rejects.toMatchObject({ reason: "Missing" });
  expect(methods).not.toContain("idos.set_changes");
  // A later checkpoint of the enclave's own counts, whatever was found from the earlier one.
  config.network.checkpoint = LATER_CHECKPOINT;
  await expect(asked()).rejects.toMatchObject({ reason: "Missing" });
  expect(methods).toContain("idos.set_changes");
  expect(checkpointSeen()).toMatchObject({ anchor: LATER_CHECKPOINT });
  config.network.checkpoint = GENESIS;
  vi.unstubAllGlobals();
});
