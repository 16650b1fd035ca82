// Governance, as it is where the owner operates every validator: nodes ask to join, the owner decides. Nobody here
// becomes one more validator: the chain would wait for its votes.
import assert from "node:assert/strict";
import { randomInt, randomUUID } from "node:crypto";
import { describe, test } from "node:test";
import nacl from "tweetnacl";
import * as actions from "../lib/actions.js";
import { flipped } from "../lib/credentials.js";
import { complains, refused, refusedStranger } from "../lib/expect.js";
import { connect } from "../lib/network.js";
import { Person, newIssuer, newMember, owner } from "../lib/people.js";
import { BODY_RETENTION_SECONDS, DUPLICATE } from "../lib/rules.js";

const member = await newMember(await newIssuer());
const own = (action, args) => owner().execute(action, args);
const hex = (bytes) => Buffer.from(bytes).toString("hex");
const anyone = (view, args) => actions.call(connect(), undefined, view, args);
const validator = async (key) => (await anyone("get_validators")).find((row) => row.key === key);
/** An address that nobody else is at. */
const somewhere = () => `10.${randomInt(256)}.${randomInt(256)}.${randomInt(1, 255)}:${randomInt(1, 65536)}`;

/** Somebody who may ask to join, with the voting key of a node. */
async function newOperator(kind = "nacl") {
  const operator = Object.assign(new Person(kind), { partyId: randomUUID(), voting: nacl.sign.keyPair() });
  operator.key = hex(operator.voting.publicKey);
  await own("add_party_as_owner", { id: operator.partyId, address: operator.identifier, roles: "operator" });
  return operator;
}

/** The arguments of `request_join` and `set_validator_address`, signed by the voting key over the node's text. */
async function signed(operator, address = somewhere(), voting = operator.voting) {
  const statement = { key: operator.key, operator: operator.identifier, address };
  const [{ message }] = await anyone("validator_message", statement);
  const signature = hex(nacl.sign.detached(new TextEncoder().encode(message), voting.secretKey));
  return { key: operator.key, address, signature };
}

async function joined(kind) {
  const operator = await newOperator(kind);
  operator.request = await signed(operator);
  await operator.execute("request_join", operator.request);
  return operator;
}

const current = (await anyone("get_validators")).filter((row) => row.in_current_set);

test("the network starts with validators that its owner operates", async () => {
  assert.ok(current.length > 0);
  for (const { operator, status } of current)
    assert.deepEqual([operator, status], [owner().identifier, "ready"]);
  const byKey = (a, b) => (a.key < b.key ? -1 : 1);
  const set = current.map(({ key, address }) => ({ key, address })).sort(byKey);
  assert.deepEqual((await anyone("get_validator_set", { epoch: 0 })).sort(byKey), set);
  assert.deepEqual(await anyone("get_validator_set", { epoch: 1_000_000 }), []);
});

for (const kind of ["nacl", "evm", "near", "stellar"])
  test(`${kind}: a node asks to join, is approved, moves, and leaves`, async () => {
    const operator = await joined(kind);
    const { key } = operator;
    const row = await validator(key);
    assert.equal(row.operator, operator.identifier.toLowerCase());
    assert.deepEqual([row.address, row.status, row.in_current_set], [operator.request.address, "requested", false]);
    await refused(operator.execute("ready", { key }), "the network has not approved the validator yet");
    await own("approve_validator_as_owner", { key });
    assert.equal((await validator(key)).status, "observer");
    const elsewhere = await signed(operator);
    await operator.execute("set_validator_address", elsewhere);
    assert.equal((await validator(key)).address, elsewhere.address);
    await operator.execute("leave", { key });
    assert.equal(await validator(key), undefined);
  });

test("identical retries succeed", async () => {
  const operator = await joined();
  await operator.execute("request_join", operator.request);
  for (const _ of [1, 2]) await own("approve_validator_as_owner", { key: operator.key });
  await operator.execute("set_validator_address", operator.request);
  await own("ready", { key: current[0].key });
  await operator.execute("leave", { key: operator.key });
});

test("the owner refuses a request", async () => {
  const operator = await joined();
  await own("remove_validator_as_owner", { key: operator.key });
  assert.equal(await validator(operator.key), undefined);
});

test("the owner sets a parameter", async () => {
  const name = "body_retention_seconds";
  const retention = async () => (await anyone("get_parameters")).find((row) => row.name === name);
  assert.equal((await retention()).value, String(BODY_RETENTION_SECONDS));
  await own("set_parameter_as_owner", { name, value: 7200 });
  assert.equal((await retention()).value, "7200");
  const from_height = 1_000_000_000;
  await own("set_parameter_as_owner", { name, value: 60, from_height });
  assert.deepEqual(await retention(), { name, value: "7200", next_value: "60", next_from_height: String(from_height) });
  await own("set_parameter_as_owner", { name, value: BODY_RETENTION_SECONDS });
  assert.equal((await retention()).next_value, null);
});

test("nothing waits for votes where one operator has them all", async () => {
  assert.deepEqual(await anyone("get_motions", { page: 1, size: 20 }), []);
});

describe("refused", () => {
  test("to ask to join without being an operator", async () => {
    const somebody = Object.assign(member, { voting: nacl.sign.keyPair() });
    somebody.key = hex(somebody.voting.publicKey);
    const text = "only a party with the role operator, or the network's owner, can ask to join";
    await refused(somebody.execute("request_join", await signed(somebody)), text);
    const stranger = Object.assign(new Person(), { voting: somebody.voting, key: somebody.key });
    await refusedStranger(stranger.execute("request_join", await signed(stranger)), text);
  });

  test("what the voting key did not sign", async () => {
    const operator = await newOperator();
    const request = await signed(operator);
    const text = /the signature by the voting key is wrong/;
    const wrong = [
      { ...request, signature: flipped(request.signature, "hex") },
      { ...request, signature: "" },
      { ...request, address: somewhere() },
      await signed(operator, somewhere(), nacl.sign.keyPair()),
    ];
    for (const attempt of wrong) await refused(operator.execute("request_join", attempt), text);
    const other = await newOperator();
    await refused(other.execute("request_join", request), text);
    await operator.execute("request_join", request);
    await refused(operator.execute("set_validator_address", { ...request, address: somewhere() }), text);
  });

  test("a key or an address that cannot be, or that another has", async () => {
    const operator = await newOperator();
    const request = await signed(operator);
    await refused(operator.execute("request_join", { ...request, key: "00" }), /^invalid key/);
    for (const address of ["localhost:1", "10.0.0.1", "0.0.0.0:1", "10.0.0.1:0"])
      await refused(operator.execute("request_join", { ...request, address }), /^an address is the IP address/);
    await complains(member, "validator_message", { key: "00", operator: "x", address: somewhere() }, /^invalid key/);
    const other = await joined();
    const taken = await signed(operator, other.request.address);
    await refused(operator.execute("request_join", taken), DUPLICATE);
    await refused(other.execute("request_join", await signed(other)), DUPLICATE);
  });

  test("to act for a validator of somebody else", async () => {
    const [operator, other] = [await joined(), await newOperator()];
    const { key } = operator;
    const text = "only the operator of the validator can do this";
    for (const who of [other, member, owner()]) {
      for (const action of ["ready", "leave"]) await refused(who.execute(action, { key }), text);
      await refused(who.execute("set_validator_address", operator.request), text);
    }
  });

  // Of several, all but one would really leave.
  test("to leave the chain without a validator", { skip: current.length > 1 }, async () => {
    const [{ key }] = current;
    await refused(own("leave", { key }), "no validator would be left");
    await refused(own("remove_validator_as_owner", { key }), "no validator would be left");
  });

  test("to take the role of a party that operates", async () => {
    const operator = await joined();
    const id = operator.partyId;
    await refused(own("remove_party_as_owner", { id }), /^the party operates validators/);
    await refused(own("set_party_roles_as_owner", { id, roles: "issuer" }), /^the party operates validators/);
    await operator.execute("leave", { key: operator.key });
    await own("remove_party_as_owner", { id });
  });

  test("validators that do not exist, votes that nobody cast, parameters out of range", async () => {
    const key = hex(nacl.sign.keyPair().publicKey);
    for (const action of ["approve_validator_as_owner", "remove_validator_as_owner"])
      await refused(own(action, { key }), "the validator does not exist");
    await refused(own("withdraw_vote", { motion: "00".repeat(32) }), "the caller has no vote for such a motion");
    const set = (name, value, from_height) => own("set_parameter_as_owner", { name, value, from_height });
    await refused(set("body_retention_seconds", 0), "body_retention_seconds has to be from 1 to 2592000");
    await refused(set("protocol_version", 3, 1_000_000), /^protocol_version has to be from 1 to 2$/);
    await refused(set("protocol_version", 2, 1), /^protocol_version changes with an epoch: at height \d+, or a multiple of 256 later$/);
    await refused(set("epoch_blocks", 1), /^unknown parameter/);
    await complains(member, "get_motions", { page: 0, size: 1 }, "page has to be a positive integer");
  });
});
