import { bytesToHex } from "@noble/hashes/utils.js";
import { EnclaveError, type Holder } from "idos-client/enclave";
import { KeyRing, RecoveryWords, UnlockError, type UserKeys, wipe } from "idos-crypto";

/** How long the wallet of the words signs for the page. */
const MILLIS = 10 * 60_000;

/** The recovery words that the person typed, for ten minutes: their wallet signs, and they unlock. */
export class Recovery {
  #words: RecoveryWords | undefined;
  #endsAt = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** Takes words; answers the public key of their wallet in hexadecimal. */
  begin(typed: string): string {
    this.end();
    const words = RecoveryWords.parse(typed);
    this.#words = words;
    this.#endsAt = Date.now() + MILLIS;
    this.#timer = setTimeout(() => this.end(), MILLIS);
    const key = words.signingKey();
    try {
      return key.publicKeyHex();
    } finally {
      wipe(key);
    }
  }

  end(): void {
    clearTimeout(this.#timer);
    if (this.#words !== undefined) {
      wipe(this.#words);
      this.#words = undefined;
    }
  }

  /** Signs by the wallet of the words: hexadecimal. */
  sign(text: string): string {
    const words = this.#current();
    if (words === undefined) {
      throw new EnclaveError("Locked", "no recovery words were typed in the last ten minutes: recover first");
    }
    const key = words.signingKey();
    try {
      return bytesToHex(key.sign(new TextEncoder().encode(text)));
    } finally {
      wipe(key);
    }
  }

  /** What the words unlock of this profile; undefined if there are none, or they are those of another one. */
  async unlock(
    { userId, keyRing }: Holder,
    seen: bigint,
  ): Promise<{ keys: UserKeys; revision: bigint } | undefined> {
    const words = this.#current();
    if (words === undefined || keyRing === null) {
      return undefined;
    }
    try {
      const ring = KeyRing.fromBase64(keyRing, userId);
      const { keys } = await ring.unlock({ kind: "words", words }, seen);
      return { keys, revision: ring.revision };
    } catch (error) {
      const isOther =
        error instanceof UnlockError && (error.reason === "WrongWords" || error.reason === "NoSuchFactor");
      if (isOther) {
        return undefined;
      }
      throw error;
    }
  }

  /** The words, if their time is not over. Timers do not run while a machine sleeps. */
  #current(): RecoveryWords | undefined {
    if (Date.now() >= this.#endsAt) {
      this.end();
    }
    return this.#words;
  }
}
