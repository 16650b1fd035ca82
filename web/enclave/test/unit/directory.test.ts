import { IdosError, type Party } from "idos-client";
import { EnclaveError } from "idos-client/enclave";
import { expect, test } from "vitest";
import { HostCalls } from "../../src/frame/host.ts";
import { asking, recognise } from "../../src/network/directory.ts";
import { TEXTS } from "../../src/texts.ts";
import { ADA, PUBLIC_KEY } from "../support/keys.ts";

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
