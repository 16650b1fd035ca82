// Attributes: the small facts of a profile.
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { test } from "node:test";
import { refused, refusedStranger, spared, withheld } from "../lib/expect.js";
import { Person, newIssuer, newMember } from "../lib/people.js";
import { DUPLICATE, NO_PROFILE } from "../lib/rules.js";

const issuer = await newIssuer();
const member = await newMember(issuer);
const neighbour = await newMember(issuer, "stellar");

const attribute = (changes) => ({ id: randomUUID(), attribute_key: "country", value: "PT", ...changes });
const add = async (person, changes) => {
  const args = attribute(changes);
  await person.execute("add_attribute", args);
  return args;
};
const share = async (person, { id }, changes) => {
  const args = attribute({ original_attribute_id: id, ...changes });
  await person.execute("share_attribute", args);
  return args;
};
const read = async (person, { id }) => (await person.call("get_attributes")).find((row) => row.id === id);

test("add, edit, remove", async () => {
  const args = await add(member, { value: "Ünïcode ☂ \n and an empty one below" });
  const empty = await add(member, { value: "" });
  assert.deepEqual(await read(member, args), { ...args, user_id: member.userId, original_id: null });
  assert.equal((await read(member, empty)).value, "");
  await member.execute("edit_attribute", { ...args, attribute_key: "city", value: "Porto" });
  const { attribute_key, value } = await read(member, args);
  assert.deepEqual([attribute_key, value], ["city", "Porto"]);
  await member.execute("remove_attribute", { id: args.id });
  assert.equal(await read(member, args), undefined);
});

test("a creator's attribute is the owner's to read", async () => {
  const person = await newMember(issuer);
  const args = attribute({ user_id: person.userId });
  await issuer.execute("add_attribute_as_inserter", args);
  assert.deepEqual(await read(person, args), { ...args, original_id: null });
});

test("somebody else's or an unknown one stays as it is, in silence", async () => {
  const args = await add(neighbour);
  await member.execute("edit_attribute", { ...args, value: "mine now" });
  await spared(member, "remove_attribute", { id: args.id }, () => read(neighbour, args));
  await member.execute("edit_attribute", attribute());
  await member.execute("remove_attribute", { id: randomUUID() });
  assert.equal((await read(neighbour, args)).value, "PT");
});

test("nobody reads the attributes of another person", async () => {
  await add(member);
  for (const from of [neighbour, issuer, new Person()]) await withheld("get_attributes", {}, { to: member, from });
});

test("an id is used once, and a profile is needed", async () => {
  const args = await add(neighbour);
  await refused(member.execute("add_attribute", args), DUPLICATE);
  await refusedStranger(new Person().execute("add_attribute", attribute()), NO_PROFILE);
});

test("a shared copy names its original and is not edited", async () => {
  const original = await add(member);
  const copy = await share(member, original);
  assert.equal((await read(member, copy)).original_id, original.id);
  const change = { id: copy.id, attribute_key: "country", value: "ES" };
  await refused(member.execute("edit_attribute", change), "Can not edit shared attribute");
});

test("a key of an attribute has its bound", async () => {
  const text = 'parameter "attribute_key" is 1025 bytes long, at most 1024 are allowed';
  await refused(member.execute("add_attribute", attribute({ attribute_key: "x".repeat(1025) })), text);
});

test("only one's own original is shared, and no copy", async () => {
  const [mine, foreign] = [await add(member), await add(neighbour)];
  const copy = await share(member, mine);
  for (const original of [foreign, copy, { id: randomUUID() }])
    await refused(share(member, original), "original attribute does not belong to the caller");
  await refusedStranger(share(new Person(), mine), /./);
});

test("what is shared with a grantee is read by that grantee, until it is removed", async () => {
  const [reader, other] = [await newMember(issuer), new Person()];
  const shared = (person, owner = null, page = 1) =>
    person.call("get_attributes_shared", { user_id: owner, page, size: 1 });
  const original = await add(member);
  const one = (person) => person.call("get_attribute_shared", { id: args.id });
  const args = attribute({ original_attribute_id: original.id, grantee_wallet_identifier: reader.identifier.toUpperCase() });
  await member.execute("share_attribute_with", args);
  const { id, attribute_key, value } = args;
  const row = { id, user_id: member.userId, attribute_key, original_id: original.id };
  assert.deepEqual(await one(reader), [{ ...row, value }]);
  assert.deepEqual(await shared(reader), [row]);
  assert.deepEqual(await shared(reader, member.userId), [row]);
  assert.deepEqual(await shared(reader, neighbour.userId), []);
  assert.deepEqual(await shared(reader, null, 2), []);
  for (const from of [member, neighbour, other]) {
    assert.deepEqual(await shared(from), []);
    await withheld("get_attributes_shared", { page: 1, size: 1 }, { to: reader, from });
    await withheld("get_attribute_shared", { id }, { to: reader, from });
  }

  await refused(
    member.execute("share_attribute_with", { ...args, grantee_wallet_identifier: "" }),
    'parameter "grantee_wallet_identifier" cannot be empty',
  );
  await refused(member.execute("share_attribute_with", { ...args, grantee_wallet_identifier: "another" }), DUPLICATE);
  await refused(neighbour.execute("share_attribute_with", { ...args, id: randomUUID() }));
  await member.execute("remove_attribute", { id });
  assert.deepEqual(await shared(reader), []);
  assert.deepEqual(await one(reader), []);
});
