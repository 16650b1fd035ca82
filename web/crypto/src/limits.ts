// The limits of `crates/types/src/limits.rs` that concern sealing and keys; a test compares the two.

/** Largest sealed text in bytes: no transaction holds more, in whatever encoding. */
export const SEALED_BYTES = 6_000_000;
/** Longest password in bytes, as typed. */
export const PASSWORD_BYTES = 4 * 1024;
/** Longest recovery words in bytes. */
export const RECOVERY_WORDS_BYTES = 512;
/** Largest key ring in bytes: in base64 it fits the value of an attribute. */
export const KEY_RING_BYTES = 24_000;
/** Most wraps by passwords: the old and the new one while it is being changed. */
export const PASSWORD_WRAPS = 2;
/** Most wraps by recovery words: the old and the new ones. */
export const RECOVERY_WRAPS = 2;
/** Most wraps by passkeys. */
export const PASSKEY_WRAPS = 12;
/** Longest id of a passkey in bytes, by the WebAuthn specification. */
export const PASSKEY_ID_BYTES = 1_023;
/** Most replaced keys of a person that a key ring keeps. */
export const FORMER_KEYS = 32;
/** Least memory of Argon2id in KiB: below it, guessing passwords is too cheap. */
export const LEAST_ARGON2_KIB = 19 * 1024;
/** Most memory of Argon2id in KiB: what a key ring may cost a small device that opens it. */
export const MOST_ARGON2_KIB = 256 * 1024;
/** Fewest passes of Argon2id. */
export const FEWEST_ARGON2_PASSES = 2;
/** Most passes of Argon2id: seconds, not minutes. */
export const MOST_ARGON2_PASSES = 10;
/** Most lanes of Argon2id. */
export const MOST_ARGON2_LANES = 4;
