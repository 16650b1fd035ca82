/** The limits of `crates/types/src/limits.rs` that a client has to know; a test compares the two. */

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
/** Seconds that a proved answer may be old: an idle network makes a block every minute. */
export const STALE_SECONDS = 3 * 60;
/** How many epochs lie between the end of one and the validators that it fixes. */
export const EPOCHS_AHEAD = 2n;
/** Last millisecond of the year 9999, where block time ends. */
export const LAST_MILLIS = 253_402_300_799_999n;
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
/** Seconds for which an answer may wait for a client that takes nothing of it: a phone in a tunnel. */
export const ANSWER_STALL_SECONDS = 20;
/** Bytes of an answer that have to come each second, that time aside. */
export const ANSWER_BYTES_PER_SECOND = 8 * 1024;
