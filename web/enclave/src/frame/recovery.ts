import { bytesToHex } from "@noble/hashes/utils.js";
import { EnclaveError, type Holder } from "idos-client/enclave";
import { KeyRing, RecoveryWords, UnlockError, type UserKeys, wipe } from "idos-crypto";

/** How long the wallet of the words signs for the page. */
const MILLIS = 10 * 60_000;
/** Words that are held at once: those that let somebody in, and others whose wallet they link. */
const MOST = 2;

interface Typed {
  readonly words: RecoveryWords;
  readonly endsAt: number;
  readonly timer: ReturnType<typeof setTimeout>;
}

/** The recovery words that the person typed, each for ten minutes: their wallet signs, and they unlock. */
export class Recovery {
  /** By the public key of their wallet, in hexadecimal; those that were typed or signed last come last. */
  readonly #typed = new Map<string, Typed>();

  /** Takes words; answers the public key of their wallet in hexadecimal. */
  begin(text: string): string {
    const words = RecoveryWords.parse(text);
    const publicKey = publicKeyOf(words);
    this.#forget(publicKey);
    const [oldest] = this.#typed.keys();
    if (oldest !== undefined && this.#typed.size >= MOST) {
      this.#forget(oldest);
    }
    const timer = setTimeout(() => this.#forget(publicKey), MILLIS);
    this.#typed.set(publicKey, { words, endsAt: Date.now() + MILLIS, timer });
    return publicKey;
  }

  end(): void {
    for (const publicKey of [...this.#typed.keys()]) {
      this.#forget(publicKey);
    }
  }

  /** Forgets the words whose time is over: timers do not run while a machine sleeps. */
  forgetEnded(): void {
    for (const [publicKey, { endsAt }] of [...this.#typed]) {
      if (Date.now() >= endsAt) {
        this.#forget(publicKey);
      }
    }
  }

  /** Signs by the wallet with this public key, or by that of the words that came last: hexadecimal. */
  sign(text: string, publicKey: string | undefined): string {
    this.forgetEnded();
    const wanted = publicKey ?? [...this.#typed.keys()].at(-1) ?? "";
    const typed = this.#typed.get(wanted);
    if (typed === undefined) {
      throw new EnclaveError(
        "Locked",
        "these recovery words were not typed in the last ten minutes: recover first",
      );
    }
    // Of what signs the page may need more: it is not what gives way to other words.
    this.#typed.delete(wanted);
    this.#typed.set(wanted, typed);
    const key = typed.words.signingKey();
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
    this.forgetEnded();
    if (this.#typed.size === 0 || keyRing === null) {
      return undefined;
    }
    const ring = KeyRing.fromBase64(keyRing, userId);
    for (const { words } of [...this.#typed.values()].reverse()) {
      const keys = await unlocked(ring, words, seen);
      if (keys !== undefined) {
        return { keys, revision: ring.revision };
      }
    }
    return undefined;
  }

  #forget(publicKey: string): void {
    const typed = this.#typed.get(publicKey);
    if (typed !== undefined) {
      clearTimeout(typed.timer);
      wipe(typed.words);
      this.#typed.delete(publicKey);
    }
  }
}

function publicKeyOf(words: RecoveryWords): string {
  const key = words.signingKey();
  try {
    return key.publicKeyHex();
  } finally {
    wipe(key);
  }
}

/** The keys of a ring; undefined if the words are those of another one. */
async function unlocked(ring: KeyRing, words: RecoveryWords, seen: bigint): Promise<UserKeys | undefined> {
  try {
    return (await ring.unlock({ kind: "words", words }, seen)).keys;
  } catch (error) {
    const isOther =
      error instanceof UnlockError && (error.reason === "WrongWords" || error.reason === "NoSuchFactor");
    if (isOther) {
      return undefined;
    }
    throw error;
  }
}
