// Credentials of a person: adding, reading, editing, removing, and what an issuer may do to them.
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { describe, test } from "node:test";
import nacl from "tweetnacl";
import { copyFor, credential, decrypt, flipped, newNotes, sign } from "../lib/credentials.js";
import { complains, refused, refusedStranger, spared, withheld } from "../lib/expect.js";
import { Person, kinds, newIssuer, newMember } from "../lib/people.js";
import * as raw from "../lib/raw.js";
import { DUPLICATE, NO_PROFILE } from "../lib/rules.js";

const issuer = await newIssuer();
const member = await newMember(issuer);
const neighbour = await newMember(issuer);
const consumer = new Person("nacl");
const signing = nacl.sign.keyPair();

const fresh = (person, options) => credential({ to: person.box.publicKey, issuer: signing, ...options });
const add = async (person, options) => {
  const args = fresh(person, options);
  await person.execute("add_credential", args);
  return args;
};
const share = async (person, original, options) => {
  const copy = copyFor({ original: original.id, to: consumer.box.publicKey, grantee: consumer.identifier, ...options });
  await person.execute("share_credential", copy);
  return copy;
};
const owned = async (person, { id }) => (await person.call("get_credential_owned", { id }))[0];
/** `edit_credential` arguments: new notes and content under the same id. */
const edit = (person, { id }, notes = newNotes({ edited: true })) => ({
  ...fresh(person, { notes, plaintext: "edited" }),
  id,
});

for (const kind of Object.keys(kinds))
  test(`${kind}: adds a credential, reads it back and opens it`, async () => {
    const person = await newMember(issuer, kind);
    const args = await add(person, { plaintext: `secret of ${kind}` });
    assert.deepEqual(await person.call("get_credentials"), [
      {
        id: args.id, user_id: person.userId, public_notes: args.public_notes,
        issuer_auth_public_key: args.issuer_auth_public_key, inserter: null, original_id: null,
      },
    ]);
    const row = await owned(person, args);
    assert.deepEqual(row, {
      id: args.id, user_id: person.userId, public_notes: args.public_notes, content: args.content,
      encryptor_public_key: args.encryptor_public_key, issuer_auth_public_key: args.issuer_auth_public_key,
      inserter: null,
    });
    assert.equal(decrypt(row, person.box.secretKey), `secret of ${kind}`);
  });

test("wrong signatures", async () => {
  const good = fresh(member);
  const wrong = [
    { ...good, public_notes_signature: flipped(good.public_notes_signature) },
    { ...good, broader_signature: flipped(good.broader_signature) },
    { ...good, public_notes: newNotes() },
    { ...good, content: flipped(good.content) },
    { ...good, issuer_auth_public_key: flipped(good.issuer_auth_public_key, "hex") },
    { ...good, public_notes_signature: "" },
    { ...good, broader_signature: "not base64!" },
    { ...good, issuer_auth_public_key: "not hex" },
  ];
  for (const attempt of wrong) await refused(member.execute("add_credential", attempt), "signature is wrong");
  await member.execute("add_credential", { ...good, issuer_auth_public_key: good.issuer_auth_public_key.toUpperCase() });
});

test("a profile is needed, and an id is used once", async () => {
  await refusedStranger(new Person().execute("add_credential", fresh(member)), NO_PROFILE);
  const first = await add(neighbour);
  await refused(member.execute("add_credential", { ...fresh(member), id: first.id }), DUPLICATE);
});

test("others see nothing of it", async () => {
  const args = await add(member);
  const copy = await share(member, args);
  for (const from of [neighbour, consumer, new Person()]) {
    await withheld("get_credentials", {}, { to: member, from });
    await withheld("get_credential_owned", { id: args.id }, { to: member, from });
    await complains(from, "get_credential_shared", { id: args.id }, "the credential is not shared with the caller");
    await complains(from, "get_credential_shared", { id: randomUUID() }, "the credential does not exist");
  }
  const expected = "the credential is not shared with the caller";
  for (const from of [member, neighbour])
    await withheld("get_credential_shared", { id: copy.id }, { to: consumer, from, expected });
});

describe("editing", () => {
  test("the owner edits", async () => {
    const args = await add(member);
    const change = edit(member, args);
    await member.execute("edit_credential", change);
    const row = await owned(member, args);
    assert.equal(row.public_notes, change.public_notes);
    assert.equal(decrypt(row, member.box.secretKey), "edited");
  });

  test("signatures must fit", async () => {
    const args = await add(member);
    const change = edit(member, args);
    const attempt = { ...change, broader_signature: flipped(change.broader_signature) };
    await refused(member.execute("edit_credential", attempt), "signature is wrong");
  });

  test("somebody else's stays as it is, in silence", async () => {
    const args = await add(neighbour);
    await member.execute("edit_credential", edit(member, args));
    assert.equal((await owned(neighbour, args)).content, args.content);
  });

  test("a shared copy stays as it is", async () => {
    const copy = await share(member, await add(member));
    await refused(member.execute("edit_credential", edit(member, copy, "")), "can not edit shared credential");
  });
});

describe("removing", () => {
  test("the owner removes", async () => {
    const args = await add(member);
    await member.execute("remove_credential", { id: args.id });
    assert.equal(await owned(member, args), undefined);
  });

  test("somebody else's or none", async () => {
    const args = await add(neighbour);
    for (const id of [args.id, randomUUID()])
      await refused(member.execute("remove_credential", { id }), "the credential does not belong to the caller");
  });

  test("a locked copy stays", async () => {
    const lockedUntil = Math.floor(Date.now() / 1000) + 3600;
    const copy = await share(member, await add(member), { lockedUntil });
    await refused(
      member.execute("remove_credential", { id: copy.id }),
      "there are locked access grants for this credential",
    );
  });

  test("a copy that is not locked goes, with its grant", async () => {
    const copy = await share(member, await add(member));
    await member.execute("remove_credential", { id: copy.id });
    assert.deepEqual(await consumer.call("get_access_grants_for_credential", { credential_id: copy.id }), []);
  });

  test("with an original go its unlocked copies; a locked one stays readable", async () => {
    const original = await add(member);
    const open = await share(member, original);
    const locked = await share(member, original, { lockedUntil: Math.floor(Date.now() / 1000) + 3600 });
    const { tx_hash, result } = await raw.execute(member.signer, "remove_credential", { id: original.id });
    assert.match(result.log, new RegExp(`^1\\. .*${locked.id}`), "the receipt tells what stays");
    member.session ??= await raw.login(member.signer);
    const { tx_result } = await raw.result("user.tx_query", { tx_hash }, member.session);
    assert.equal(tx_result.log, result.log, "and so does the transaction later");
    assert.equal(await owned(member, original), undefined);
    await complains(consumer, "get_credential_shared", { id: open.id }, "the credential does not exist");
    assert.deepEqual(await consumer.call("get_access_grants_for_credential", { credential_id: open.id }), []);
    const [row] = await consumer.call("get_credential_shared", { id: locked.id });
    assert.equal(decrypt(row, consumer.box.secretKey), "the plaintext");
  });
});

describe("the issuer", () => {
  const issue = async (person, options) => {
    const args = { ...credential({ to: person.box.publicKey, issuer: issuer.keys, ...options }), user_id: person.userId };
    await issuer.execute("upsert_credential_as_inserter", args);
    return args;
  };

  test("as creator, adds and replaces what it issued", async () => {
    const person = await newMember(issuer);
    const args = await issue(person);
    const box = credential({ to: person.box.publicKey, issuer: issuer.keys, plaintext: "second" });
    await issuer.execute("upsert_credential_as_inserter", { ...box, id: args.id, user_id: person.userId });
    const row = await owned(person, args);
    assert.equal(row.inserter, issuer.name);
    assert.equal(decrypt(row, person.box.secretKey), "second");
  });

  test("as creator, does not replace what another key issued, nor sign wrongly", async () => {
    const person = await newMember(issuer);
    const args = await issue(person);
    const foreign = { ...fresh(person), id: args.id, user_id: person.userId };
    await refused(
      issuer.execute("upsert_credential_as_inserter", foreign),
      "only what the same inserter issued with the same key can be replaced",
    );
    await refused(
      issuer.execute("upsert_credential_as_inserter", { ...args, id: randomUUID(), public_notes: newNotes() }),
      "signature is wrong",
    );
    assert.equal((await owned(person, args)).content, args.content);
  });

  test("asks whether a credential exists", async () => {
    const args = await issue(await newMember(issuer));
    const exists = async (id) => (await issuer.call("credential_exist_as_inserter", { id }))[0].credential_exist;
    assert.equal(await exists(args.id), true);
    assert.equal(await exists(randomUUID()), false);
    const expected = "Unauthorized inserter";
    await withheld("credential_exist_as_inserter", { id: args.id }, { to: issuer, from: member, expected });
  });

  test("edits the public notes of what it issued, also when the owner is at home", async () => {
    const person = await newMember(issuer);
    const [one, two, unlike] = [await issue(person), await issue(person), await issue(person)];
    const sameNotes = credential({ to: person.box.publicKey, issuer: issuer.keys, notes: one.public_notes });
    await issuer.execute("upsert_credential_as_inserter", { ...sameNotes, id: two.id, user_id: person.userId });
    await person.call("get_user");
    const { id: notesId } = JSON.parse(one.public_notes);
    const revoked = JSON.stringify({ id: notesId, status: "revoked" });
    await issuer.execute("edit_public_notes_as_issuer", { public_notes_id: notesId, public_notes: revoked });
    assert.equal((await owned(person, one)).public_notes, revoked);
    assert.equal((await owned(person, two)).public_notes, revoked);
    assert.equal((await owned(person, unlike)).public_notes, unlike.public_notes);
  });

  test("another issuer edits nothing, in silence", async () => {
    const person = await newMember(issuer);
    const args = await issue(person);
    const other = await newIssuer();
    const { id: notesId } = JSON.parse(args.public_notes);
    const edit = { public_notes_id: notesId, public_notes: "{}" };
    for (const stranger of [other, person])
      await spared(stranger, "edit_public_notes_as_issuer", edit, () => owned(person, args));
    assert.equal((await owned(person, args)).public_notes, args.public_notes);
  });
});

test("notes need not be JSON, and content may be large", async () => {
  const plain = await add(member, { notes: "" });
  assert.equal((await owned(member, plain)).public_notes, "");
  const large = await add(member, { notes: "é \u{1f600}\n", plaintext: "x".repeat(1_000_000) });
  assert.equal(decrypt(await owned(member, large), member.box.secretKey).length, 1_000_000);
  assert.equal((await owned(member, large)).public_notes, "é \u{1f600}\n");
  const { public_notes_signature } = sign(signing, "", plain.content);
  assert.equal(plain.public_notes_signature, public_notes_signature);
});
