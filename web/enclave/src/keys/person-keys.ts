import { EnclaveError, type Holder } from "idos-client/enclave";
import { contentHash, open, PublicKey, type Sealed, SecretKey, UserKeys, wipe } from "idos-crypto";

/** The keys of a person, as windows hand them to the frame, and as the vault keeps them. */
export interface KeyBytes {
  readonly userId: string;
  /** Derived from the password alone, or out of a key ring. */
  readonly kind: "compatible" | "ring";
  /** To be wiped by whoever reads them. */
  readonly bytes: Uint8Array;
}

/** The keys of a person, opened. */
export class PersonKeys {
  readonly userId: string;
  readonly #keys: SecretKey | UserKeys;

  private constructor(userId: string, keys: SecretKey | UserKeys) {
    this.userId = userId;
    this.#keys = keys;
  }

  /** Keeps the given keys; they are wiped with this. */
  static of(userId: string, keys: SecretKey | UserKeys): PersonKeys {
    return new PersonKeys(userId.toLowerCase(), keys);
  }

  /** Reads what `expose` gave, and wipes it. */
  static read({ userId, kind, bytes }: KeyBytes): PersonKeys {
    try {
      return PersonKeys.of(userId, kind === "ring" ? UserKeys.fromBytes(bytes) : SecretKey.fromBytes(bytes));
    } finally {
      wipe(bytes);
    }
  }

  expose(): KeyBytes {
    const kind = this.#keys instanceof UserKeys ? "ring" : "compatible";
    return { userId: this.userId, kind, bytes: this.#keys.expose() };
  }

  isOf(userId: string): boolean {
    return this.userId === userId.toLowerCase();
  }

  /** What others seal to. */
  publicKey(): PublicKey {
    return this.#keys.publicKey();
  }

  /** Whether this may be the key of the profile: the present one, or one that it replaced. */
  owns(shown: PublicKey): boolean {
    return this.#keys instanceof UserKeys
      ? this.#keys.standing(shown) !== "unknown"
      : this.#keys.publicKey().equals(shown);
  }

  /** The keys out of a ring; undefined of people whose key is derived from the password. */
  get ring(): UserKeys | undefined {
    return this.#keys instanceof UserKeys ? this.#keys : undefined;
  }

  /** Opens a box; the caller wipes what is in it. */
  open(sealed: Sealed): Uint8Array {
    return this.#keys instanceof UserKeys ? this.#keys.open(sealed) : open(this.#keys, sealed);
  }

  wipe(): void {
    this.#keys.wipe();
  }
}

/** Refuses keys that are not of the key that the page gives as the profile's: what is sealed for that one is not theirs. */
export function checkOwner(keys: PersonKeys, { encryptionPublicKey }: Holder): void {
  if (!keys.owns(publicKey(encryptionPublicKey, "the profile"))) {
    throw new EnclaveError(
      "KeyRing",
      "the site gives a key for the profile that is none of this person's: do not use it",
    );
  }
}

/** Keys that are of the key that the profile shows; others are wiped, and refused. */
export function owned(keys: PersonKeys, holder: Holder): PersonKeys {
  try {
    checkOwner(keys, holder);
    return keys;
  } catch (error) {
    wipe(keys);
    throw error;
  }
}

/** Reads a public key that the page or the network gives. */
export function publicKey(base64: string, whose: string): PublicKey {
  try {
    return PublicKey.fromBase64(base64);
  } catch (cause) {
    throw new EnclaveError("BadRequest", `the encryption key of ${whose} is none`, { cause });
  }
}

/** A key as people compare it: the beginning of its SHA-256 in groups of four digits. */
export function fingerprint(key: PublicKey): string {
  return (contentHash(key.toBytes()).slice(0, 32).match(/.{4}/g) ?? []).join(" ");
}
