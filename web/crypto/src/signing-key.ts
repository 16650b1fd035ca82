import { ed25519 } from "@noble/curves/ed25519.js";
import { bytesToHex, concatBytes, randomBytes } from "@noble/hashes/utils.js";
import { toBase64, utf8 } from "./bytes/bytes.ts";
import { UsageError } from "./errors.ts";
import { SecretBytes } from "./secret.ts";

const SEED_BYTES = 32;

/** The columns of a credential that prove who issued it. */
export interface CredentialSignatures {
  /** The key that signed, in lower-case hexadecimal. */
  readonly issuerAuthPublicKey: string;
  /** Its signature over the public notes, in base64. */
  readonly publicNotesSignature: string;
  /** Its signature over that signature and the sealed content, in base64. */
  readonly broaderSignature: string;
}

/** An ed25519 key that signs: an issuer's over credentials, and the wallet of the recovery words. */
export class SigningKey {
  readonly #seed: SecretBytes;

  private constructor(seed: Uint8Array) {
    this.#seed = new SecretBytes(seed);
  }

  /** A random one: for instance the throw-away key by which a person signs a copy. */
  static generate(): SigningKey {
    return new SigningKey(randomBytes(SEED_BYTES));
  }

  /** The key of a seed of RFC 8032: 32 bytes, of which a copy is made. */
  static fromSeed(seed: Uint8Array): SigningKey {
    if (seed.length !== SEED_BYTES) {
      throw new UsageError("Argument", `a seed is ${seed.length} bytes long instead of ${SEED_BYTES}`);
    }
    return new SigningKey(seed.slice());
  }

  /** The public key. */
  publicKey(): Uint8Array {
    return ed25519.getPublicKey(this.#seed.bytes);
  }

  /** The public key in lower-case hexadecimal, as grants, profiles and callers name it. */
  publicKeyHex(): string {
    return bytesToHex(this.publicKey());
  }

  /** Signs any message: 64 bytes. */
  sign(message: Uint8Array): Uint8Array {
    return ed25519.sign(message, this.#seed.bytes);
  }

  /**
   * Signs public notes and sealed content so that they belong together; `content` is not in base64. Of a copy the
   * notes are empty.
   */
  signCredential(publicNotes: string, content: Uint8Array): CredentialSignatures {
    const first = this.sign(utf8(publicNotes));
    return {
      issuerAuthPublicKey: this.publicKeyHex(),
      publicNotesSignature: toBase64(first),
      broaderSignature: toBase64(this.sign(concatBytes(first, content))),
    };
  }

  wipe(): void {
    this.#seed.wipe();
  }
}
