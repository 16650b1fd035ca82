// Private mode, where every view is signed over a challenge: kwil-js does so by itself, as a node's health tells it.
// The node is one of its own, since the others play against a node in open mode.
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { describe, test } from "node:test";
import { binary, startNode } from "../lib/own-node.js";

const skip = binary ? false : "set IDOS_BIN (see README.md)";

describe("private mode", { skip }, async () => {
  if (skip) return;
  await startNode({ mode: "private" });
  const kwilJs = (await import("@idos-network/kwil-js")).default;
  const actions = await import("../lib/actions.js");
  const { copyFor, credential, decrypt } = await import("../lib/credentials.js");
  const { thrown } = await import("../lib/expect.js");
  const { connect } = await import("../lib/network.js");
  const { Person, kinds, newIssuer, newMember } = await import("../lib/people.js");
  const raw = await import("../lib/raw.js");

  const issuer = await newIssuer();
  const member = await newMember(issuer);

  test("the node says so", async () => {
    assert.equal((await raw.result("user.health")).mode, "private");
    await member.call("get_user");
    assert.equal(member.kwil.authMode, "private");
  });

  for (const kind of Object.keys(kinds))
    test(`${kind}: writes, and reads with a signature each time, without a session`, async () => {
      const person = await newMember(issuer, kind);
      const attribute = { id: randomUUID(), attribute_key: "country", value: "Ünïcode ☂" };
      await person.execute("add_attribute", attribute);
      const rows = [{ ...attribute, user_id: person.userId, original_id: null }];
      for (const _ of [1, 2]) assert.deepEqual(await person.call("get_attributes"), rows);
      assert.equal((await person.call("get_user"))[0].id, person.userId);
      assert.equal(person.kwil.cookie, undefined);
    });

  test("views with arguments of every type, and without some", async () => {
    const consumer = new Person("nacl");
    const original = credential({ to: member.box.publicKey, issuer: issuer.keys });
    await member.execute("add_credential", original);
    const copy = copyFor({ original: original.id, to: consumer.box.publicKey, grantee: consumer.identifier });
    await member.execute("share_credential", copy);
    const [row] = await consumer.call("get_credential_shared", { id: copy.id });
    assert.equal(decrypt(row, consumer.box.secretKey), "the plaintext");
    for (const args of [{}, { page: 1, size: 10 }, { user_id: member.userId, page: 1, size: 1 }]) {
      const grants = await consumer.call("get_access_grants_granted", args);
      assert.deepEqual(grants.map(({ data_id }) => data_id), [copy.id]);
    }
    assert.deepEqual(await member.call("has_profile", { address: member.address }), [{ has_profile: true }]);
  });

  test("nobody reads what is another person's", async () => {
    const args = { id: randomUUID(), attribute_key: "k", value: "v" };
    await member.execute("add_attribute", args);
    assert.equal((await member.call("get_attributes")).length, 1);
    for (const person of [issuer, new Person("near"), await newMember(issuer, "stellar")])
      for (const view of ["get_user", "get_attributes"])
        assert.deepEqual((await person.call(view)).filter(({ id }) => [member.userId, args.id].includes(id)), []);
  });

  test("without a signer not even an open view is read", async () => {
    const args = { address: member.address };
    await assert.rejects(actions.call(connect(), undefined, "has_profile", args), /requires a KwilSigner/);
    const unsigned = await raw.call(undefined, "has_profile", args);
    assert.equal(unsigned.error.code, -1001);
  });

  for (const kind of Object.keys(kinds))
    test(`${kind}: a signature by another key reads nothing`, async () => {
      const [person, impostor] = [await newMember(issuer, kind), new Person(kind)];
      const { identifier, signatureType } = person.signer;
      const signer =
        kind === "evm"
          ? new kwilJs.KwilSigner(impostor.keys, identifier)
          : new kwilJs.KwilSigner(impostor.signer.signer, identifier, signatureType);
      assert.equal((await thrown(actions.call(person.kwil, signer, "get_user"))).rpc, -1004);
    });

  test("a challenge is answered once, and one that the node did not give not at all", async () => {
    const { kwil } = await newMember(issuer);
    const { auth } = kwil;
    const challenge = await auth.authClient.challengeClient();
    auth.authClient.challengeClient = async () => challenge;
    assert.equal((await actions.call(kwil, member.signer, "get_user"))[0].id, member.userId);
    assert.equal((await thrown(actions.call(kwil, member.signer, "get_user"))).rpc, -1001);
    auth.authClient.challengeClient = async () => ({ data: "ab".repeat(32) });
    assert.equal((await thrown(actions.call(kwil, member.signer, "get_user"))).rpc, -1001);
  });

  test("SQL is not to be had", async () => {
    const query = "SELECT * FROM info.actions WHERE namespace = $namespace";
    assert.equal((await thrown(connect().selectQuery(query, { $namespace: "main" }))).rpc, -1007);
  });
});
