import { randomBytes } from "@noble/hashes/utils.js";
import { UsageError } from "./errors.ts";
import type { Password } from "./password.ts";
import type { PasswordCost } from "./password-cost.ts";
import type { RecoveryWords } from "./recovery-words.ts";
import { SecretBytes } from "./secret.ts";

/** Length of what an authenticator is asked with, and of what it answers, in bytes. */
export const PASSKEY_BYTES = 32;

/** What a person unwraps with. */
export type Factor =
  | { readonly kind: "password"; readonly password: Password }
  | { readonly kind: "words"; readonly words: RecoveryWords }
  /** A passkey, and what it answered to the input that the ring has for it. */
  | { readonly kind: "passkey"; readonly id: Uint8Array; readonly secret: PasskeySecret };

/** What a key is wrapped with. */
export type NewFactor =
  /** A password, and what each try of one is to cost. */
  | { readonly kind: "password"; readonly password: Password; readonly cost: PasswordCost }
  | { readonly kind: "words"; readonly words: RecoveryWords }
  /** A passkey, the input it was asked with, and what it answered. */
  | {
      readonly kind: "passkey";
      readonly id: Uint8Array;
      readonly input: Uint8Array;
      readonly secret: PasskeySecret;
    };

/** What a new passkey is asked for its secret with: `prf.eval.first` of WebAuthn. 32 random bytes. */
export function newPasskeyInput(): Uint8Array {
  return randomBytes(PASSKEY_BYTES);
}

/** What an authenticator answered: the first output of WebAuthn's `prf` extension. */
export class PasskeySecret {
  readonly #output: SecretBytes;

  /** Takes a copy of the 32 bytes of `prf.results.first`. */
  constructor(output: Uint8Array) {
    if (output.length !== PASSKEY_BYTES) {
      const message = `the passkey answered ${output.length} bytes instead of ${PASSKEY_BYTES}`;
      throw new UsageError("Argument", `${message}; the caller must pass prf.results.first`);
    }
    this.#output = new SecretBytes(output.slice());
  }

  /** @internal The bytes, not to be kept. */
  get bytes(): Uint8Array {
    return this.#output.bytes;
  }

  wipe(): void {
    this.#output.wipe();
  }
}
