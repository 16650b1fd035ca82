import type { CredentialContent, IdosClient, Person, Signer } from "idos-client";
import type { EnclaveApi } from "idos-client/enclave";
import { describe, expect, test, vi } from "vitest";
import type { Terms } from "../src/bank.ts";
import { lockEnd, shareWithBank, type Visitor, visit } from "../src/idos.ts";

const terms: Terms = { name: "A bank", partyId: "bank", lockDays: 2, asks: [] };
const now = new Date("2030-01-01T00:00:00.500Z");
const profile = { id: "person", encryptionPublicKey: "key", passwordStore: "user" as const };

const content = (id: string): CredentialContent => ({
  id,
  userId: profile.id,
  publicNotes: '{"type":"kyc","status":"approved"}',
  content: "sealed",
  encryptorPublicKey: "ephemeral",
  issuerAuthPublicKey: "",
  inserter: null,
});

const answer = <T>(value: T) => Promise.resolve({ value, proof: undefined });

/** A network in which the wallet's person has these things. */
function network(has: {
  profile?: typeof profile | undefined;
  credentials?: readonly string[];
  attributes?: readonly object[];
  grants?: readonly object[];
}) {
  const credentials = vi.fn((_filter: object) => answer((has.credentials ?? []).map((id) => ({ id }))));
  const person = {
    profile: () => answer(has.profile),
    attributes: () => answer(has.attributes ?? []),
    credentials,
    credential: (id: string) => answer(content(id)),
    grantsOwned: () => answer(has.grants ?? []),
  };
  const idos = { signIn: async () => person, party: () => answer({ id: "bank", address: "0xBank" }) };
  return { idos: idos as unknown as IdosClient, credentials };
}

const signer = {} as Signer;

describe("a visitor", () => {
  test("without a profile is none", async () => {
    expect(await visit(network({}).idos, signer, terms)).toBe(undefined);
  });

  test("is asked for an approved identity check, and shares the newest", async () => {
    const { idos, credentials } = network({ profile, credentials: ["old", "new"] });
    expect((await visit(idos, signer, terms))?.credential?.id).toBe("new");
    expect(credentials).toHaveBeenCalledWith({ notes: { type: ["kyc"], status: ["approved"] } });
  });

  test("may have nothing to share", async () => {
    expect((await visit(network({ profile }).idos, signer, terms))?.credential).toBe(undefined);
  });

  test("brings the sealed key ring, and no copy of it", async () => {
    const ring = btoa(`idOSring\x01${"\0".repeat(24)}`);
    const attributes = [
      { key: "idos:key-ring", value: `${ring}copy`, inserter: null, originalId: "x" },
      { key: "idos:key-ring", value: `${ring}made`, inserter: "issuer", originalId: null },
      { key: "idos:key-ring", value: ring, inserter: null, originalId: null },
    ];
    const visitor = await visit(network({ profile, attributes }).idos, signer, terms);
    expect(visitor?.holder).toEqual({ userId: "person", encryptionPublicKey: "key", keyRing: ring });
  });

  test("is known by a grant to the bank, and by no other", async () => {
    const other = { grantee: "0xother", dataId: "not ours" };
    const ours = { grantee: "0xBANK", dataId: "ours" };
    const known = await visit(network({ profile, grants: [ours, other] }).idos, signer, terms);
    expect(known?.earlierCopy).toBe("ours");
    const unknown = await visit(network({ profile, grants: [other] }).idos, signer, terms);
    expect(unknown?.earlierCopy).toBe(undefined);
  });
});

describe("sharing", () => {
  const receipt = {
    content: "c",
    contentHash: "h",
    encryptorPublicKey: "e",
    grantee: "0xbank",
    name: "A bank",
  };
  const holder = { userId: "person", encryptionPublicKey: "key", keyRing: null };

  const scene = () => {
    const share = vi.fn(async (_: { seal: () => Promise<unknown> }) => ({ copyId: "copy" }));
    const visitor = { person: { share } as unknown as Person, profile, holder } as unknown as Visitor;
    const enclave = {
      share: vi.fn(async () => receipt),
    };
    return { share, visitor, enclave };
  };

  test("asks the enclave for a copy for the bank, and grants it under the same lock", async () => {
    const { share, visitor, enclave } = scene();
    expect(await shareWithBank(enclave, visitor, content("c"), terms, now)).toBe("copy");
    const lockedUntil = lockEnd(terms, now);
    // One request, and so one window, in which locked keys are unlocked as well.
    expect(enclave.share).toHaveBeenCalledExactlyOnceWith({
      holder,
      credential: content("c"),
      recipient: { kind: "party", partyId: "bank" },
      lockedUntil,
      expiresAt: 0,
    });
    expect(share).toHaveBeenCalledWith(
      expect.objectContaining({ credentialId: "c", grantee: "0xbank", lockedUntil }),
    );
    expect(await share.mock.calls[0]?.[0].seal()).toBe(receipt);
  });

  test("writes nothing if the person says no", async () => {
    const { share, visitor } = scene();
    const enclave: Pick<EnclaveApi, "share"> = {
      share: async () => Promise.reject(new Error("no")),
    };
    await expect(shareWithBank(enclave, visitor, content("c"), terms, now)).rejects.toThrow("no");
    expect(share).not.toHaveBeenCalled();
  });

  test("locks for no less than the days that the bank wants", () => {
    expect(lockEnd(terms, now)).toBe(Date.parse("2030-01-03T00:00:01Z") / 1000);
    expect(lockEnd({ ...terms, lockDays: 0 }, now)).toBe(0);
  });
});
