// Profiles: making one, the short time in which its creator may write to it, and the owner's encryption key.
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { describe, test } from "node:test";
import { credential } from "../lib/credentials.js";
import { refused, refusedStranger, withheld } from "../lib/expect.js";
import { Person, newIssuer, newMember, profileOf } from "../lib/people.js";
import { CHECK_FAILED, DUPLICATE, OWNER_HAS_TAKEN_OVER } from "../lib/rules.js";

const issuer = await newIssuer();
const otherIssuer = await newIssuer();
const member = await newMember(issuer);

test("a creator makes a profile, and doing it again changes nothing", async () => {
  const person = Object.assign(new Person(), { userId: randomUUID() });
  await issuer.execute("add_user_as_inserter", profileOf(person, "mpc"));
  await issuer.execute("add_user_as_inserter", profileOf(person, "mpc"));
  assert.deepEqual(await issuer.call("get_user_as_inserter", { id: person.userId }), [
    { ...profileOf(person, "mpc"), inserter: issuer.name },
  ]);
});

test("making a profile is refused", async () => {
  const profile = profileOf({ userId: randomUUID(), encryptionKey: "a2V5" });
  await refused(member.execute("add_user_as_inserter", profile), "Unauthorized inserter");
  await refusedStranger(new Person().execute("add_user_as_inserter", profile), "Unauthorized inserter");
  await refused(issuer.execute("add_user_as_inserter", { ...profile, encryption_password_store: "x" }), CHECK_FAILED);
  await refused(
    issuer.execute("add_user_as_inserter", { ...profile, id: member.userId, recipient_encryption_public_key: "b2s=" }),
    DUPLICATE,
  );
});

test("get_user_as_inserter", async () => {
  assert.deepEqual(await issuer.call("get_user_as_inserter", { id: randomUUID() }), []);
  const args = { id: member.userId };
  await withheld("get_user_as_inserter", args, { to: issuer, from: member, expected: "Unauthorized inserter" });
});

test("nobody reads the profile of another person", async () => {
  await withheld("get_user", {}, { to: member, from: await newMember(issuer, "near") });
});

test("has_profile ignores the case of an address", async () => {
  const { address } = member;
  for (const spelling of [address, address.toLowerCase(), `0x${address.slice(2).toUpperCase()}`])
    assert.deepEqual(await member.call("has_profile", { address: spelling }), [{ has_profile: true }]);
  assert.deepEqual(await member.call("has_profile", { address: new Person().address }), [{ has_profile: false }]);
});

test("somebody without a profile reads nothing", async () => {
  const stranger = new Person();
  for (const view of ["get_user", "get_wallets", "get_credentials", "get_attributes", "get_access_grants_owned"])
    assert.deepEqual(await stranger.call(view), [], view);
});

/** What a creator may write, with fresh arguments each time. */
const creatorWrites = {
  upsert_wallet_as_inserter: async ({ userId, firstWallet }) => ({
    ...(await new Person("stellar").wallet()), id: firstWallet.id, user_id: userId,
  }),
  upsert_credential_as_inserter: ({ userId, box }) => ({
    ...credential({ to: box.publicKey, issuer: issuer.keys }),
    user_id: userId,
  }),
  add_attribute_as_inserter: ({ userId }) => ({
    id: randomUUID(), user_id: userId, attribute_key: "country", value: "PT",
  }),
  update_user_pub_key_as_inserter: ({ userId }) => profileOf({ userId, encryptionKey: `key ${randomUUID()}` }, "mpc"),
};

/** What ends a creator's time. */
const takeOvers = {
  "the owner's session": (person) => person.call("get_user"),
  "the owner's transaction": (person) =>
    person.execute("add_attribute", { id: randomUUID(), attribute_key: "k", value: "v" }),
};

for (const [action, fresh] of Object.entries(creatorWrites)) {
  describe(action, () => {
    test("the creator may, and once more the same", async () => {
      const person = await newMember(issuer);
      const args = await fresh(person);
      await issuer.execute(action, args);
      await issuer.execute(action, args);
      await person.call("has_profile", { address: person.address });
      await issuer.execute(action, await fresh(person));
    });

    test("nobody else may", async () => {
      const person = await newMember(issuer);
      await refused(otherIssuer.execute(action, await fresh(person)));
      await refused(member.execute(action, await fresh(person)), "Unauthorized inserter");
      await refusedStranger(new Person().execute(action, await fresh(person)), "Unauthorized inserter");
    });

    for (const [what, takeOver] of Object.entries(takeOvers))
      test(`not after ${what}`, async () => {
        const person = await newMember(issuer);
        await takeOver(person);
        await refused(issuer.execute(action, await fresh(person)), OWNER_HAS_TAKEN_OVER);
      });
  });
}

test("a creator's update reaches the profile; an unknown profile is passed over in silence", async () => {
  const person = await newMember(issuer);
  const update = profileOf({ userId: person.userId, encryptionKey: "bmV3" }, "mpc");
  await issuer.execute("update_user_pub_key_as_inserter", update);
  assert.deepEqual(await person.call("get_user"), [update]);
  await issuer.execute("update_user_pub_key_as_inserter", { ...update, id: randomUUID() });
});

test("the owner replaces the encryption key", async () => {
  const person = await newMember(issuer, "facesign");
  const change = { recipient_encryption_public_key: "bmV3IGtleQ==", encryption_password_store: "mpc" };
  await person.execute("update_encryption_key", change);
  assert.deepEqual(await person.call("get_user"), [{ id: person.userId, ...change }]);
  await refused(person.execute("update_encryption_key", { ...change, encryption_password_store: "x" }), CHECK_FAILED);
  await refusedStranger(new Person().execute("update_encryption_key", change), /./);
});
