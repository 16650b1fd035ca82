// Credentials: added, found, shared, read by the grantee, revoked; each answer with and without proof.
import { beforeAll, expect, test } from "vitest";
import type { Person } from "../../src/client/person.ts";
import { callerOf } from "../../src/signer/caller.ts";
import { credential, ISSUER_KEY, sealed } from "../support/credentials.ts";
import { client, newIssuer, newMember } from "../support/network.ts";
import { newEd25519, newEvm } from "../support/wallets.ts";

let owner: Person;
let grantee: Person;
let granteeName: string;

beforeAll(async () => {
  ({ person: owner } = await newMember(await newIssuer(), await newEvm()));
  const signer = await newEd25519();
  grantee = client().person(signer);
  granteeName = callerOf(signer.authType, signer.sender);
});

test("credentials are found by their issuer and notes", async () => {
  const [passport, account] = [
    credential({ id: "https://vc/1", type: "passport", level: 2 }),
    credential({ id: "https://vc/2", type: "account", level: 1 }),
  ];
  await owner.addCredential(passport);
  await owner.addCredential(account);
  const found = async (filter: Parameters<Person["credentials"]>[0]) =>
    (await owner.credentials(filter)).value.map((it) => it.id);
  expect(await found({})).toEqual([passport.id, account.id]);
  expect(await found({ issuers: [ISSUER_KEY.toUpperCase()] })).toHaveLength(2);
  expect(await found({ issuers: ["00"] })).toEqual([]);
  expect(await found({ notes: { type: ["passport", "id"] } })).toEqual([passport.id]);
  expect(await found({ notes: { type: ["passport"], level: [1] } })).toEqual([]);
  const { value: stated } = await owner.credentials({}, { proved: false });
  expect((await owner.credentials()).value).toEqual(stated);

  const { value: whole, proof } = await owner.credential(passport.id.toUpperCase());
  expect(proof).toBeDefined();
  expect(whole).toMatchObject({ content: passport.content, encryptorPublicKey: passport.encryptorPublicKey });
  expect(whole).toEqual((await owner.credential(passport.id, { proved: false })).value);
  await owner.removeCredential(account.id);
  expect(await found({})).toEqual([passport.id]);
  expect((await owner.credential(account.id)).value).toBeUndefined();
});

test("what is shared is read by the grantee until it is revoked", async () => {
  const original = credential({ type: "shared" });
  await owner.addCredential(original);
  const copy = sealed();
  const asked: string[] = [];
  const { copyId } = await owner.share({
    credentialId: original.id,
    grantee: granteeName.toUpperCase(),
    seal: async (it) => {
      asked.push(it.content);
      return copy;
    },
  });
  expect(asked).toEqual([original.content]);

  const shared = await grantee.sharedCredential(copyId);
  expect(shared.proof).toBeDefined();
  expect(shared.value).toMatchObject({ content: copy.content, publicNotes: original.publicNotes });
  expect(shared.value).toEqual((await grantee.sharedCredential(copyId, { proved: false })).value);
  const strange = await client().signIn(await newEvm());
  expect((await strange.sharedCredential(copyId)).value).toBeUndefined();
  expect((await strange.sharedCredential(copyId, { proved: false })).value).toBeUndefined();

  const { value: owned } = await owner.grantsOwned();
  // The rows of the view do not say when a grant was made, and when it ends by itself; the proof does.
  const onlyProved = { expiresAt: 0, height: expect.any(Number) };
  const stated = (await owner.grantsOwned({ proved: false })).value;
  expect(owned).toEqual(stated.map((it) => ({ ...it, ...onlyProved })));
  const grant = owned.find((it) => it.dataId === copyId);
  expect(grant).toMatchObject({ contentHash: copy.contentHash, lockedUntil: 0, inserterType: "user" });
  const { value: granted } = await grantee.grantsGranted({ owner: grant?.ownerUserId ?? "" });
  expect(granted).toEqual({ grants: [grant], total: 1, isComplete: true });
  const { value: byWord } = await grantee.grantsGranted({}, { proved: false });
  expect([grant]).toEqual(byWord.grants.map((it) => ({ ...it, ...onlyProved })));
  const copies = await owner.credentials({ copies: true });
  expect(copies.value.find((it) => it.id === copyId)?.originalId).toBe(original.id);

  await owner.revoke(grant?.id ?? "");
  expect((await grantee.sharedCredential(copyId)).value).toBeUndefined();
  expect((await grantee.grantsGranted()).value.grants).toEqual([]);
  expect((await owner.grantsOwned()).value).toEqual([]);
});

test("what was sealed for another, or of another credential, is not shared", async () => {
  const original = credential({ type: "mistaken" });
  await owner.addCredential(original);
  const { value: whole } = await owner.credential(original.id);
  const share = { credentialId: original.id, grantee: granteeName, credential: whole };
  const seal = async () => ({ ...sealed(), grantee: "somebody else" });
  await expect(owner.share({ ...share, seal })).rejects.toThrow("for another recipient");
  const other = { ...share, credentialId: crypto.randomUUID(), seal: async () => sealed() };
  await expect(owner.share(other)).rejects.toThrow("not the one to share");
  expect((await owner.grantsOwned()).value).toEqual([]);
  const meant = async () => ({ ...sealed(), grantee: granteeName.toUpperCase() });
  const { copyId } = await owner.share({ ...share, seal: meant });
  const [grant] = (await owner.grantsOwned()).value;
  expect(grant?.dataId).toBe(copyId);
  await owner.revoke(grant?.id ?? "");
});

test("a locked grant is the owner's to wait for, and the grantee's to give up", async () => {
  const original = credential({ type: "locked" });
  await owner.addCredential(original);
  const lockedUntil = Math.floor(Date.now() / 1000) + 3_600;
  const share = { credentialId: original.id, grantee: granteeName, lockedUntil, seal: async () => sealed() };
  const { copyId } = await owner.share(share);
  const { value: grants } = await owner.grantsOwned();
  const grant = grants.find((it) => it.dataId === copyId);
  expect(grant?.lockedUntil).toBe(lockedUntil);
  await expect(owner.revoke(grant?.id ?? "")).rejects.toMatchObject({
    reason: "Failed",
    message: "the grant is locked",
  });
  await grantee.rescind(copyId);
  expect((await owner.grantsOwned()).value).toEqual([]);
});

test("grants come in pages", async () => {
  const signer = await newEd25519();
  const reader = client().person(signer);
  const original = credential({ type: "paged" });
  await owner.addCredential(original);
  const share = {
    credentialId: original.id,
    grantee: callerOf(signer.authType, signer.sender),
    seal: async () => sealed(),
  };
  const copies = [];
  for (let number = 0; number < 5; number++) {
    copies.push((await owner.share(share)).copyId);
  }
  const ids = async (page: number, proved: boolean) =>
    (await reader.grantsGranted({ page, size: 2 }, { proved })).value.grants.map((it) => it.dataId);
  for (const proved of [true, false]) {
    expect([...(await ids(1, proved)), ...(await ids(2, proved)), ...(await ids(3, proved))]).toEqual(copies);
    expect(await ids(4, proved)).toEqual([]);
  }
});

test("an attribute is read by whom its copy is for, until that is removed", async () => {
  const { id: originalId } = await owner.addAttribute("email", "mine");
  const { id } = await owner.shareAttribute(originalId, "email", "theirs", granteeName.toUpperCase());
  const { id: unread } = await owner.shareAttribute(originalId, "email", "handed over");
  const shared = await grantee.sharedAttribute(id.toUpperCase());
  expect(shared.proof).toBeDefined();
  const userId = (await owner.profile()).value?.id;
  expect(shared.value).toEqual({ id, userId, key: "email", value: "theirs", inserter: null, originalId });
  expect(shared.value).toEqual((await grantee.sharedAttribute(id, { proved: false })).value);
  const strange = await client().signIn(await newEvm());
  for (const proved of [true, false]) {
    expect((await strange.sharedAttribute(id, { proved })).value).toBeUndefined();
    expect((await grantee.sharedAttribute(unread, { proved })).value).toBeUndefined();
    expect((await grantee.sharedAttribute(originalId, { proved })).value).toBeUndefined();
  }
  await owner.removeAttribute(id);
  expect((await grantee.sharedAttribute(id)).value).toBeUndefined();
});

test("an erased profile is proved to be gone", async () => {
  const { person } = await newMember(await newIssuer(), await newEvm());
  await person.addAttribute("a", "b");
  await person.eraseProfile();
  expect((await person.profile()).value).toBeUndefined();
  expect((await person.attributes()).value).toEqual([]);
});
