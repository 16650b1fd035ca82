// The post-quantum suite: an envelope with a version, for what must stay secret for decades.
//
//     "idOS" ‖ version 1 ‖ X-Wing ciphertext (1120) ‖ commitment (32) ‖ XChaCha20-Poly1305
//
// Key, nonce and commitment come from the shared secret by HKDF with the recipient's key and the X-Wing ciphertext as
// salt. Bound as associated data: magic and version, and the context.
import { equalBytes } from "@noble/ciphers/utils.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { concatBytes, randomBytes } from "@noble/hashes/utils.js";
import { ml_kem768_x25519 as xWing } from "@noble/post-quantum/hybrid.js";
import { bigEndian, utf8 } from "./bytes/bytes.ts";
import { OpenError } from "./errors.ts";
import type { HybridPublicKey, HybridSecretKey } from "./hybrid-key.ts";
import { SEALED_BYTES } from "./limits.ts";
import { LOCK_BYTES, type LockInput, lock, unlock } from "./lock.ts";
import { checkPlaintext, checkSize, truncated, weakRecipient } from "./sealed.ts";
import { using } from "./secret.ts";

const MAGIC = utf8("idOS");
const VERSION = 1;
const HEAD_BYTES = MAGIC.length + 1;
const ENCAPSULATED_BYTES = 1120;
const RANDOMNESS_BYTES = 64;
/** Length of an envelope around nothing. */
const EMPTY_BYTES = HEAD_BYTES + ENCAPSULATED_BYTES + LOCK_BYTES;
const LABEL = "idos/envelope/v1";

/**
 * Seals a text so that only the holder of the secret key opens it, also if X25519 or ML-KEM is broken one day. It
 * opens only with the same `context`, which says what it belongs to and is not in it: for instance the id of the
 * credential. Nobody can tell who sealed.
 *
 * @throws SealError
 */
export function sealEnvelope(
  recipient: HybridPublicKey,
  context: Uint8Array,
  plaintext: Uint8Array,
): Uint8Array {
  checkPlaintext(plaintext.length, SEALED_BYTES - EMPTY_BYTES);
  return using(randomBytes(RANDOMNESS_BYTES), (randomness) => {
    const { cipherText, sharedSecret } = encapsulate(recipient, randomness);
    return using(sharedSecret, (secret) => {
      const locked = lock(lockInput(secret, recipient, cipherText, context), plaintext);
      return concatBytes(head(), cipherText, locked);
    });
  });
}

/**
 * Opens an envelope that was sealed for this key and with this `context`. Wipe the text when it is no longer needed.
 *
 * @throws OpenError
 */
export function openEnvelope(
  recipient: HybridSecretKey,
  context: Uint8Array,
  envelope: Uint8Array,
): Uint8Array {
  checkSize(envelope.length);
  checkHead(envelope);
  const encapsulated = envelope.subarray(HEAD_BYTES, HEAD_BYTES + ENCAPSULATED_BYTES);
  const shared = recipient.decapsulate(encapsulated);
  if (shared === undefined) {
    throw wrongRecipient();
  }
  return using(shared, (secret) => {
    const input = lockInput(secret, recipient.publicKey(), encapsulated, context);
    const opened = unlock(input, envelope.subarray(HEAD_BYTES + ENCAPSULATED_BYTES));
    if (opened === "WrongKey") {
      throw wrongRecipient();
    }
    if (opened === "Altered") {
      const message = "the envelope was altered, or belongs to something else; fetch it again";
      throw new OpenError("Altered", message);
    }
    return opened;
  });
}

function checkHead(envelope: Uint8Array): void {
  if (!equalBytes(envelope.subarray(0, MAGIC.length), MAGIC)) {
    const message = "this is no sealed envelope; if its sender uses the compatible suite, open it as such";
    throw new OpenError("NotAnEnvelope", message);
  }
  const version = envelope[MAGIC.length];
  if (version !== undefined && version !== VERSION) {
    const message = `the envelope has version ${version}, which this program does not know; update it`;
    throw new OpenError("UnknownVersion", message);
  }
  if (envelope.length < EMPTY_BYTES) {
    throw truncated(envelope.length, EMPTY_BYTES);
  }
}

function wrongRecipient(): OpenError {
  return new OpenError("WrongRecipient", "the envelope was sealed for another key than this one");
}

function encapsulate(recipient: HybridPublicKey, randomness: Uint8Array) {
  try {
    return xWing.encapsulate(recipient.toBytes(), randomness);
  } catch {
    // The part of ML-KEM was checked when the key was read, so it is that of X25519.
    throw weakRecipient();
  }
}

function head(): Uint8Array {
  return concatBytes(MAGIC, Uint8Array.of(VERSION));
}

function lockInput(
  secret: Uint8Array,
  recipient: HybridPublicKey,
  encapsulated: Uint8Array,
  context: Uint8Array,
): LockInput {
  const salt = digestOfParts(utf8(LABEL), recipient.toBytes(), encapsulated);
  return { secret, salt, label: LABEL, bound: concatBytes(head(), context) };
}

/** SHA-256 of parts, each preceded by its length, so that no two different lists of parts hash the same bytes. */
function digestOfParts(...parts: readonly Uint8Array[]): Uint8Array {
  const delimited = parts.flatMap((part) => [bigEndian(part.length, 8).reverse(), part]);
  return sha256(concatBytes(...delimited));
}
