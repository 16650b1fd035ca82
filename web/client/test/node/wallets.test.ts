// Every kind of wallet signs in, writes, and reads what is proved.
import { beforeAll, describe, expect, test } from "vitest";
import type { Transactions } from "../../src/client/transactions.ts";
import { abortable } from "../../src/signer/abortable.ts";
import type { Signer } from "../../src/signer/signer.ts";
import { client, newIssuer, newMember } from "../support/network.ts";
import { newEvm, WALLETS } from "../support/wallets.ts";

let issuer: Transactions;
beforeAll(async () => {
  issuer = await newIssuer();
});

describe.each(Object.entries(WALLETS))("a wallet of the kind %s", (_, newWallet) => {
  test("signs in, writes, and reads with and without proof", async () => {
    const signer = await newWallet();
    const { person, userId, encryptionKey } = await newMember(issuer, signer);
    const profile = { id: userId, encryptionPublicKey: encryptionKey, passwordStore: "user" };
    const proved = await person.profile();
    expect(proved.value).toEqual(profile);
    expect(proved.proof?.height).toBeGreaterThan(0);
    const stated = await person.profile({ proved: false });
    expect(stated).toEqual({ value: profile, proof: undefined });

    const { id } = await person.addAttribute("email", "someone@example.test");
    const attributes = [
      { id, userId, key: "email", value: "someone@example.test", inserter: null, originalId: null },
    ];
    expect((await person.attributes()).value).toEqual(attributes);
    expect((await person.attributes({ proved: false })).value).toEqual(attributes);
    await person.editAttribute(id, "email", "other@example.test");
    expect((await person.attributes()).value[0]?.value).toBe("other@example.test");
    await person.removeAttribute(id);
    expect((await person.attributes()).value).toEqual([]);

    const wallets = await person.wallets();
    expect(wallets.value).toEqual((await person.wallets({ proved: false })).value);
    expect(wallets.value).toMatchObject([
      { userId, address: signer.wallet.address, type: signer.wallet.type },
    ]);
  });

  test("is added to a profile, and taken off again", async () => {
    const { person } = await newMember(issuer, await newEvm());
    const { id } = await person.addWallet(await newWallet());
    expect((await person.wallets()).value.map((it) => it.id)).toContain(id);
    await person.removeWallet(id);
    expect((await person.wallets()).value).toHaveLength(1);
  });
});

test("a wallet without profile has nothing, which is proved too", async () => {
  const stranger = await client().signIn(await newEvm());
  const answers = [
    await stranger.profile(),
    await stranger.wallets(),
    await stranger.credentials(),
    await stranger.attributes(),
    await stranger.grantsOwned(),
  ];
  for (const { value, proof } of answers) {
    expect(value ?? []).toEqual([]);
    expect(proof).toBeDefined();
  }
  const none = { grants: [], isComplete: true, total: 0 };
  expect((await stranger.grantsGranted()).value).toEqual(none);
  expect((await stranger.credential(crypto.randomUUID())).value).toBeUndefined();
  expect((await stranger.sharedCredential(crypto.randomUUID())).value).toBeUndefined();
});

test("what anybody may ask", async () => {
  const signer = await newEvm();
  await newMember(issuer, signer);
  const anybody = client();
  expect(await anybody.hasProfile(signer.wallet.address)).toEqual({ value: true, proof: undefined });
  expect((await anybody.hasProfile((await newEvm()).wallet.address)).value).toBe(false);
  expect((await anybody.parties({ role: "issuer" })).value).toEqual([]);
  const party = await anybody.party(crypto.randomUUID());
  expect(party.value).toBeUndefined();
  expect(party.proof).toBeDefined();
});

test("writes of one person wait for each other", async () => {
  const { person, userId } = await newMember(issuer, await newEvm());
  await Promise.all([1, 2, 3].map((number) => person.addAttribute("number", `${number}`)));
  const { value } = await person.attributes();
  expect(value.map((it) => it.value)).toEqual(["1", "2", "3"]);
  expect(new Set(value.map((it) => it.userId))).toEqual(new Set([userId]));
});

test("a write that the wallet never answers is given up, and the next one goes through", async () => {
  const signer = await newEvm();
  let isSilent = false;
  let wait = new AbortController();
  const silent: Signer = {
    ...signer,
    sign: (text) => (isSilent ? new Promise(() => undefined) : signer.sign(text)),
  };
  const wallet: Signer = { ...signer, sign: (text) => abortable(silent, wait.signal).sign(text) };
  await newMember(issuer, signer);
  const person = await client().signIn(wallet);
  isSilent = true;
  const first = expect(person.addAttribute("number", "1")).rejects.toMatchObject({ reason: "GivenUp" });
  const second = person.addAttribute("number", "2");
  // The wallet is asked once the nonce is known.
  await new Promise((resolve) => setTimeout(resolve, 1_000));
  isSilent = false;
  wait.abort();
  wait = new AbortController();
  await first;
  await second;
  expect((await person.attributes()).value.map(({ value }) => value)).toEqual(["2"]);
});

test("signing out ends the session: the next read signs in anew", async () => {
  const signer = await newEvm();
  let signed = 0;
  const counted = {
    ...signer,
    sign: (message: string) => {
      signed += 1;
      return signer.sign(message);
    },
  };
  const person = await client().signIn(counted);
  await Promise.all([person.profile(), person.wallets()]);
  expect(signed).toBe(1);
  await person.signOut();
  await Promise.all([person.profile(), person.wallets(), person.attributes()]);
  expect(signed).toBe(2);
});

test("the network's refusals are the caller's to act on", async () => {
  const { person } = await newMember(issuer, await newEvm());
  await expect(person.revoke(crypto.randomUUID())).rejects.toMatchObject({
    name: "RefusedError",
    reason: "Failed",
    fault: "caller",
    message: "the access grant not found",
  });
  const stranger = client().person(await newEvm());
  await expect(stranger.addAttribute("a", "b")).rejects.toMatchObject({
    reason: "Rejected",
    fault: "caller",
  });
  await expect(person.addAttribute("a", "b", "no uuid")).rejects.toMatchObject({ reason: "Argument" });
  await expect(person.grantsGranted({ size: 1_001 })).rejects.toMatchObject({ reason: "Argument" });
});
