import { equalBytes } from "@noble/ciphers/utils.js";
import { x25519 } from "@noble/curves/ed25519.js";
import { randomBytes } from "@noble/hashes/utils.js";
import { base64Length, fromBase64, toBase64 } from "./bytes/bytes.ts";
import { KeyError } from "./errors.ts";
import { SecretBytes } from "./secret.ts";

const KEY_BYTES = 32;

/** @internal The bytes, if they are as many as a key has. */
export function checkedKey(bytes: Uint8Array, expected: number): Uint8Array {
  if (bytes.length !== expected) {
    throw length(bytes.length, expected);
  }
  return bytes;
}

/** @internal The bytes of a key in standard base64 with padding. */
export function decodeKey(text: string, expected: number): Uint8Array {
  if (text.length > base64Length(expected)) {
    throw length(Math.floor(text.length / 4) * 3, expected);
  }
  const bytes = fromBase64(text);
  if (bytes === undefined) {
    const message = "the key is not standard base64 with padding; whoever sent it must encode it so";
    throw new KeyError("Encoding", message);
  }
  return checkedKey(bytes, expected);
}

function length(got: number, expected: number): KeyError {
  const message = `the key is ${got} bytes long instead of ${expected}; it may be one of another suite`;
  return new KeyError("Length", message);
}

/** A public key (X25519) of the compatible suite: what others seal to. */
export class PublicKey {
  readonly #bytes: Uint8Array;

  private constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  /**
   * Takes 32 bytes.
   *
   * @throws KeyError
   */
  static fromBytes(bytes: Uint8Array): PublicKey {
    return new PublicKey(checkedKey(bytes, KEY_BYTES).slice());
  }

  /**
   * Reads standard base64 with padding, as clients and profiles have it.
   *
   * @throws KeyError
   */
  static fromBase64(text: string): PublicKey {
    return new PublicKey(decodeKey(text, KEY_BYTES));
  }

  /** A copy of the 32 bytes. */
  toBytes(): Uint8Array {
    return this.#bytes.slice();
  }

  /** Standard base64 with padding. */
  toBase64(): string {
    return toBase64(this.#bytes);
  }

  /** Whether both are the same key. */
  equals(other: PublicKey): boolean {
    return equalBytes(this.#bytes, other.#bytes);
  }
}

/** A secret key (X25519) of the compatible suite. It opens boxes, and nothing of any other suite. */
export class SecretKey {
  readonly #bytes: SecretBytes;

  private constructor(bytes: Uint8Array) {
    this.#bytes = new SecretBytes(bytes);
  }

  /** A random one. */
  static generate(): SecretKey {
    return new SecretKey(randomBytes(KEY_BYTES));
  }

  /**
   * Takes a copy of 32 secret bytes, of which any are a key.
   *
   * @throws KeyError
   */
  static fromBytes(bytes: Uint8Array): SecretKey {
    return new SecretKey(checkedKey(bytes, KEY_BYTES).slice());
  }

  /** A copy of the secret bytes, for whoever has to store them: wipe it afterwards. */
  expose(): Uint8Array {
    return this.#bytes.bytes.slice();
  }

  /** What others seal to. */
  publicKey(): PublicKey {
    return PublicKey.fromBytes(x25519.getPublicKey(this.#bytes.bytes));
  }

  /** @internal What both sides of a box compute; `undefined` if the other key is of small order. */
  shared(other: PublicKey): Uint8Array | undefined {
    const secret = this.#bytes.bytes;
    try {
      return x25519.getSharedSecret(secret, other.toBytes());
    } catch {
      return undefined;
    }
  }

  wipe(): void {
    this.#bytes.wipe();
  }
}
