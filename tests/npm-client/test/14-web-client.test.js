// What this client and tweetnacl write, the TypeScript client of idOS and the cryptography of its enclave read, and
// the other way round. Both come as `npm run build` in `web` made them.
import assert from "node:assert/strict";
import { test } from "node:test";
import { IdosClient } from "../../../web/client/dist/index.js";
import { ed25519Signer } from "../../../web/client/dist/adapters/ed25519.js";
import { contentHash, open, PublicKey, Sealed, seal, SecretKey } from "../../../web/crypto/dist/index.js";
import nacl from "tweetnacl";
import { credential, decrypt } from "../lib/credentials.js";
import { chainId, url } from "../lib/network.js";
import { newIssuer, newMember, Person } from "../lib/people.js";

const issuer = await newIssuer();
const member = await newMember(issuer, "nacl");
const signing = nacl.sign.keyPair();
const keys = SecretKey.fromBytes(member.box.secretKey);
const web = await new IdosClient({ nodes: [url], chainId }).signIn(ed25519Signer(member.keys.secretKey.slice(0, 32)));

const opened = ({ content, encryptorPublicKey }) =>
  Buffer.from(open(keys, Sealed.fromBase64(content, encryptorPublicKey))).toString();
const bytes = (text) => new TextEncoder().encode(text);

test("what kwil-js and tweetnacl wrote is read and opened by the web client", async () => {
  const written = credential({ to: member.box.publicKey, issuer: signing, plaintext: "written by kwil-js" });
  await member.execute("add_credential", written);
  const { value } = await web.credential(written.id);
  assert.equal(value.publicNotes, written.public_notes);
  assert.equal(opened(value), "written by kwil-js");

  const attribute = { id: crypto.randomUUID(), attribute_key: "city", value: "Lisboa" };
  await member.execute("add_attribute", attribute);
  const { value: attributes } = await web.attributes();
  assert.deepEqual(
    attributes.map(({ id, key, value }) => ({ id, attribute_key: key, value })),
    [attribute],
  );
});

test("what the web client wrote is read and opened by kwil-js and tweetnacl", async () => {
  const { id } = await web.addAttribute("language", "pt");
  const rows = await member.call("get_attributes");
  const row = rows.find((row) => row.id === id);
  assert.deepEqual([row.attribute_key, row.value], ["language", "pt"]);

  const original = credential({ to: member.box.publicKey, issuer: signing, plaintext: "to be shared" });
  await member.execute("add_credential", original);
  const consumer = new Person("nacl");
  const recipient = PublicKey.fromBytes(consumer.box.publicKey);
  const { copyId } = await web.share({
    credentialId: original.id,
    grantee: consumer.identifier,
    seal: async (shown) => {
      const plaintext = opened(shown);
      const sealed = seal(recipient, bytes(plaintext));
      return {
        content: sealed.contentBase64(),
        contentHash: contentHash(bytes(plaintext)),
        encryptorPublicKey: sealed.encryptorPublicKey.toBase64(),
      };
    },
  });
  const [copy] = await consumer.call("get_credential_shared", { id: copyId });
  assert.equal(decrypt(copy, consumer.box.secretKey), "to be shared");
});
