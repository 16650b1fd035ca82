// Erasure: everything of a person goes, but copies under a lock stay with their grantee until the lock ends.
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { test } from "node:test";
import { copyFor, credential, decrypt } from "../lib/credentials.js";
import { complains, eventually, refused, refusedStranger } from "../lib/expect.js";
import { Person, kinds, newIssuer, newMember } from "../lib/people.js";
import { unix } from "../lib/proofs.js";
import { NO_PROFILE } from "../lib/rules.js";

const issuer = await newIssuer();
const attribute = () => ({ id: randomUUID(), attribute_key: "country", value: "PT" });

const share = async (person, grantee, lockedUntil = 0) => {
  const original = credential({ to: person.box.publicKey, issuer: issuer.keys });
  await person.execute("add_credential", original);
  const copy = copyFor({
    original: original.id, to: grantee.box.publicKey, grantee: grantee.identifier, lockedUntil,
  });
  await person.execute("share_credential", copy);
  return copy;
};
const grantsOn = (person, { id }) => person.call("get_access_grants_for_credential", { credential_id: id });
const gone = async (grantee, copy) => {
  await complains(grantee, "get_credential_shared", { id: copy.id }, "the credential does not exist");
  assert.deepEqual(await grantsOn(grantee, copy), []);
};
const hasNothing = async (person) => {
  for (const view of ["get_user", "get_wallets", "get_credentials", "get_attributes", "get_access_grants_owned"])
    assert.deepEqual(await person.call(view), [], view);
  assert.deepEqual(await person.call("has_profile", { address: person.address }), [{ has_profile: false }]);
  await refusedStranger(person.execute("add_attribute", attribute()), NO_PROFILE);
};

for (const kind of Object.keys(kinds))
  test(`${kind}: nothing is left`, async () => {
    const consumer = new Person("nacl");
    const person = await newMember(issuer, kind);
    const second = new Person(kind === "near" ? "stellar" : "near");
    await person.execute("add_wallet", await second.wallet());
    await person.execute("add_attribute", attribute());
    const copy = await share(person, consumer);
    await person.execute("erase_profile");
    await hasNothing(person);
    await hasNothing(second);
    await gone(consumer, copy);
    assert.deepEqual(await consumer.call("get_access_grants_granted", { page: 1, size: 10 }), []);
    assert.deepEqual(await issuer.call("get_user_as_inserter", { id: person.userId }), []);
  });

test("what was given under a lock stays readable until its end", async () => {
  const consumer = new Person("nacl");
  const person = await newMember(issuer);
  const [long, short, open] = [
    await share(person, consumer, unix(3600)), await share(person, consumer, unix(8)), await share(person, consumer),
  ];
  await person.execute("erase_profile");
  await hasNothing(person);
  await gone(consumer, open);
  const [row] = await consumer.call("get_credential_shared", { id: long.id });
  assert.equal(decrypt(row, consumer.box.secretKey), "the plaintext");
  assert.equal((await grantsOn(consumer, long)).length, 1);
  await eventually(() => gone(consumer, short));
  assert.equal((await grantsOn(consumer, long)).length, 1);
  await consumer.execute("rescind_shared_credential", { credential_id: long.id });
  await gone(consumer, long);
});

test("the same wallet may begin anew", async () => {
  const person = await newMember(issuer);
  await person.execute("erase_profile");
  const anew = randomUUID();
  await issuer.execute("add_user_as_inserter", {
    id: anew, recipient_encryption_public_key: person.encryptionKey, encryption_password_store: "user",
  });
  await issuer.execute("upsert_wallet_as_inserter", { ...(await person.wallet()), user_id: anew });
  assert.equal((await person.call("get_user"))[0].id, anew);
});

test("somebody without a profile has nothing to erase", async () => {
  await refused(issuer.execute("erase_profile"), NO_PROFILE);
  await refusedStranger(new Person().execute("erase_profile"), NO_PROFILE);
});
