// Inserters and their delegates, kept by the network owner.
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { describe, test } from "node:test";
import { anyArguments, ofKind } from "../lib/actions.js";
import { complains, refused, refusedStranger } from "../lib/expect.js";
import { Person, kinds, newIssuer, newMember, owner, profileOf } from "../lib/people.js";
import { DUPLICATE } from "../lib/rules.js";

const issuer = await newIssuer();
const member = await newMember(issuer);
const own = (action, args) => owner().execute(action, args);
/** Whether somebody counts as an inserter, asked by a view. */
const isInserter = async (person) => {
  const body = await person.answer("credential_exist_as_inserter", { id: randomUUID() });
  if (body.result.error) assert.equal(body.result.error, "Unauthorized inserter");
  return !body.result.error;
};

for (const { name } of ofKind("owner"))
  test(`${name} is the owner's alone`, async () => {
    const text = `action is owner-only: action ${name} can only be executed by the owner`;
    await refused(member.execute(name, anyArguments(name)), text);
    await refused(issuer.execute(name, anyArguments(name)), text);
    await refusedStranger(new Person().execute(name, anyArguments(name)), text);
  });

for (const kind of Object.keys(kinds))
  test(`${kind}: a delegate is known whatever the letters of its name`, async () => {
    const creator = await newIssuer(kind);
    assert.equal(await isInserter(creator), true);
    const person = await newMember(creator);
    assert.equal((await creator.call("get_user_as_inserter", { id: person.userId }))[0].inserter, creator.name);
    await own("delete_delegate_as_owner", { address: creator.identifier });
    assert.equal(await isInserter(creator), false);
  });

test("a delegate is added and deleted in any case of letters", async () => {
  const creator = await newIssuer();
  await own("delete_delegate_as_owner", { address: creator.identifier.toUpperCase() });
  assert.equal(await isInserter(creator), false);
  await own("add_delegate_as_owner", { address: creator.identifier.toUpperCase(), inserter_id: creator.inserterId });
  assert.equal(await isInserter(creator), true);
});

test("with an inserter go its delegates and their rights", async () => {
  const creator = await newIssuer();
  const second = new Person("evm");
  await own("add_delegate_as_owner", { address: second.identifier, inserter_id: creator.inserterId });
  await own("delete_inserter_as_owner", { id: creator.inserterId });
  for (const person of [creator, second]) {
    assert.equal(await isInserter(person), false);
    const profile = profileOf({ userId: randomUUID(), encryptionKey: "a2V5" });
    await refusedStranger(person.execute("add_user_as_inserter", profile), "Unauthorized inserter");
  }
  await complains(creator, "get_user_as_inserter", { id: randomUUID() }, "Unauthorized inserter");
});

describe("the owner is refused", () => {
  test("a name, an id or an address twice", async () => {
    await refused(own("add_inserter_as_owner", { id: randomUUID(), name: issuer.name }), DUPLICATE);
    await refused(own("add_inserter_as_owner", { id: issuer.inserterId, name: randomUUID() }), DUPLICATE);
    const other = await newIssuer();
    await refused(own("add_delegate_as_owner", { address: issuer.identifier, inserter_id: other.inserterId }), DUPLICATE);
  });

  test("a delegate of no inserter", async () => {
    const args = { address: new Person().identifier, inserter_id: randomUUID() };
    await refused(own("add_delegate_as_owner", args), /foreign key constraint/);
  });
});

test("what is not there is deleted in silence", async () => {
  await own("delete_inserter_as_owner", { id: randomUUID() });
  await own("delete_delegate_as_owner", { address: new Person().identifier });
});
