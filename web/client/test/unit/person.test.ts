// What a person ends is proved by a state of after it was there.
import { expect, test, vi } from "vitest";
import { ed25519Signer } from "../../src/adapters/ed25519.ts";
import { Network } from "../../src/client/network.ts";
import { Person } from "../../src/client/person.ts";
import { LightClient, LightClientError } from "../../src/light-client/light-client.ts";
import { RefusedError } from "../../src/nodes/node-error.ts";
import { Nodes } from "../../src/nodes/nodes.ts";
import * as grown from "../support/grown.ts";
import { type Reply, replying } from "../support/replies.ts";
import { hashOf, type TransactionJson } from "../support/transaction.ts";

const PROFILE = { id: "u", encryptionPublicKey: "old", passwordStore: "user" } as const;

/** Says that everything was executed, and executes nothing. */
const dropping: Reply = (method, params) =>
  method === "user.account"
    ? { nonce: 0 }
    : { tx_hash: hashOf(params["tx"] as TransactionJson), result: { code: 0, gas: 0, log: "" } };

/** Somebody of whose profile the node proves these states, one after the other; the last one for ever. */
function person(
  states: readonly { readonly height: number; readonly profile: object | undefined }[],
): Person {
  const { fetch } = replying({ "a.test": dropping });
  const light = LightClient.trusting(grown.GENESIS);
  const nodes = new Nodes({ urls: ["https://a.test"], fetch });
  const network = new Network(grown.CHAIN, nodes, light, 60_000);
  const left = [...states];
  let newest = 0;
  network.answer = async () => {
    const { height = 0, profile } = (left.length > 1 ? left.shift() : left[0]) ?? {};
    if (height < newest) {
      throw new LightClientError("TooLow", "older than what was proved");
    }
    newest = height;
    return { value: profile, proof: undefined } as never;
  };
  return new Person(network, ed25519Signer(new Uint8Array(32).fill(1)));
}

const WRITES = {
  eraseProfile: (it: Person) => it.eraseProfile(),
  detachWallet: (it: Person) => it.detachWallet(),
};

test.each(Object.entries(WRITES))("no state of before the profile was made proves %s", async (_, write) => {
  vi.useFakeTimers();
  try {
    const settled = (it: Person) => write(it).catch((error: unknown) => error);
    const made = { height: 7, profile: PROFILE };
    const earlier = settled(person([made, { height: 6, profile: undefined }]));
    const never = settled(person([{ height: 6, profile: undefined }]));
    const later = settled(person([made, { height: 8, profile: undefined }]));
    await vi.advanceTimersByTimeAsync(10_000);
    expect(await earlier).toMatchObject({ name: "UnprovedError", node: "https://a.test" });
    expect(await never).toMatchObject({ name: "UsageError", message: "there is no such profile" });
    expect(await later).toMatchObject({ node: "https://a.test", log: "" });
  } finally {
    vi.useRealTimers();
  }
});

/** What every node says of a list that has more rows than an answer shows. */
const tooLong = () =>
  new RefusedError("Request", -300, "2049 rows cannot be proved at once, at most 2048 are");

test("a grant that no answer can show is revoked all the same, and no node is accused", async () => {
  const sent: string[] = [];
  const { fetch } = replying({
    "a.test": (...asked) => {
      sent.push(asked[0]);
      return dropping(...asked);
    },
  });
  const nodes = new Nodes({ urls: ["https://a.test"], fetch });
  const network = new Network(grown.CHAIN, nodes, LightClient.trusting(grown.GENESIS), 60_000);
  network.answer = () => Promise.reject(tooLong());
  const owner = new Person(network, ed25519Signer(new Uint8Array(32).fill(1)));
  const refused = await owner.revoke("00000000-0000-4000-8000-000000000001").catch((error: unknown) => error);
  expect(refused).toMatchObject({ name: "UnprovableError", fault: "caller" });
  expect(sent).toContain("user.broadcast");
  // Other failures say nothing of what can be proved.
  sent.length = 0;
  network.answer = () => Promise.reject(new LightClientError("TooLow", "older than what was proved"));
  await expect(owner.revoke("00000000-0000-4000-8000-000000000001")).rejects.toThrow(LightClientError);
  expect(sent).toEqual([]);
});
