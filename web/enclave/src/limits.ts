// The limits of `crates/types/src/limits.rs` that concern the enclave; a test compares the two.

/** Last millisecond of the year 9999, where block time ends. */
export const LAST_MILLIS = 253_402_300_799_999;
/** Longest address of a wallet, and name of a grantee, in bytes. */
export const ADDRESS_BYTES = 128;
/** Largest sealed text in bytes: no transaction holds more, in whatever encoding. */
export const SEALED_BYTES = 6_000_000;
/** Largest key ring in bytes: in base64 it fits the value of an attribute. */
export const KEY_RING_BYTES = 24_000;
/** Most credentials of one person, copies included. */
export const CREDENTIALS_PER_USER = 2_048;
/** Most attributes of one person, copies included. */
export const ATTRIBUTES_PER_USER = 1_024;
/** Most bytes of all contents of one person. */
export const CONTENT_BYTES_PER_USER = 256_000_000;
/** Longest public notes of a credential in bytes. */
export const PUBLIC_NOTES_BYTES = 16 * 1024;
/** Longest key of an attribute in bytes. */
export const ATTRIBUTE_KEY_BYTES = 1_024;
/** Longest value of an attribute as it is stored, sealed or not, in bytes. */
export const ATTRIBUTE_VALUE_BYTES = 32 * 1024;
/** Fewest characters of a new password. */
export const NEW_PASSWORD_CHARACTERS = 10;
/** Fewest different characters of a new password. */
export const NEW_PASSWORD_DIFFERENT_CHARACTERS = 5;
/** Deepest nesting of objects and arrays in a credential. */
export const CREDENTIAL_DEPTH = 32;
/** Seconds by which the clocks of issuer and verifier may differ. */
export const CREDENTIAL_SKEW_SECONDS = 300;
