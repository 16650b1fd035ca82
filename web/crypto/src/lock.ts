// XChaCha20-Poly1305 that commits to its key. The cipher alone can be given a ciphertext that opens under many keys,
// with which a server could sort a person's possible passwords. So 32 bytes that only the right key derives stand
// before the ciphertext and are compared first; that also tells a wrong key from an altered ciphertext.
import { xchacha20poly1305 } from "@noble/ciphers/chacha.js";
import { equalBytes } from "@noble/ciphers/utils.js";
import { concatBytes } from "@noble/hashes/utils.js";
import { derive } from "./derive.ts";
import { using } from "./secret.ts";

const KEY_BYTES = 32;
const NONCE_BYTES = 24;
const COMMITMENT_BYTES = 32;
const TAG_BYTES = 16;

/** How much longer than its plaintext a locked text is. */
export const LOCK_BYTES = COMMITMENT_BYTES + TAG_BYTES;

/** What a lock is made from. It is used for one text only: secret or salt are always fresh. */
export interface LockInput {
  readonly secret: Uint8Array;
  readonly salt: Uint8Array;
  readonly label: string;
  /** What has to be the same for opening, and is not in the locked text. */
  readonly bound: Uint8Array;
}

/** A locked text does not open. */
export type LockFault = "WrongKey" | "Altered";

/** `commitment ‖ ciphertext ‖ tag`. */
export function lock(input: LockInput, plaintext: Uint8Array): Uint8Array {
  return withKeys(input, (key, nonce, commitment) =>
    concatBytes(commitment, xchacha20poly1305(key, nonce, input.bound).encrypt(plaintext)),
  );
}

/** The plaintext of a locked text, or why it does not open. Whoever calls has seen to its length. */
export function unlock(input: LockInput, locked: Uint8Array): Uint8Array | LockFault {
  return withKeys(input, (key, nonce, commitment) => {
    if (!equalBytes(locked.subarray(0, COMMITMENT_BYTES), commitment)) {
      return "WrongKey";
    }
    try {
      return xchacha20poly1305(key, nonce, input.bound).decrypt(locked.subarray(COMMITMENT_BYTES));
    } catch {
      return "Altered";
    }
  });
}

function withKeys<T>(
  { secret, salt, label }: LockInput,
  use: (key: Uint8Array, nonce: Uint8Array, commitment: Uint8Array) => T,
): T {
  const ends = [KEY_BYTES, KEY_BYTES + NONCE_BYTES] as const;
  return using(derive(secret, salt, label, ends[1] + COMMITMENT_BYTES), (derived) =>
    use(derived.subarray(0, ends[0]), derived.subarray(...ends), derived.subarray(ends[1])),
  );
}
