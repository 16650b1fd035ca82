// Recorded bytes: those of the official client, and what the Rust crate ever sealed. They must open for ever.
import { ed25519 } from "@noble/curves/ed25519.js";
import { bytesToHex, concatBytes } from "@noble/hashes/utils.js";
import { ml_kem768_x25519 as xWing } from "@noble/post-quantum/hybrid.js";
import { mnemonicToSeedSync } from "@scure/bip39";
import { describe, expect, test } from "vitest";
import {
  contentHash,
  type Factor,
  HybridPublicKey,
  HybridSecretKey,
  KeyRing,
  keyFromPassword,
  open,
  openEnvelope,
  PasskeySecret,
  Password,
  PublicKey,
  RecoveryWords,
  Sealed,
  SecretKey,
  SigningKey,
} from "../../src/index.ts";
import { sealBy } from "../../src/sealed.ts";
import { base64, fixture, fromUtf8, hex, refusal, utf8 } from "../support/fixtures.ts";

interface Official {
  key_derivation: Record<
    "password" | "password_nfkc" | "user_id" | "secret_key_b64" | "public_key_b64",
    string
  >[];
  box: Record<
    | "recipient_secret_key_b64"
    | "recipient_public_key_b64"
    | "ephemeral_secret_key_b64"
    | "encryptor_public_key"
    | "nonce_hex"
    | "plaintext"
    | "content"
    | "content_hash",
    string
  >;
  credential_signatures: Record<
    | "issuer_seed_hex"
    | "issuer_auth_public_key"
    | "public_notes"
    | "content"
    | "public_notes_signature"
    | "broader_signature",
    string
  >[];
  shared_copy_by_the_sdk: Record<
    | "content"
    | "public_notes"
    | "public_notes_signature"
    | "broader_signature"
    | "issuer_auth_public_key"
    | "encryptor_public_key",
    string
  >;
  facesign_key: { mnemonic: string; public_key: string };
}
interface Ours {
  compatible: Record<"content" | "encryptor_public_key" | "plaintext" | "secret_key", string>;
  envelope_1: Record<"context" | "envelope" | "plaintext" | "secret_key", string>;
  key_ring_1: Record<
    | "encryption_key"
    | "envelope_for_it"
    | "passkey_id"
    | "passkey_input"
    | "passkey_secret"
    | "password"
    | "plaintext"
    | "public_key"
    | "recovery_wallet"
    | "recovery_words"
    | "ring"
    | "user",
    string
  > & { revision: number; opens_also: "compatible" };
}
type XWing = Record<"sk" | "pk" | "eseed" | "ct" | "ss", string>;

const official = fixture<Official>("protocol/sdk-vectors.json");
const ours = fixture<Ours>("crypto/sealed.json");
const { vectors: xWings } = fixture<{ vectors: XWing[] }>("crypto/x-wing.json");

test("passwords give the keys of the official client", async () => {
  expect(official.key_derivation).toHaveLength(4);
  for (const vector of official.key_derivation) {
    for (const typed of [vector.password, vector.password_nfkc]) {
      const key = await keyFromPassword(new Password(typed), vector.user_id);
      expect(key.expose()).toEqual(base64(vector.secret_key_b64));
      expect(key.publicKey().toBase64()).toBe(vector.public_key_b64);
    }
  }
  const [first] = official.key_derivation;
  const other = await keyFromPassword(new Password("another"), first?.user_id ?? "");
  expect(other.publicKey().toBase64()).not.toBe(first?.public_key_b64);
});

describe("the box of the official client", () => {
  const { box } = official;
  const recipient = SecretKey.fromBytes(base64(box.recipient_secret_key_b64));

  test("is made byte by byte, and opens", () => {
    const key = recipient.publicKey();
    expect(key.toBase64()).toBe(box.recipient_public_key_b64);
    const sender = SecretKey.fromBytes(base64(box.ephemeral_secret_key_b64));
    const sealed = sealBy(key, sender, hex(box.nonce_hex), utf8(box.plaintext));
    expect(sealed.contentBase64()).toBe(box.content);
    expect(sealed.encryptorPublicKey.toBase64()).toBe(box.encryptor_public_key);
    const read = Sealed.fromBase64(box.content, box.encryptor_public_key);
    expect(fromUtf8(open(recipient, read))).toBe(box.plaintext);
    expect(contentHash(utf8(box.plaintext))).toBe(box.content_hash);
  });

  test("is also what its shared copy holds", () => {
    const copy = official.shared_copy_by_the_sdk;
    const read = Sealed.fromBase64(copy.content, copy.encryptor_public_key);
    expect(fromUtf8(open(recipient, read))).toBe(box.plaintext);
    const [first, broader] = [base64(copy.public_notes_signature), base64(copy.broader_signature)];
    const issuer = hex(copy.issuer_auth_public_key);
    expect(ed25519.verify(first, utf8(copy.public_notes), issuer)).toBe(true);
    expect(ed25519.verify(broader, concatBytes(first, read.content), issuer)).toBe(true);
    expect(ed25519.verify(broader, read.content, issuer)).toBe(false);
  });
});

test("credentials are signed as by the official client", () => {
  expect(official.credential_signatures).toHaveLength(2);
  for (const vector of official.credential_signatures) {
    const key = SigningKey.fromSeed(hex(vector.issuer_seed_hex));
    const { content } = Sealed.fromBase64(vector.content, official.box.encryptor_public_key);
    const signed = key.signCredential(vector.public_notes, content);
    expect(signed).toEqual({
      issuerAuthPublicKey: vector.issuer_auth_public_key,
      publicNotesSignature: vector.public_notes_signature,
      broaderSignature: vector.broader_signature,
    });
    const other = key.signCredential(`${vector.public_notes} `, content);
    expect(other.publicNotesSignature).not.toBe(signed.publicNotesSignature);
    expect(other.broaderSignature).not.toBe(signed.broaderSignature);
  }
});

test("the wallet of FaceSign is the first half of the seed", () => {
  const seed = mnemonicToSeedSync(official.facesign_key.mnemonic).slice(0, 32);
  expect(SigningKey.fromSeed(seed).publicKeyHex()).toBe(official.facesign_key.public_key);
});

test("X-Wing is that of the draft", () => {
  expect(xWings).toHaveLength(3);
  for (const { sk, pk, eseed, ct, ss } of xWings) {
    const secret = HybridSecretKey.fromBytes(hex(sk));
    expect(bytesToHex(secret.publicKey().toBytes())).toBe(pk);
    expect(HybridPublicKey.fromBytes(hex(pk)).toBytes()).toEqual(hex(pk));
    const { cipherText, sharedSecret } = xWing.encapsulate(hex(pk), hex(eseed));
    expect(bytesToHex(cipherText)).toBe(ct);
    expect(bytesToHex(sharedSecret)).toBe(ss);
    expect(secret.decapsulate(hex(ct))).toEqual(hex(ss));
  }
});

test("the compatible box opens for ever", () => {
  const vector = ours.compatible;
  const sealed = Sealed.fromBase64(vector.content, vector.encryptor_public_key);
  expect(sealed.contentBase64()).toBe(vector.content);
  const key = SecretKey.fromBytes(hex(vector.secret_key));
  expect(fromUtf8(open(key, sealed))).toBe(vector.plaintext);
});

test("envelope 1 opens for ever, and only in its place", () => {
  const vector = ours.envelope_1;
  const key = HybridSecretKey.fromBytes(hex(vector.secret_key));
  const envelope = hex(vector.envelope);
  expect(fromUtf8(openEnvelope(key, utf8(vector.context), envelope))).toBe(vector.plaintext);
  expect(refusal(() => openEnvelope(key, utf8(`${vector.context}0`), envelope))).toBe("OpenError.Altered");
});

test("key ring 1 opens for ever by everything it wraps for", async () => {
  const vector = ours.key_ring_1;
  const ring = KeyRing.fromBase64(vector.ring, vector.user);
  expect(ring.toBase64()).toBe(vector.ring);
  const revision = BigInt(vector.revision);
  expect(ring.revision).toBe(revision);

  const words = RecoveryWords.parse(vector.recovery_words);
  expect(words.expose()).toBe(vector.recovery_words);
  expect(words.signingKey().publicKeyHex()).toBe(vector.recovery_wallet);
  const id = hex(vector.passkey_id);
  const passkey = ring.wraps.map(({ by }) => by).find((by) => by.kind === "passkey");
  expect(passkey).toEqual({ kind: "passkey", id, input: hex(vector.passkey_input) });

  const factors: Factor[] = [
    { kind: "password", password: new Password(vector.password) },
    { kind: "words", words },
    { kind: "passkey", id, secret: new PasskeySecret(hex(vector.passkey_secret)) },
  ];
  for (const factor of factors) {
    const { keys } = await ring.unlock(factor, revision);
    expect(keys.publicKey().toBase64()).toBe(vector.public_key);
    expect(keys.current.encryptionKey.expose()).toEqual(hex(vector.encryption_key));
    const opened = keys.openEnvelope(new Uint8Array(), hex(vector.envelope_for_it));
    expect(fromUtf8(opened)).toBe(vector.plaintext);
    const old = ours[vector.opens_also];
    const sealed = Sealed.fromBase64(old.content, old.encryptor_public_key);
    expect(fromUtf8(keys.open(sealed))).toBe(old.plaintext);
    expect(keys.standing(PublicKey.fromBase64(vector.public_key))).toBe("current");
    expect(keys.standing(SecretKey.fromBytes(hex(old.secret_key)).publicKey())).toBe("former");
  }
});
