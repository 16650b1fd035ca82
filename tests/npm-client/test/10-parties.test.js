// Parties: issuers, consumers and operators, whose keys others rely on.
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { describe, test } from "node:test";
import nacl from "tweetnacl";
import * as actions from "../lib/actions.js";
import { flipped } from "../lib/credentials.js";
import { refused, refusedStranger } from "../lib/expect.js";
import { connect } from "../lib/network.js";
import { Person, newIssuer, newMember, owner } from "../lib/people.js";
import { DUPLICATE } from "../lib/rules.js";

const member = await newMember(await newIssuer());
const own = (action, args) => owner().execute(action, args);
const hex = (bytes) => Buffer.from(bytes).toString("hex");
const anyone = (view, args) => actions.call(connect(), undefined, view, args);
const get = async (id) => (await anyone("get_party", { id }))[0];

async function newParty(roles = "issuer", kind = "nacl") {
  const party = Object.assign(new Person(kind), { id: randomUUID(), signing: nacl.sign.keyPair() });
  await own("add_party_as_owner", { id: party.id, address: party.identifier, roles });
  return party;
}

/** The arguments of `publish_party_keys`, signed by `signing` over the node's text. */
async function publication(party, { signing = party.signing, by = party, ...changes } = {}) {
  const statement = {
    id: party.id, name: "Example Issuer", did: "did:web:issuer.example",
    signing_public_key: hex(signing.publicKey), encryption_public_key: party.encryptionKey, ...changes,
  };
  const [{ message }] = await by.call("party_message", statement);
  const signature = hex(nacl.sign.detached(new TextEncoder().encode(message), signing.secretKey));
  return { ...statement, signature };
}
const publish = async (party, changes) => {
  const args = await publication(party, changes);
  await party.execute("publish_party_keys", args);
  return args;
};
const sortedRoles = (row) => row.roles.split(",").map((role) => role.trim()).sort();

for (const kind of ["nacl", "evm", "near"])
  test(`${kind}: a party publishes its keys, and everybody reads them`, async () => {
    const party = await newParty("issuer,consumer", kind);
    const args = await publish(party);
    const row = await get(party.id);
    for (const [column, value] of Object.entries(args)) assert.equal(row[column], value, column);
    assert.equal(row.address.toLowerCase(), party.identifier.toLowerCase());
    assert.deepEqual(sortedRoles(row), ["consumer", "issuer"]);
    assert.match(row.version, /^\d+$/);
    assert.match(row.height, /^\d+$/);
  });

test("keys are replaced, and the history keeps them all", async () => {
  const party = await newParty();
  const first = await publish(party);
  const second = await publish(party, { signing: nacl.sign.keyPair(), name: "Renamed" });
  assert.equal((await get(party.id)).signing_public_key, second.signing_public_key);
  const history = await member.call("get_party_history", { id: party.id });
  const signed = history.filter(({ signature }) => signature);
  const keys = signed.map(({ signing_public_key }) => signing_public_key);
  assert.deepEqual([...new Set(keys)].sort(), [first.signing_public_key, second.signing_public_key].sort());
  const versions = history.map(({ version }) => Number(version));
  assert.equal(new Set(versions).size, versions.length);
  assert.equal((await get(party.id)).version, String(Math.max(...versions)));
});

describe("lists", () => {
  const idsOf = (rows) => rows.map(({ id }) => id);
  const all = async (role) => {
    const rows = [];
    for (let page = 1; ; page += 1) {
      const more = await anyone("get_parties", { role, page, size: 20 });
      rows.push(...more);
      if (more.length < 20) return rows;
    }
  };

  test("by role, and all", async () => {
    const [issuing, operating] = [await newParty("issuer"), await newParty("operator")];
    const [issuers, operators, everybody] = [idsOf(await all("issuer")), idsOf(await all("operator")), idsOf(await all())];
    assert.deepEqual([issuers.includes(issuing.id), issuers.includes(operating.id)], [true, false]);
    assert.deepEqual([operators.includes(issuing.id), operators.includes(operating.id)], [false, true]);
    assert.ok([issuing.id, operating.id].every((id) => everybody.includes(id)));
  });

  test("by pages without overlap", async () => {
    for (const role of ["consumer", "consumer", "consumer"]) await newParty(role);
    const [one, two] = [1, 2].map((page) => anyone("get_parties", { role: "consumer", page, size: 2 }));
    const ids = [...idsOf(await one), ...idsOf(await two)];
    assert.ok(ids.length >= 3);
    assert.equal(new Set(ids).size, ids.length);
  });
});

test("the owner changes roles and removes", async () => {
  const party = await newParty("issuer");
  await own("set_party_roles_as_owner", { id: party.id, roles: "consumer,operator" });
  assert.deepEqual(sortedRoles(await get(party.id)), ["consumer", "operator"]);
  const args = await publication(party);
  await own("remove_party_as_owner", { id: party.id });
  const row = await get(party.id);
  assert.ok(!row || row.roles === "", JSON.stringify(row));
  await refusedStranger(party.execute("publish_party_keys", args), /./);
});

const UNKNOWN_ROLE = "unknown role, known are issuer, consumer and operator, each at most once";

describe("refused", () => {
  test("to publish for another party", async () => {
    const [party, other] = [await newParty(), await newParty()];
    const args = await publication(party);
    for (const stranger of [other, member, owner()])
      await refused(stranger.execute("publish_party_keys", args), "only the party itself can publish its keys");
    await refusedStranger(new Person().execute("publish_party_keys", args), /./);
    assert.ok(!(await get(party.id)).signature);
  });

  test("to publish what the signing key did not sign", async () => {
    const party = await newParty();
    const args = await publication(party);
    const other = nacl.sign.keyPair();
    const forged = [
      { ...args, signature: flipped(args.signature, "hex") },
      { ...args, signature: "" },
      { ...args, name: "Another" },
      { ...args, did: "did:web:other.example" },
      { ...args, encryption_public_key: new Person().encryptionKey },
      { ...args, signing_public_key: hex(other.publicKey) },
    ];
    for (const attempt of forged)
      await refused(party.execute("publish_party_keys", attempt), "the signature of the party's keys is wrong");
    const invalid = [
      [{ ...args, signing_public_key: "00" }, /^invalid signing_public_key/],
      [{ ...args, encryption_public_key: "AA==" }, /^invalid encryption_public_key/],
      [{ ...args, did: "x" }, "invalid did"],
    ];
    for (const [attempt, text] of invalid) await refused(party.execute("publish_party_keys", attempt), text);
    await party.execute("publish_party_keys", args);
  });

  test("to admit what is no role, or the same party twice", async () => {
    const party = await newParty();
    const address = new Person("nacl").identifier;
    for (const roles of ["king", "issuer,king", "ISSUER;consumer"])
      await refused(own("add_party_as_owner", { id: randomUUID(), address, roles }), UNKNOWN_ROLE);
    await refused(own("set_party_roles_as_owner", { id: party.id, roles: "king" }), UNKNOWN_ROLE);
    await refused(own("add_party_as_owner", { id: party.id, address, roles: "issuer" }), DUPLICATE);
  });

  test("to change a party that is not there", async () => {
    const unknown = own("set_party_roles_as_owner", { id: randomUUID(), roles: "issuer" });
    await refused(unknown, "the party does not exist");
    assert.equal(await get(randomUUID()), undefined);
  });
});
