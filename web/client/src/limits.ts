/** The limits of the protocol that a client has to know; `crates/types/src/limits.rs` is their home. */

/** Largest transaction in bytes, and longest text in a row. */
export const TRANSACTION_BYTES = 6_000_000;
/** Longest description of a transaction in bytes. */
export const DESCRIPTION_BYTES = 200;
/** Longest signature of any scheme in bytes. */
export const SIGNATURE_BYTES = 16 * 1024;
/** Most arguments of one call. */
export const ARGUMENTS = 64;
/** Longest chain id in bytes. */
export const CHAIN_ID_BYTES = 64;
/** Most validators of one epoch. */
export const VALIDATORS = 128;
/** Largest proof in bytes: a subtree beside the way for each bit of a key, twice. */
export const PROOF_BYTES = 2 * 512 * 42 + 256;
/** Most rows of a list that an answer proves to be all. */
export const PROVED_ROWS = 2_048;
/** Most rows on one page. */
export const PAGE_ROWS = 1_000;
/** Most set changes in one answer. */
export const SET_CHANGES = 64;
/** Milliseconds that a certificate may be ahead of this clock. */
export const CERTIFICATE_AHEAD_MILLIS = 60_000;
/** Last millisecond of the year 9999, where block time ends. */
export const LAST_MILLIS = 253_402_300_799_999n;
/** Largest answer of a node in bytes: all credentials of a person with their notes, in base64 with proofs. */
export const RESPONSE_BYTES = 64_000_000;
/** Largest certificate, set change or row in an answer, in bytes. */
export const PIECE_BYTES = TRANSACTION_BYTES + 64 * 1024;
/** Longest session cookie in bytes. */
export const COOKIE_BYTES = 8 * 1024;
/** Longest address of a wallet, and name of a grantee, in bytes. */
export const ADDRESS_BYTES = 128;
/** Longest public key as text, in bytes. */
export const PUBLIC_KEY_BYTES = 256;
/** Longest text of a few words, in bytes. */
export const SHORT_TEXT_BYTES = 256;
/** Seconds within which a sign-in text must have been signed and sent back. */
export const SIGN_IN_SECONDS = 5 * 60;
/** Seconds a session lives. */
export const SESSION_SECONDS = 60 * 60;
