// What is sealed here, the library of the official client opens, and the other way round.
import nacl from "tweetnacl";
import { expect, test } from "vitest";
import { open, PublicKey, Sealed, SecretKey, seal } from "../../src/index.ts";
import { refusal } from "../support/fixtures.ts";

const LENGTHS = [0, 1, 15, 16, 31, 32, 33, 63, 64, 65, 1_000, 100_001];
const NONCE = nacl.box.nonceLength;

test.each(LENGTHS)("%i bytes open on both sides", (length) => {
  const text = Uint8Array.from({ length }, (_, at) => at % 251);
  const key = SecretKey.generate();
  const { secretKey, publicKey } = nacl.box.keyPair.fromSecretKey(key.expose());
  expect(key.publicKey().toBytes()).toEqual(publicKey);

  const { content, encryptorPublicKey } = seal(key.publicKey(), text);
  const [nonce, boxed] = [content.slice(0, NONCE), content.slice(NONCE)];
  const sender = encryptorPublicKey.toBytes();
  expect(nacl.box.open(boxed, nonce, sender, secretKey)).toEqual(text);
  // One for somebody else: the other side refuses, or this test shows nothing.
  expect(nacl.box.open(boxed, nonce, sender, nacl.box.keyPair().secretKey)).toBeNull();

  const theirs = nacl.box.keyPair();
  const box = nacl.box(text, nonce, publicKey, theirs.secretKey);
  const sealed = new Sealed(new Uint8Array([...nonce, ...box]), PublicKey.fromBytes(theirs.publicKey));
  expect(open(key, sealed)).toEqual(text);
  expect(refusal(() => open(SecretKey.generate(), sealed))).toBe("OpenError.Refused");
});
