// Sharing with a consumer: copies, grants, locks, revoking and rescinding.
import assert from "node:assert/strict";
import { createHash, randomUUID } from "node:crypto";
import { describe, test } from "node:test";
import nacl from "tweetnacl";
import { contentHash, copyFor, credential, decrypt, flipped } from "../lib/credentials.js";
import { complains, eventually, refused, refusedStranger, withheld } from "../lib/expect.js";
import { Person, kinds, newIssuer, newMember } from "../lib/people.js";
import { signAccessGrant, unix } from "../lib/proofs.js";
import * as raw from "../lib/raw.js";
import { GRANT_NAMESPACE, LOCK_TOO_LONG, LONGEST_LOCK_SECONDS, WRONG_EXPIRY } from "../lib/rules.js";

const issuer = await newIssuer();
const member = await newMember(issuer);
const neighbour = await newMember(issuer);

const add = async (person, plaintext) => {
  const args = credential({ to: person.box.publicKey, issuer: issuer.keys, plaintext });
  await person.execute("add_credential", args);
  return args;
};
const copyTo = (grantee, original, options) =>
  copyFor({ original: original.id, to: grantee.box.publicKey, grantee: grantee.identifier, ...options });
const share = async (person, grantee, original, options) => {
  const copy = copyTo(grantee, original, options);
  await person.execute("share_credential", copy);
  return copy;
};
const shareNew = async (person, grantee, options) => share(person, grantee, await add(person), options);
const grantsOn = (person, { id }) => person.call("get_access_grants_for_credential", { credential_id: id });
const grantOf = async (grantee, copy) => (await grantsOn(grantee, copy))[0];
const gone = (grantee, copy) =>
  complains(grantee, "get_credential_shared", { id: copy.id }, "the credential does not exist");
const readable = async (grantee, copy) =>
  assert.equal((await grantee.call("get_credential_shared", { id: copy.id })).length, 1);
/** A second grant on a copy, by the owner's signature. */
const grantAlso = async (person, grantee, copy, lockedUntil = 0) =>
  issuer.execute(
    "create_ag_by_dag_for_copy",
    await signAccessGrant(person, {
      grantee: grantee.identifier, dataId: copy.id, contentHash: copy.content_hash, lockedUntil,
    }),
  );

function grantId(grantee, dataId, lockedUntil) {
  const hash = createHash("sha1")
    .update(Buffer.from(GRANT_NAMESPACE.replaceAll("-", ""), "hex"))
    .update(`${grantee}-${dataId}-${lockedUntil}`)
    .digest();
  hash[6] = (hash[6] & 0x0f) | 0x50;
  hash[8] = (hash[8] & 0x3f) | 0x80;
  return hash.toString("hex", 0, 16).replace(/(.{8})(.{4})(.{4})(.{4})(.{12})/, "$1-$2-$3-$4-$5");
}

for (const kind of Object.keys(kinds))
  describe(kind, () => {
    test("shares, and the grant names the caller", async () => {
      const consumer = new Person("nacl");
      const person = await newMember(issuer, kind);
      const original = await add(person, "shared secret");
      const copy = await share(person, consumer, original, { plaintext: "shared secret" });
      const grant = {
        id: grantId(consumer.identifier, copy.id, 0), ag_owner_user_id: person.userId,
        ag_grantee_wallet_identifier: consumer.identifier, data_id: copy.id, locked_until: "0",
        content_hash: contentHash("shared secret"), inserter_type: "user", inserter_id: person.identifier,
      };
      assert.deepEqual(await person.call("get_access_grants_owned"), [grant]);
      assert.deepEqual(await grantsOn(consumer, copy), [grant]);
      assert.deepEqual(await consumer.call("get_access_grants_granted", { page: 1, size: 10 }), [grant]);
      const listed = (await person.call("get_credentials")).find(({ id }) => id === copy.id);
      assert.deepEqual([listed.original_id, listed.public_notes], [original.id, ""]);
    });

    test("is a grantee: reads, opens, rescinds", async () => {
      const grantee = new Person(kind);
      const original = await add(member, "for the grantee");
      const copy = await share(member, grantee, original, { plaintext: "for the grantee" });
      const [row] = await grantee.call("get_credential_shared", { id: copy.id });
      assert.equal(decrypt(row, grantee.box.secretKey), "for the grantee");
      assert.equal(decrypt(row, member.box.secretKey), null);
      assert.deepEqual([row.public_notes, row.user_id, row.inserter], [original.public_notes, member.userId, null]);
      await grantee.execute("rescind_shared_credential", { credential_id: copy.id });
      await gone(grantee, copy);
    });
  });

describe("sharing is refused", () => {
  const consumer = new Person("nacl");
  const attempt = (copy, expected) => refused(member.execute("share_credential", copy), expected);

  test("for an original of somebody else", async () => {
    const foreign = copyTo(consumer, await add(neighbour));
    await attempt(foreign, "original credential does not belong to the caller");
    await attempt({ ...foreign, original_credential_id: randomUUID() }, "original credential does not belong to the caller");
    await refusedStranger(
      new Person().execute("share_credential", foreign),
      "original credential does not belong to the caller",
    );
  });

  test("with public notes", async () => {
    const original = await add(member);
    const copy = { ...copyTo(consumer, original), ...credential({ to: consumer.box.publicKey, issuer: nacl.sign.keyPair() }) };
    await attempt(copy, "shared credentials cannot have public_notes, it must be an empty string");
  });

  test("with wrong signatures", async () => {
    const copy = copyTo(consumer, await add(member));
    await attempt({ ...copy, broader_signature: flipped(copy.broader_signature) }, "signature is wrong");
    await attempt({ ...copy, public_notes_signature: flipped(copy.public_notes_signature) }, "signature is wrong");
  });

  test("with nobody", async () => {
    const nobody = { ...copyTo(consumer, await add(member)), grantee_wallet_identifier: "" };
    await attempt(nobody, 'parameter "grantee_wallet_identifier" cannot be empty');
  });

  test("of a copy", async () => {
    const copy = await share(member, consumer, await add(member));
    await attempt(copyTo(consumer, copy), "a copy cannot be shared again, share the original");
  });

  test("under a lock that is too long or negative", async () => {
    const original = await add(member);
    await attempt(copyTo(consumer, original, { lockedUntil: unix(LONGEST_LOCK_SECONDS + 10 * 86400) }), LOCK_TOO_LONG);
    // kwil-js cannot encode a negative integer
    await refused(
      raw.execute(member.signer, "share_credential", copyTo(consumer, original, { lockedUntil: -1 })),
      "locked_until has to be 0 or a time in seconds since 1970",
    );
    await member.execute("share_credential", copyTo(consumer, original, { lockedUntil: unix(LONGEST_LOCK_SECONDS - 10 * 86400) }));
  });
});

describe("nobody else sees", () => {
  test("what was shared with a consumer", async () => {
    const consumer = new Person("nacl");
    const plaintext = `unique ${randomUUID()}`;
    const copy = await shareNew(member, consumer, { plaintext });
    const views = {
      get_credentials_shared_by_user: { user_id: member.userId },
      get_sibling_credential_id: { content_hash: contentHash(plaintext) },
      get_access_grants_granted: { page: 1, size: 10 },
      get_access_grants_granted_count: { user_id: member.userId },
      get_access_grants_for_credential: { credential_id: copy.id },
    };
    for (const [view, args] of Object.entries(views))
      for (const from of [member, neighbour, new Person("nacl")]) await withheld(view, args, { to: consumer, from });
  });

  test("what a person gave, and until when", async () => {
    const consumer = new Person("nacl");
    const copy = await shareNew(member, consumer, { lockedUntil: unix(3600) });
    const { id } = await grantOf(consumer, copy);
    await member.execute("set_access_grant_expiry", { id, expires_at: unix(7200) });
    const views = {
      get_access_grants_owned: {}, get_access_grant_expiries: {}, has_locked_access_grants: { id: copy.id },
    };
    for (const [view, args] of Object.entries(views))
      for (const from of [consumer, neighbour]) await withheld(view, args, { to: member, from });
  });
});

describe("the consumer's lists", () => {
  test("what one person shared, by the issuer of the original", async () => {
    const consumer = new Person("nacl");
    const person = await newMember(issuer);
    const [mine, other] = [await add(person), credential({ to: person.box.publicKey, issuer: nacl.sign.keyPair() })];
    await person.execute("add_credential", other);
    const copies = [await share(person, consumer, mine), await share(person, consumer, other)];
    await shareNew(member, consumer);
    const list = (key) =>
      consumer.call("get_credentials_shared_by_user", { user_id: person.userId, original_issuer_auth_public_key: key });
    const ids = (rows) => rows.map(({ id }) => id).sort();
    assert.deepEqual(ids(await list(null)), ids(copies));
    assert.deepEqual(await list(mine.issuer_auth_public_key), [
      {
        id: copies[0].id, user_id: person.userId, public_notes: mine.public_notes,
        encryptor_public_key: copies[0].encryptor_public_key, issuer_auth_public_key: copies[0].issuer_auth_public_key,
        inserter: null, original_id: mine.id,
      },
    ]);
    assert.deepEqual(await list("00".repeat(32)), []);
  });

  test("pages, counts, and finds by content", async () => {
    const consumer = new Person("nacl");
    const plaintext = `unique ${randomUUID()}`;
    const copies = [];
    for (const person of [member, member, neighbour]) copies.push(await shareNew(person, consumer, { plaintext }));
    const page = async (page, size, user_id) =>
      (await consumer.call("get_access_grants_granted", { user_id, page, size })).map((grant) => grant.data_id);
    const count = async (user_id) => (await consumer.call("get_access_grants_granted_count", { user_id }))[0].count;
    assert.deepEqual(await page(), await page(1, 20), "the first twenty, if nothing is said");
    assert.deepEqual(await page(1, 10), copies.map(({ id }) => id), "in the order of their blocks");
    assert.deepEqual(await page(2, 2), [copies[2].id]);
    assert.deepEqual(await page(2, 3), []);
    assert.deepEqual(await page(1, 10, neighbour.userId), [copies[2].id]);
    assert.deepEqual([await count(), await count(member.userId), await count(randomUUID())], ["3", "2", "0"]);
    const [{ id }] = await consumer.call("get_sibling_credential_id", { content_hash: contentHash(plaintext) });
    assert.ok(copies.some((copy) => copy.id === id));
    assert.deepEqual(await consumer.call("get_sibling_credential_id", { content_hash: contentHash("none") }), []);
  });

  test("pages are counted from one", async () => {
    const list = (page, size, text) => complains(member, "get_access_grants_granted", { page, size }, text);
    await list(0, 10, "page has to be a positive integer");
    await list(1, 0, "size has to be a positive integer");
    await list(1, 1001, "size can be at most 1000");
  });

  test("the grantee's name is kept as written, and compared without case", async () => {
    const consumer = new Person("nacl");
    const shouted = consumer.identifier.toUpperCase();
    const original = await add(member);
    const copy = copyTo(consumer, original);
    await member.execute("share_credential", { ...copy, grantee_wallet_identifier: shouted });
    const grant = await grantOf(consumer, copy);
    assert.equal(grant.ag_grantee_wallet_identifier, shouted);
    assert.equal(grant.id, grantId(shouted, copy.id, 0));
    await refused(
      grantAlso(member, consumer, copy),
      "a grant with the same grantee, copy_credential_id, and locked_until already exists",
    );
    await grantAlso(member, consumer, copy, unix(-60));
    assert.equal((await grantsOn(consumer, copy)).length, 2);
  });
});

describe("revoking", () => {
  test("takes the copy with its last grant, and never the original", async () => {
    const [consumer, second] = [new Person("nacl"), new Person("evm")];
    const original = await add(member);
    const copy = await share(member, consumer, original);
    await grantAlso(member, second, copy);
    await member.execute("revoke_access_grant", { id: (await grantOf(consumer, copy)).id });
    await complains(consumer, "get_credential_shared", { id: copy.id }, "the credential is not shared with the caller");
    await readable(second, copy);
    await member.execute("revoke_access_grant", { id: (await grantOf(second, copy)).id });
    await gone(second, copy);
    const left = (await member.call("get_credentials")).map(({ id }) => id);
    assert.deepEqual([left.includes(original.id), left.includes(copy.id)], [true, false]);
  });

  test("a grant on an original leaves the original", async () => {
    const consumer = new Person("nacl");
    const original = await add(member);
    await grantAlso(member, consumer, { id: original.id, content_hash: contentHash("the plaintext") });
    await member.execute("revoke_access_grant", { id: (await grantOf(consumer, original)).id });
    assert.equal((await member.call("get_credential_owned", { id: original.id })).length, 1);
  });

  test("only one's own", async () => {
    const consumer = new Person("nacl");
    const copy = await shareNew(neighbour, consumer);
    for (const id of [(await grantOf(consumer, copy)).id, randomUUID()])
      await refused(member.execute("revoke_access_grant", { id }), "the access grant not found");
    await readable(consumer, copy);
  });
});

describe("locks", () => {
  const isLocked = async (person, { id }) => (await person.call("has_locked_access_grants", { id }))[0].has;

  test("hold until their time", async () => {
    const consumer = new Person("nacl");
    const [locked, open] = [
      await shareNew(member, consumer, { lockedUntil: unix(3600) }),
      await shareNew(member, consumer, { lockedUntil: unix(-3600) }),
    ];
    assert.deepEqual([await isLocked(member, locked), await isLocked(member, open)], [true, false]);
    assert.equal(await isLocked(neighbour, locked), false);
    await refused(member.execute("revoke_access_grant", { id: (await grantOf(consumer, locked)).id }), "the grant is locked");
    await member.execute("revoke_access_grant", { id: (await grantOf(consumer, open)).id });
  });

  test("and no longer", async () => {
    const consumer = new Person("nacl");
    const copy = await shareNew(member, consumer, { lockedUntil: unix(5) });
    const { id } = await grantOf(consumer, copy);
    await refused(member.execute("revoke_access_grant", { id }), "the grant is locked");
    await eventually(() => member.execute("revoke_access_grant", { id }));
    await gone(consumer, copy);
  });

  test("do not bind the grantee", async () => {
    const consumer = new Person("nacl");
    const copy = await shareNew(member, consumer, { lockedUntil: unix(3600) });
    await consumer.execute("rescind_shared_credential", { credential_id: copy.id });
    await gone(consumer, copy);
  });
});

describe("expiry", () => {
  const set = (person, grant, expires_at) => person.execute("set_access_grant_expiry", { id: grant.id, expires_at });
  const expiries = (person) => person.call("get_access_grant_expiries");

  test("ends a grant by itself, with its copy", async () => {
    const consumer = new Person("nacl");
    const person = await newMember(issuer);
    const [copy, other] = [await shareNew(person, consumer), await shareNew(person, consumer)];
    const [grant, never] = [await grantOf(consumer, copy), await grantOf(consumer, other)];
    const end = unix(8);
    await set(person, never, unix(3600));
    await set(person, never, 0);
    await set(person, grant, end);
    assert.deepEqual(await expiries(person), [{ id: grant.id, expires_at: String(end) }]);
    await readable(consumer, copy);
    await eventually(() => gone(consumer, copy));
    assert.deepEqual(await expiries(person), []);
    await readable(consumer, other);
  });

  test("not before now, nor before the lock, nor of somebody else's grant", async () => {
    const consumer = new Person("nacl");
    const copy = await shareNew(member, consumer, { lockedUntil: unix(3600) });
    const grant = await grantOf(consumer, copy);
    await refused(set(member, grant, unix(-60)), WRONG_EXPIRY);
    await refused(set(member, grant, unix(1800)), WRONG_EXPIRY);
    await refused(set(neighbour, grant, unix(7200)), "the access grant not found");
    await refused(set(member, { id: randomUUID() }, unix(7200)), "the access grant not found");
    await set(member, grant, unix(7200));
  });
});

describe("rescinding", () => {
  test("drops one's own grant only; the last one takes the copy", async () => {
    const [first, second] = [new Person("nacl"), new Person("near")];
    const original = await add(member);
    const copy = await share(member, first, original);
    await grantAlso(member, second, copy);
    await first.execute("rescind_shared_credential", { credential_id: copy.id });
    await complains(first, "get_credential_shared", { id: copy.id }, "the credential is not shared with the caller");
    await readable(second, copy);
    await second.execute("rescind_shared_credential", { credential_id: copy.id });
    await gone(second, copy);
    assert.equal((await member.call("get_credential_owned", { id: original.id })).length, 1);
  });

  test("needs a copy and a grant", async () => {
    const consumer = new Person("nacl");
    const copy = await shareNew(member, consumer);
    for (const credential_id of [copy.id, copy.original_credential_id, randomUUID()])
      await refused(
        neighbour.execute("rescind_shared_credential", { credential_id }),
        "can not find the credential shared to you",
      );
    await refusedStranger(
      new Person().execute("rescind_shared_credential", { credential_id: copy.id }),
      "can not find the credential shared to you",
    );
    await readable(consumer, copy);
  });
});
