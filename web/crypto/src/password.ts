import { utf8 } from "./bytes/bytes.ts";
import { PasswordError } from "./errors.ts";
import { PASSWORD_BYTES } from "./limits.ts";
import { SecretBytes } from "./secret.ts";

/** A password in Unicode's normal form NFKC, so that it is the same from every keyboard. */
export class Password {
  readonly #normal: SecretBytes;

  /**
   * Normalises what a person typed: at most 4096 bytes. How good a password is, is for whoever asks for a new one to
   * judge; the compatible suite has a key for the empty one too.
   *
   * @throws PasswordError
   */
  constructor(typed: string) {
    // Twice, so that nothing long is encoded: a text has at least as many bytes as code units.
    if (typed.length > PASSWORD_BYTES || utf8(typed).length > PASSWORD_BYTES) {
      const message = `the password is longer than ${PASSWORD_BYTES} bytes; the person must shorten it`;
      throw new PasswordError("TooLong", message);
    }
    if (/\p{Surrogate}/u.test(typed)) {
      const message =
        "the password has half a character, which has no bytes; the caller must pass what was typed";
      throw new PasswordError("Unicode", message);
    }
    this.#normal = new SecretBytes(utf8(typed.normalize("NFKC")));
  }

  /** Whether there is nothing. */
  get isEmpty(): boolean {
    return this.#normal.bytes.length === 0;
  }

  /** @internal A copy of the normal form in UTF-8, for a derivation that goes on while this may be wiped. */
  toBytes(): Uint8Array {
    return this.#normal.bytes.slice();
  }

  /** Overwrites it. The text that was typed stays where the engine has it. */
  wipe(): void {
    this.#normal.wipe();
  }
}
