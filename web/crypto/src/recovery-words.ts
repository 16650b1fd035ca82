// Twenty-four words, not twelve: what they wrap lies on the network for decades, and with 256 bits they are no weaker
// than the key that they wrap.
import { randomBytes } from "@noble/hashes/utils.js";
import { entropyToMnemonic, mnemonicToEntropy, mnemonicToSeedSync } from "@scure/bip39";
import { wordlist } from "@scure/bip39/wordlists/english.js";
import { utf8 } from "./bytes/bytes.ts";
import { RecoveryWordsError } from "./errors.ts";
import { RECOVERY_WORDS_BYTES } from "./limits.ts";
import { SecretBytes, using } from "./secret.ts";
import { SigningKey } from "./signing-key.ts";

const WORDS = 24;
const ENTROPY_BYTES = 32;

/**
 * The words by which a person gets back to their data without any device: they unwrap the key, and they are a wallet
 * that can be linked to the profile.
 */
export class RecoveryWords {
  readonly #entropy: SecretBytes;
  readonly #seed: SecretBytes;

  private constructor(entropy: Uint8Array) {
    this.#entropy = new SecretBytes(entropy);
    this.#seed = new SecretBytes(mnemonicToSeedSync(entropyToMnemonic(entropy, wordlist)));
  }

  /** Random ones. */
  static generate(): RecoveryWords {
    return new RecoveryWords(randomBytes(ENTROPY_BYTES));
  }

  /**
   * Reads what a person typed: 24 words in either letter case, with any space between them.
   *
   * @throws RecoveryWordsError
   */
  static parse(typed: string): RecoveryWords {
    if (typed.length > RECOVERY_WORDS_BYTES || utf8(typed).length > RECOVERY_WORDS_BYTES) {
      const message = `the text is longer than ${RECOVERY_WORDS_BYTES} bytes; the person must type the words only`;
      throw new RecoveryWordsError("TooLong", message);
    }
    const words = typed.toLowerCase().split(/\s+/u).filter(Boolean);
    if (words.length !== WORDS) {
      const message = `these are ${words.length} words instead of ${WORDS}; the person must type all of them`;
      throw new RecoveryWordsError("Count", message, words.length);
    }
    const unknown = words.findIndex((word) => !wordlist.includes(word));
    if (unknown >= 0) {
      const message = `word ${unknown + 1} is not in the list of English recovery words`;
      throw new RecoveryWordsError("Unknown", `${message}; the person must correct it`, unknown + 1);
    }
    let entropy: Uint8Array;
    try {
      entropy = mnemonicToEntropy(words.join(" "), wordlist);
    } catch {
      // Without the cause: the library's message is not ours to vouch for.
      const message =
        "the words do not fit together: one is wrong or two are swapped; the person must check them";
      throw new RecoveryWordsError("Checksum", message);
    }
    return new RecoveryWords(entropy);
  }

  /** The words with a space between them: show them to the person once, and to nobody else. */
  expose(): string {
    return entropyToMnemonic(this.#entropy.bytes, wordlist);
  }

  /**
   * The wallet of the words: linked to the profile, it signs in when every other wallet is lost. It is the wallet
   * that FaceSign derives from the same words: the first half of the BIP-39 seed.
   */
  signingKey(): SigningKey {
    return using(this.#seed.bytes.slice(0, 32), (seed) => SigningKey.fromSeed(seed));
  }

  /** @internal The 64 bytes that unwrap, not to be kept. From the wallet's key they cannot be found. */
  get seed(): Uint8Array {
    return this.#seed.bytes;
  }

  wipe(): void {
    this.#entropy.wipe();
    this.#seed.wipe();
  }
}
