import { concatBytes } from "@noble/hashes/utils.js";
import type { PublicKey } from "./box-key.ts";
import { openEnvelope } from "./envelope.ts";
import { KeyError, OpenError, type OpenReason } from "./errors.ts";
import { FORMER_KEYS } from "./limits.ts";
import { open, type Sealed } from "./sealed.ts";
import { wipe } from "./secret.ts";
import { USER_KEY_BYTES, UserKey } from "./user-key.ts";

/**
 * How a public key stands to the keys of a person. `former`: it was replaced; if the profile still shows it, a
 * replacement was interrupted: publish the current one. `unknown`: it is none of theirs; if the profile shows it, the
 * key ring is an old one or the profile is not theirs: neither is to be used.
 */
export type KeyStanding = "current" | "former" | "unknown";

/** Everything that a person can open with: the current key and those it replaced. */
export class UserKeys {
  /** The key that everything new is sealed with. */
  readonly current: UserKey;
  /** The keys it replaced, the newest first. */
  readonly former: readonly UserKey[];

  /** @internal Key rings make them. */
  constructor(current: UserKey, former: readonly UserKey[]) {
    this.current = current;
    this.former = former;
  }

  /**
   * Reads what `expose` gave; copies it.
   *
   * @throws KeyError
   */
  static fromBytes(bytes: Uint8Array): UserKeys {
    const count = bytes.length / USER_KEY_BYTES;
    if (!Number.isInteger(count) || count < 1 || count > 1 + FORMER_KEYS) {
      throw new KeyError(
        "Length",
        `${bytes.length} bytes are no keys of a person; the caller must pass those of expose`,
      );
    }
    const key = (at: number) =>
      UserKey.fromBytes(bytes.subarray(at * USER_KEY_BYTES, (at + 1) * USER_KEY_BYTES));
    return new UserKeys(
      key(0),
      Array.from({ length: count - 1 }, (_, at) => key(at + 1)),
    );
  }

  /** The secret bytes of all keys, for whoever has to store them or to hand them on: wipe them afterwards. */
  expose(): Uint8Array {
    const parts = [this.current, ...this.former].map((key) => key.toBytes());
    const bytes = concatBytes(...parts);
    wipe(...parts);
    return bytes;
  }

  /** What others are to seal to: the profile should show it. */
  publicKey(): PublicKey {
    return this.current.encryptionKey.publicKey();
  }

  /**
   * Compares the key that the profile shows with those of the person. Do this after unlocking: a node could give the
   * key ring and the profile of different times.
   */
  standing(shown: PublicKey): KeyStanding {
    const isShown = (key: UserKey) => key.encryptionKey.publicKey().equals(shown);
    if (isShown(this.current)) {
      return "current";
    }
    return this.former.some(isShown) ? "former" : "unknown";
  }

  /**
   * Opens a box of the compatible suite with whichever key it was sealed for.
   *
   * @throws OpenError
   */
  open(sealed: Sealed): Uint8Array {
    return this.#first("Refused", (key) => open(key.encryptionKey, sealed));
  }

  /**
   * Opens an envelope of the post-quantum suite with whichever key it was sealed for.
   *
   * @throws OpenError
   */
  openEnvelope(context: Uint8Array, envelope: Uint8Array): Uint8Array {
    return this.#first("WrongRecipient", (key) => {
      const hybrid = key.hybridKey();
      try {
        return openEnvelope(hybrid, context, envelope);
      } finally {
        wipe(hybrid);
      }
    });
  }

  wipe(): void {
    wipe(this.current, ...this.former);
  }

  /** The answer of the first key that does not say that another one is needed. */
  #first(otherKey: OpenReason, open: (key: UserKey) => Uint8Array): Uint8Array {
    let refusal: OpenError | undefined;
    for (const key of [this.current, ...this.former]) {
      try {
        return open(key);
      } catch (error) {
        if (!(error instanceof OpenError) || error.reason !== otherKey) {
          throw error;
        }
        refusal ??= error;
      }
    }
    throw refusal;
  }
}
