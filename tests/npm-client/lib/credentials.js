// Encrypted and signed credentials, built the way the SDK builds them.
import { createHash, randomUUID } from "node:crypto";
import nacl from "tweetnacl";

const b64 = (bytes) => Buffer.from(bytes).toString("base64");
const unb64 = (text) => new Uint8Array(Buffer.from(text, "base64"));
const utf8 = (text) => new TextEncoder().encode(text);
const hex = (bytes) => Buffer.from(bytes).toString("hex");

/** base64(nonce ‖ box) to the recipient, from a fresh key pair each time. */
export function encrypt(plaintext, recipientPublicKey) {
  const sender = nacl.box.keyPair();
  const nonce = nacl.randomBytes(nacl.box.nonceLength);
  const box = nacl.box(utf8(plaintext), nonce, recipientPublicKey, sender.secretKey);
  return { content: b64(Buffer.concat([nonce, box])), encryptor_public_key: b64(sender.publicKey) };
}

/** The plaintext of a row with `content` and `encryptor_public_key`, or null for the wrong key. */
export function decrypt({ content, encryptor_public_key }, secretKey) {
  const bytes = unb64(content);
  const [nonce, box] = [bytes.subarray(0, nacl.box.nonceLength), bytes.subarray(nacl.box.nonceLength)];
  const plain = nacl.box.open(box, nonce, unb64(encryptor_public_key), secretKey);
  return plain && Buffer.from(plain).toString("utf8");
}

export const contentHash = (plaintext) => createHash("sha256").update(plaintext).digest("hex");

/** The two signatures of an issuer: over the notes, and over that signature with the content. */
export function sign(issuer, publicNotes, content) {
  const first = nacl.sign.detached(utf8(publicNotes), issuer.secretKey);
  const both = nacl.sign.detached(Buffer.concat([first, unb64(content)]), issuer.secretKey);
  return {
    issuer_auth_public_key: hex(issuer.publicKey),
    public_notes_signature: b64(first),
    broader_signature: b64(both),
  };
}

export const newNotes = (more = {}) => JSON.stringify({ id: randomUUID(), type: "human", level: "basic", ...more });

/** All arguments of `add_credential` but the user. */
export function credential({ to, issuer, notes = newNotes(), plaintext = "the plaintext" }) {
  const box = encrypt(plaintext, to);
  return { id: randomUUID(), public_notes: notes, ...box, ...sign(issuer, notes, box.content) };
}

/** All arguments of `share_credential`: the copy is signed by a throw-away key. */
export function copyFor({ original, to, grantee, plaintext = "the plaintext", lockedUntil = 0 }) {
  return {
    ...credential({ to, issuer: nacl.sign.keyPair(), notes: "", plaintext }),
    original_credential_id: original,
    content_hash: contentHash(plaintext),
    grantee_wallet_identifier: grantee,
    locked_until: lockedUntil,
  };
}

/** The credential half of `create_credentials_by_dwg`. */
export function delegatedPair({ issuer, to, copyTo, notes = newNotes(), plaintext = "the plaintext" }) {
  const original = credential({ to, issuer, notes, plaintext });
  const copy = credential({ to: copyTo, issuer, notes: "", plaintext });
  return {
    issuer_auth_public_key: original.issuer_auth_public_key,
    original_encryptor_public_key: original.encryptor_public_key,
    original_credential_id: original.id,
    original_content: original.content,
    original_public_notes: notes,
    original_public_notes_signature: original.public_notes_signature,
    original_broader_signature: original.broader_signature,
    copy_encryptor_public_key: copy.encryptor_public_key,
    copy_credential_id: copy.id,
    copy_content: copy.content,
    copy_public_notes_signature: copy.public_notes_signature,
    copy_broader_signature: copy.broader_signature,
    content_hash: contentHash(plaintext),
  };
}

/** The same base64 or hex text with one bit of its first byte changed. */
export function flipped(text, encoding = "base64") {
  const bytes = Buffer.from(text, encoding);
  bytes[0] ^= 1;
  return bytes.toString(encoding);
}
