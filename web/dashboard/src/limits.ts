// The limits of `crates/types/src/limits.rs` that the dashboard has to know; a test compares the two.

/** Characters of a name, a number or another fact that a person types. */
export const FACT_CHARS = 128;
/** Largest portrait in bytes, as a file. */
export const PORTRAIT_BYTES = 512 * 1024;
