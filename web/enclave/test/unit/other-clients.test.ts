// What clients with tweetnacl write, the enclave reads, and the other way round.
import { keyFromPassword, open as openBox, Password, PublicKey, Sealed, seal as sealBox } from "idos-crypto";
import nacl from "tweetnacl";
import { expect, test } from "vitest";
import { readDocument } from "../../src/credential/document.ts";
import { PersonKeys } from "../../src/keys/person-keys.ts";
import { SUBJECT, textOf } from "../support/credentials.ts";

const USER = "1b4e28ba-2fa1-41d2-883f-0016d3cca427";

test("boxes of tweetnacl open, and ours open there", async () => {
  const secret = await keyFromPassword(new Password("pässwörd"), USER);
  const keys = PersonKeys.of(USER, secret);
  const [sender, nonce] = [nacl.box.keyPair(), nacl.randomBytes(24)];
  const boxed = nacl.box(textOf(SUBJECT), nonce, keys.publicKey().toBytes(), sender.secretKey);
  const content = Buffer.concat([nonce, boxed]).toString("base64");
  const row = Sealed.fromBase64(content, Buffer.from(sender.publicKey).toString("base64"));
  expect(readDocument(keys.open(row))).toEqual(SUBJECT);

  const recipient = nacl.box.keyPair();
  const copy = sealBox(PublicKey.fromBytes(recipient.publicKey), textOf(SUBJECT));
  const [head, rest] = [copy.content.subarray(0, 24), copy.content.subarray(24)];
  const opened = nacl.box.open(rest, head, copy.encryptorPublicKey.toBytes(), recipient.secretKey);
  expect(opened).toEqual(textOf(SUBJECT));
  expect(() => openBox(secret, copy)).toThrow();
});
