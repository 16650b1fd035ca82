// X-Wing keys (X25519 with ML-KEM-768) of the post-quantum suite.
import { randomBytes } from "@noble/hashes/utils.js";
import { ml_kem768_x25519 as xWing } from "@noble/post-quantum/hybrid.js";
import { ml_kem768 } from "@noble/post-quantum/ml-kem.js";
import { checkedKey, decodeKey } from "./box-key.ts";
import { toBase64 } from "./bytes/bytes.ts";
import { KeyError } from "./errors.ts";
import { SecretBytes, using } from "./secret.ts";

const PUBLIC_BYTES = 1216;
const ML_KEM_BYTES = 1184;
const SEED_BYTES = 32;

/** A public key of the post-quantum suite: 1,216 bytes. */
export class HybridPublicKey {
  readonly #bytes: Uint8Array;

  private constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  /** @internal That of a secret key, which needs no check. */
  static of(seed: Uint8Array): HybridPublicKey {
    return new HybridPublicKey(xWing.getPublicKey(seed));
  }

  /**
   * Reads 1,216 bytes. Those of ML-KEM-768 have to be a key by FIPS 203.
   *
   * @throws KeyError
   */
  static fromBytes(bytes: Uint8Array): HybridPublicKey {
    return new HybridPublicKey(checkedMlKem(checkedKey(bytes, PUBLIC_BYTES).slice()));
  }

  /**
   * Reads standard base64 with padding.
   *
   * @throws KeyError
   */
  static fromBase64(text: string): HybridPublicKey {
    return new HybridPublicKey(checkedMlKem(decodeKey(text, PUBLIC_BYTES)));
  }

  /** A copy of the 1,216 bytes. */
  toBytes(): Uint8Array {
    return this.#bytes.slice();
  }

  /** Standard base64 with padding. */
  toBase64(): string {
    return toBase64(this.#bytes);
  }
}

/** The library checks a key when it is used, and has no name for the check alone. */
function checkedMlKem(bytes: Uint8Array): Uint8Array {
  try {
    using(ml_kem768.encapsulate(bytes.subarray(0, ML_KEM_BYTES)).sharedSecret, () => undefined);
    return bytes;
  } catch (cause) {
    const message = "the key is not one of X-Wing; whoever sent it must send another";
    throw new KeyError("Invalid", message, { cause });
  }
}

/** A secret key of the post-quantum suite: the seed of both its parts. It opens envelopes, and nothing else. */
export class HybridSecretKey {
  readonly #seed: SecretBytes;

  private constructor(seed: Uint8Array) {
    this.#seed = new SecretBytes(seed);
  }

  /** A random one. */
  static generate(): HybridSecretKey {
    return new HybridSecretKey(randomBytes(SEED_BYTES));
  }

  /**
   * Takes a copy of a seed of 32 secret bytes, of which any are a key.
   *
   * @throws KeyError
   */
  static fromBytes(seed: Uint8Array): HybridSecretKey {
    return new HybridSecretKey(checkedKey(seed, SEED_BYTES).slice());
  }

  /** A copy of the secret seed, for whoever has to store it: wipe it afterwards. */
  expose(): Uint8Array {
    return this.#seed.bytes.slice();
  }

  /** What others seal to. */
  publicKey(): HybridPublicKey {
    return HybridPublicKey.of(this.#seed.bytes);
  }

  /** @internal The secret of an X-Wing ciphertext; `undefined` if its X25519 key is of small order. */
  decapsulate(ciphertext: Uint8Array): Uint8Array | undefined {
    const seed = this.#seed.bytes;
    try {
      return xWing.decapsulate(ciphertext, seed);
    } catch {
      return undefined;
    }
  }

  wipe(): void {
    this.#seed.wipe();
  }
}
