import { concatBytes, randomBytes } from "@noble/hashes/utils.js";
import { SecretKey } from "./box-key.ts";
import { deriveFrom } from "./derive.ts";
import { HybridSecretKey } from "./hybrid-key.ts";
import { SecretBytes, using } from "./secret.ts";

const SEED_BYTES = 32;
/** Length of a key in bytes, as it is wrapped. */
export const USER_KEY_BYTES = 64;

/**
 * The key of a person: a random seed from which everything is derived, and the X25519 key that others seal to. That
 * one is derived from the seed too, or was adopted from the compatible suite, so that nothing has to be sealed again.
 */
export class UserKey {
  readonly #seed: SecretBytes;
  readonly #encryption: SecretKey;

  private constructor(seed: Uint8Array, encryption: SecretKey) {
    this.#seed = new SecretBytes(seed);
    this.#encryption = encryption;
  }

  /** A random one, with an encryption key of its own. */
  static generate(): UserKey {
    const seed = randomBytes(SEED_BYTES);
    const derived = deriveFrom(seed, "idos/user-key/encryption/v1", 32);
    return new UserKey(seed, using(derived, SecretKey.fromBytes));
  }

  /**
   * A random one that keeps a copy of the encryption key a person has, for instance by the compatible suite: others
   * go on sealing to it. Whoever knows the password that it came from can still derive it, so a new password protects
   * only once the key is replaced.
   */
  static adopt(encryption: SecretKey): UserKey {
    return new UserKey(randomBytes(SEED_BYTES), using(encryption.expose(), SecretKey.fromBytes));
  }

  /** @internal Reads as many bytes as `toBytes` writes; copies them. */
  static fromBytes(bytes: Uint8Array): UserKey {
    return new UserKey(bytes.slice(0, SEED_BYTES), SecretKey.fromBytes(bytes.subarray(SEED_BYTES)));
  }

  /** What opens boxes that were sealed for the person: wiped with this key. */
  get encryptionKey(): SecretKey {
    return this.#encryption;
  }

  /** What opens envelopes of the post-quantum suite that were sealed for the person: to be wiped by the caller. */
  hybridKey(): HybridSecretKey {
    return using(deriveFrom(this.seed, "idos/user-key/hybrid/v1", 32), HybridSecretKey.fromBytes);
  }

  /** @internal The seed, not to be kept. */
  get seed(): Uint8Array {
    return this.#seed.bytes;
  }

  /** @internal What is wrapped: to be wiped by the caller. */
  toBytes(): Uint8Array {
    return using(this.#encryption.expose(), (encryption) => concatBytes(this.seed, encryption));
  }

  /** @internal A copy that is wiped for itself. */
  copy(): UserKey {
    return using(this.toBytes(), UserKey.fromBytes);
  }

  wipe(): void {
    this.#seed.wipe();
    this.#encryption.wipe();
  }
}
