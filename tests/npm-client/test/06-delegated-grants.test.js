// Delegated write grants and delegated access grants, signed by every kind of wallet.
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { describe, test } from "node:test";
import nacl from "tweetnacl";
import * as actions from "../lib/actions.js";
import { copyFor, credential, decrypt, delegatedPair, flipped } from "../lib/credentials.js";
import { complains, refused } from "../lib/expect.js";
import { chainId, connect } from "../lib/network.js";
import { Person, kinds, newIssuer, newMember, owner } from "../lib/people.js";
import { date, dwgArguments, signAccessGrant, signWriteGrant, unix, writeGrant } from "../lib/proofs.js";
import { DUPLICATE, LOCK_TOO_LONG, LONGEST_LOCK_SECONDS } from "../lib/rules.js";

const INVALID_TIMELOCK = "access_grant_timelock: invalid date, it has to be of the form yyyy-mm-ddThh:mm:ssZ";

const issuer = await newIssuer();
const member = await newMember(issuer);
const neighbour = await newMember(issuer);
const consumer = new Person("nacl");

const grantOf = (person, changes) =>
  writeGrant({ owner: person.identifier, grantee: consumer.identifier, issuer: issuer.identifier, ...changes });
const pairFor = (person, options) =>
  delegatedPair({ issuer: issuer.keys, to: person.box.publicKey, copyTo: consumer.box.publicKey, ...options });
const write = (args, by = issuer) => by.execute("create_credentials_by_dwg", args);
/** Everything that `create_credentials_by_dwg` takes, signed by the owner. */
const signed = async (person, grantChanges, options) => ({
  ...pairFor(person, options),
  ...(await signWriteGrant(person, grantOf(person, grantChanges))),
});

const copyOf = async (person, grantee = consumer) => {
  const original = credential({ to: person.box.publicKey, issuer: issuer.keys });
  await person.execute("add_credential", original);
  const copy = copyFor({ original: original.id, to: grantee.box.publicKey, grantee: grantee.identifier });
  await person.execute("share_credential", copy);
  return copy;
};
const giveAccess = (grant, by = issuer) => by.execute("create_ag_by_dag_for_copy", grant);

for (const kind of Object.keys(kinds))
  describe(kind, () => {
    test("signs a write grant, and the issuer writes once", async () => {
      const person = await newMember(issuer, kind);
      const args = await signed(person, { access_grant_timelock: date(3600) }, { plaintext: "delegated" });
      await write(args);

      const rows = await person.call("get_credentials");
      const row = (id) => rows.find((r) => r.id === id);
      assert.deepEqual(row(args.original_credential_id), {
        id: args.original_credential_id, user_id: person.userId, public_notes: args.original_public_notes,
        issuer_auth_public_key: args.issuer_auth_public_key, inserter: args.dwg_id, original_id: null,
      });
      assert.deepEqual(row(args.copy_credential_id), {
        id: args.copy_credential_id, user_id: person.userId, public_notes: "",
        issuer_auth_public_key: args.issuer_auth_public_key, inserter: args.dwg_id,
        original_id: args.original_credential_id,
      });
      const [grant] = await person.call("get_access_grants_owned");
      assert.deepEqual(
        [grant.ag_grantee_wallet_identifier, grant.data_id, grant.inserter_type, grant.inserter_id, grant.content_hash],
        [consumer.identifier, args.copy_credential_id, "delegated_write_grant", args.dwg_id, args.content_hash],
      );
      assert.equal(Number(grant.locked_until), Date.parse(args.dwg_access_grant_timelock) / 1000);
      const [shared] = await consumer.call("get_credential_shared", { id: args.copy_credential_id });
      assert.equal(decrypt(shared, consumer.box.secretKey), "delegated");
      assert.equal(shared.public_notes, args.original_public_notes);

      await refused(write({ ...pairFor(person), ...dwgOf(args) }), DUPLICATE);
    });

    test("signs an access grant for a copy", async () => {
      const person = await newMember(issuer, kind);
      const copy = await copyOf(person);
      const second = new Person("evm");
      const grant = await signAccessGrant(person, {
        grantee: second.identifier, dataId: copy.id, contentHash: copy.content_hash, lockedUntil: unix(3600),
      });
      await giveAccess(grant);
      const [row] = await second.call("get_access_grants_for_credential", { credential_id: copy.id });
      assert.deepEqual(
        [row.inserter_type, row.inserter_id, row.locked_until, row.ag_owner_user_id],
        ["dag_message", issuer.identifier, String(grant.dag_locked_until), person.userId],
      );
      await refused(
        giveAccess(grant),
        "a grant with the same grantee, copy_credential_id, and locked_until already exists",
      );
    });

    test("a signature by another wallet counts for nothing", async () => {
      const person = await newMember(issuer, kind);
      const impostor = Object.assign(new Person(kind), { identifier: person.identifier });
      await refused(write({ ...pairFor(person), ...(await signWriteGrant(impostor, grantOf(person))) }), "verify owner failed");
      const copy = await copyOf(person);
      const grant = { grantee: neighbour.identifier, dataId: copy.id, contentHash: copy.content_hash };
      await refused(giveAccess(await signAccessGrant(impostor, grant)), "the dag_signature is invalid");
    });
  });

const dwgOf = (args) => Object.fromEntries(Object.entries(args).filter(([name]) => name.startsWith("dwg_")));

describe("the text of a write grant", () => {
  const anyone = (args) => actions.call(connect(), undefined, "dwg_message", args);

  test("is had without a session, and says everything that it grants, and where", async () => {
    const grant = grantOf(member, { access_grant_timelock: date(600) });
    const [{ message }] = await anyone(grant);
    assert.match(message, /^operation: delegatedWriteGrant\n/);
    for (const value of [...Object.values(grant), chainId]) assert.ok(message.includes(value), `${value} in ${message}`);
    assert.deepEqual(await anyone(grant), [{ message }], "the same each time");
  });

  test("is not had for times that make no sense", async () => {
    const times = { not_usable_before: date(60), not_usable_after: date(0) };
    await complains(member, "dwg_message", grantOf(member, times), "not_usable_before must be before not_usable_after");
    for (const access_grant_timelock of ["tomorrow", "", "2025-02-11", "2025-13-11T13:35:57Z", "2025-02-11T13:35:57.5Z"])
      await complains(member, "dwg_message", grantOf(member, { access_grant_timelock }), INVALID_TIMELOCK);
  });
});

test("the text of an access grant says everything that it grants, and where", async () => {
  const args = {
    dag_owner_wallet_identifier: member.identifier, dag_grantee_wallet_identifier: consumer.identifier,
    dag_data_id: randomUUID(), dag_locked_until: unix(60), dag_content_hash: "ab".repeat(32),
  };
  const [{ message }] = await actions.call(connect(), undefined, "dag_message", args);
  assert.match(message, /^operation: insertAccessGrant\n/);
  for (const value of [...Object.values(args), chainId]) assert.ok(message.includes(String(value)), `${value} in ${message}`);
});

describe("a write grant is refused", () => {
  const stranger = nacl.sign.keyPair();
  const cases = [
    ["credential signed by no delegate", {}, (a) => ({ ...a, ...delegatedPair({ issuer: stranger, to: member.box.publicKey, copyTo: consumer.box.publicKey }) }),
      "credentials issuer must be an issuer of delegated write grant"],
    ["granted to no delegate", { issuer_public_key: Buffer.from(stranger.publicKey).toString("hex") }, (a) => a,
      "credentials issuer must be an issuer of delegated write grant"],
    ["owner unknown", {}, (a) => ({ ...a, dwg_owner: new Person().identifier }), "dwg_owner not found"],
    ["timelock is no date", {}, (a) => ({ ...a, dwg_access_grant_timelock: "soon" }), undefined],
    ["times out of order", {}, (a) => ({ ...a, dwg_not_before: a.dwg_not_after, dwg_not_after: a.dwg_not_before }),
      "dwg_not_before must be before dwg_not_after"],
    ["too early", { not_usable_before: date(600) }, (a) => a,
      "this write grant can only be used after dwg_not_before and before dwg_not_after"],
    ["too late", { not_usable_before: date(-600), not_usable_after: date(-300) }, (a) => a,
      "this write grant can only be used after dwg_not_before and before dwg_not_after"],
    ["owner's signature broken", {}, (a) => ({ ...a, dwg_signature: `0x${flipped(a.dwg_signature.slice(2), "hex")}` }),
      "verify owner failed"],
    ["grantee exchanged", {}, (a) => ({ ...a, dwg_grantee: neighbour.identifier }), "verify owner failed"],
    ["lock exchanged", {}, (a) => ({ ...a, dwg_access_grant_timelock: date(60) }), "verify owner failed"],
    ["owner exchanged", {}, (a) => ({ ...a, dwg_owner: neighbour.identifier }), "verify owner failed"],
    ["original signed wrongly", {}, (a) => ({ ...a, original_broader_signature: flipped(a.original_broader_signature) }),
      "an original credential signature is wrong"],
    ["copy signed wrongly", {}, (a) => ({ ...a, copy_public_notes_signature: flipped(a.copy_public_notes_signature) }),
      "a copy credential signature is wrong"],
    ["lock too long", { access_grant_timelock: date(LONGEST_LOCK_SECONDS + 10 * 86400) }, (a) => a, LOCK_TOO_LONG],
  ];
  for (const [name, grantChanges, change, text] of cases)
    test(name, async () => {
      const args = change(await signed(member, grantChanges));
      await refused(write(args), text);
    });

  test("a minute's difference of clocks is forgiven", async () => {
    await write(await signed(member, { not_usable_before: date(30) }));
  });

  test("another delegate of the same inserter may sign the credential", async () => {
    const second = new Person("nacl");
    await owner().execute("add_delegate_as_owner", { address: second.identifier, inserter_id: issuer.inserterId });
    await write({
      ...delegatedPair({ issuer: second.keys, to: member.box.publicKey, copyTo: consumer.box.publicKey }),
      ...(await signWriteGrant(member, grantOf(member))),
    });
  });
});

describe("an access grant is refused", () => {
  const dag = (person, dataId, changes) =>
    signAccessGrant(person, { grantee: neighbour.identifier, dataId, contentHash: "ab".repeat(32), ...changes });

  test("for an unknown owner, a wrong signature, somebody else's data", async () => {
    const copy = await copyOf(member);
    const grant = await dag(member, copy.id);
    const cases = [
      [{ ...grant, dag_owner_wallet_identifier: new Person().identifier }, "dag_owner not found"],
      [{ ...grant, dag_grantee_wallet_identifier: consumer.identifier }, "the dag_signature is invalid"],
      [{ ...grant, dag_locked_until: 1 }, "the dag_signature is invalid"],
      [{ ...grant, dag_content_hash: "cd".repeat(32) }, "the dag_signature is invalid"],
      [{ ...grant, dag_owner_wallet_identifier: neighbour.identifier }, "the dag_signature is invalid"],
      [await dag(neighbour, copy.id), "the data_id does not belong to the owner"],
      [await dag(member, randomUUID()), "the data_id does not belong to the owner"],
      [await dag(member, copy.id, { lockedUntil: unix(LONGEST_LOCK_SECONDS + 10 * 86400) }), LOCK_TOO_LONG],
    ];
    for (const [args, text] of cases) await refused(giveAccess(args), text);
    await giveAccess(grant);
  });

  test("after it was revoked: the same message brings it not back", async () => {
    const copy = await copyOf(member);
    const grant = await dag(member, copy.id);
    await giveAccess(grant);
    const [{ id }] = await neighbour.call("get_access_grants_for_credential", { credential_id: copy.id });
    await member.execute("revoke_access_grant", { id });
    await refused(giveAccess(grant), /^this delegated access grant ended, the same message cannot make it again/);
    assert.deepEqual(await neighbour.call("get_access_grants_for_credential", { credential_id: copy.id }), []);
  });
});
