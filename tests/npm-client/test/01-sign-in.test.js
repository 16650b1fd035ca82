// All seven kinds of sign-in: -901 → kgw.authn → retry happens inside kwil-js; then own data, then a write.
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { before, describe, test } from "node:test";
import * as actions from "../lib/actions.js";
import { forget } from "../lib/driven.js";
import { thrown } from "../lib/expect.js";
import { connect } from "../lib/network.js";
import { Person, kinds, newIssuer, newMember } from "../lib/people.js";
import * as raw from "../lib/raw.js";

forget(); // the first file of a run: whatever an earlier run noted is not this one's

const issuer = await newIssuer();

for (const kind of Object.keys(kinds)) {
  describe(kind, () => {
    let person;
    before(async () => {
      person = await newMember(issuer, kind);
    });

    test("signs in by itself on the first private view and keeps the session", async () => {
      assert.equal(person.kwil.cookie, undefined);
      assert.deepEqual(await person.call("get_user"), [
        { id: person.userId, recipient_encryption_public_key: person.encryptionKey, encryption_password_store: "user" },
      ]);
      const cookie = person.kwil.cookie;
      assert.match(cookie, /^kgw_session=[^;]+;/);
      await person.call("get_user");
      assert.equal(person.kwil.cookie, cookie);
    });

    test("reads its own wallet as it was given", async () => {
      const { id, address, public_key, wallet_type, message, signature } = person.firstWallet;
      assert.deepEqual(await person.call("get_wallets"), [
        { id, user_id: person.userId, address, public_key, wallet_type, message, signature, inserter: issuer.name },
      ]);
    });

    test("writes", async () => {
      const attribute = { id: randomUUID(), attribute_key: "country", value: "Portugal" };
      const receipt = await person.execute("add_attribute", attribute);
      assert.match(kind === "xrplSecp256k1" ? receipt.tx_hash : raw.wireHash(receipt.tx_hash), /^[0-9a-f]{64}$/);
      assert.deepEqual(await person.call("get_attributes"), [
        { ...attribute, user_id: person.userId, original_id: null },
      ]);
    });

    test("a signature of somebody else does not sign in", async () => {
      const other = new Person(kind);
      const sender = Buffer.from(person.signer.identifier).toString("hex");
      const { rpc } = await thrown(raw.login(other.signer, { tamper: (params) => ({ ...params, sender }) }));
      assert.equal(rpc, -903);
    });
  });
}

test("an XRPL secp256k1 key writes by JSON-RPC, but kwil-js itself refuses to build its transaction", async () => {
  const person = await newMember(issuer, "xrplSecp256k1");
  const attribute = { id: randomUUID(), attribute_key: "k", value: "v" };
  await assert.rejects(
    actions.execute(person.kwil, person.signer, "add_attribute", attribute),
    /Cannot determine key type from owner/,
  );
  await raw.execute(person.signer, "add_attribute", attribute);
  assert.equal((await person.call("get_attributes")).length, 1);
});

test("without a signer a private view cannot be read, and has_profile can", async () => {
  const person = await newMember(issuer);
  await assert.rejects(actions.call(connect(), undefined, "get_user"), /KGW authentication requires a KwilSigner/);
  const rows = await actions.call(connect(), undefined, "has_profile", { address: person.address });
  assert.deepEqual(rows, [{ has_profile: true }]);
});

test("with automatic sign-in off, the client hands out -901", async () => {
  const person = await newMember(issuer);
  const kwil = connect({ autoAuthenticate: false });
  assert.equal((await thrown(actions.call(kwil, person.signer, "get_user"))).rpc, -901);
});

test("has_profile with a signer asks for no session", async () => {
  const person = new Person("near");
  assert.deepEqual(await person.call("has_profile", { address: person.address }), [{ has_profile: false }]);
  assert.equal(person.kwil.cookie, undefined);
});

test("kwil-js logs out, and signs in again when needed", async () => {
  const person = await newMember(issuer);
  await person.call("get_user");
  await person.kwil.auth.logoutKGW(person.signer);
  assert.equal(person.kwil.cookie, undefined);
  assert.equal((await person.call("get_user")).length, 1);
});
