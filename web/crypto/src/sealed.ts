// The compatible suite: X25519-XSalsa20-Poly1305 as NaCl's box, `nonce ‖ tag ‖ ciphertext`. The bytes have no version,
// and a box that was made for another key cannot be told from an altered one. The sender is a key that is made for
// this one box and forgotten.
import { hsalsa, xsalsa20poly1305 } from "@noble/ciphers/salsa.js";
import { u32 } from "@noble/ciphers/utils.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, concatBytes, randomBytes } from "@noble/hashes/utils.js";
import { PublicKey, SecretKey } from "./box-key.ts";
import { base64Length, fromBase64, toBase64, utf8 } from "./bytes/bytes.ts";
import { OpenError, SealError } from "./errors.ts";
import { SEALED_BYTES } from "./limits.ts";
import { using, wipe } from "./secret.ts";

const NONCE_BYTES = 24;
const TAG_BYTES = 16;
/** Length of a box around nothing. */
const EMPTY_BYTES = NONCE_BYTES + TAG_BYTES;

/** A text in the box of the compatible suite: the columns `content` and `encryptor_public_key` of a credential. */
export class Sealed {
  /** `nonce ‖ tag ‖ ciphertext`. */
  readonly content: Uint8Array;
  /** The key that was made for this box. */
  readonly encryptorPublicKey: PublicKey;

  /**
   * Takes `nonce ‖ tag ‖ ciphertext` and the key of the sender.
   *
   * @throws OpenError
   */
  constructor(content: Uint8Array, encryptorPublicKey: PublicKey) {
    checkSize(content.length);
    if (content.length < EMPTY_BYTES) {
      throw truncated(content.length, EMPTY_BYTES);
    }
    this.content = content;
    this.encryptorPublicKey = encryptorPublicKey;
  }

  /**
   * Reads both as the columns have them, in standard base64 with padding.
   *
   * @throws OpenError, KeyError
   */
  static fromBase64(content: string, encryptorPublicKey: string): Sealed {
    if (content.length > base64Length(SEALED_BYTES)) {
      checkSize(Math.floor(content.length / 4) * 3);
    }
    const key = PublicKey.fromBase64(encryptorPublicKey);
    const bytes = fromBase64(content);
    if (bytes === undefined) {
      const message = "the content is not standard base64 with padding; whoever sealed it must encode it so";
      throw new OpenError("Encoding", message);
    }
    return new Sealed(bytes, key);
  }

  /** The column `content`. */
  contentBase64(): string {
    return toBase64(this.content);
  }
}

/**
 * Seals a text so that only the holder of the secret key opens it. Nobody can tell who sealed.
 *
 * @throws SealError
 */
export function seal(recipient: PublicKey, plaintext: Uint8Array): Sealed {
  const sender = SecretKey.generate();
  try {
    return sealBy(recipient, sender, randomBytes(NONCE_BYTES), plaintext);
  } finally {
    wipe(sender);
  }
}

/** @internal The same with a given sender and nonce, of which no two texts may have the same. */
export function sealBy(
  recipient: PublicKey,
  sender: SecretKey,
  nonce: Uint8Array,
  plaintext: Uint8Array,
): Sealed {
  const most = SEALED_BYTES - EMPTY_BYTES;
  checkPlaintext(plaintext.length, most);
  const boxed = withBoxKey(sender, recipient, (key) => xsalsa20poly1305(key, nonce).encrypt(plaintext));
  if (boxed === undefined) {
    throw weakRecipient();
  }
  return new Sealed(concatBytes(nonce, boxed), sender.publicKey());
}

/**
 * Opens a box that was sealed for this key. Wipe the text when it is no longer needed.
 *
 * @throws OpenError
 */
export function open(recipient: SecretKey, { content, encryptorPublicKey }: Sealed): Uint8Array {
  const [nonce, boxed] = [content.subarray(0, NONCE_BYTES), content.subarray(NONCE_BYTES)];
  const opened = withBoxKey(recipient, encryptorPublicKey, (key) => {
    try {
      return xsalsa20poly1305(key, nonce).decrypt(boxed);
    } catch {
      const message =
        "it was sealed for another key, or altered since; check the password, or fetch it again";
      throw new OpenError("Refused", message);
    }
  });
  if (opened === undefined) {
    const message = "the sender's key is of small order: anyone could have made this; do not trust it";
    throw new OpenError("WeakKey", message);
  }
  return opened;
}

/**
 * What the access grants on a text name: the SHA-256 of its plaintext, the same for every copy, in lower-case
 * hexadecimal as the column `content_hash` has it.
 */
export function contentHash(plaintext: Uint8Array): string {
  return bytesToHex(sha256(plaintext));
}

/** @internal Only what fits a transaction is sealed. */
export function checkPlaintext(length: number, most: number): void {
  if (length > most) {
    const message = `the text is ${length} bytes long, at most ${most} can be sealed; whoever seals must shorten it`;
    throw new SealError("TooLarge", message);
  }
}

/** @internal Whatever is sealed to such a key, anyone can open. */
export function weakRecipient(): SealError {
  const message = "the recipient's key is of small order: it protects nothing; they must send another";
  return new SealError("WeakKey", message);
}

/** @internal What is opened is at most as long as what the network stores. */
export function checkSize(length: number): void {
  if (length > SEALED_BYTES) {
    const message = `what is sealed is ${length} bytes long, at most ${SEALED_BYTES} are opened`;
    throw new OpenError("TooLarge", `${message}; do not trust its sender`);
  }
}

/** @internal It is shorter than anything sealed. */
export function truncated(length: number, least: number): OpenError {
  const message = `what is sealed is ${length} bytes long, at least ${least} are needed: it was cut; fetch it again`;
  return new OpenError("Truncated", message);
}

/** The key of a box as NaCl derives it: HSalsa20 of the shared secret. `undefined` if a key is of small order. */
function withBoxKey<T>(mine: SecretKey, theirs: PublicKey, use: (key: Uint8Array) => T): T | undefined {
  const shared = mine.shared(theirs);
  if (shared === undefined) {
    return undefined;
  }
  // Both in memory of their own, which is aligned for words.
  const [secret, sigma] = [shared.slice(), utf8("expand 32-byte k").slice()];
  wipe(shared);
  return using(secret, () =>
    using(new Uint8Array(32), (key) => {
      hsalsa(u32(sigma), u32(secret), new Uint32Array(4), u32(key));
      return use(key);
    }),
  );
}
