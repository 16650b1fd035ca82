//! The binary payloads of transactions and view calls, as kwil-db defines them and kwil-js sends
//! them: little-endian lengths and counts, a version before everything, and typed values.
//!
//! Decoding is strict: what decodes encodes to the same bytes again, except that names of types
//! become canonical and an untyped NULL gets its item.

mod call;
mod data_type;
mod datum;
mod digest;
mod elements;
mod encoded_value;
mod error;
mod execution;
mod layout;
mod numeric;
mod raw_statement;

pub use call::ActionCall;
pub use digest::payload_digest;
pub use encoded_value::EncodedValue;
pub use error::{LayoutError, PayloadError, ValueError};
pub use execution::ActionExecution;
pub use numeric::NumericError;
pub use raw_statement::RawStatement;

/// The payload type of [`ActionExecution`].
pub const EXECUTE: &str = "execute";
/// The payload type of [`RawStatement`].
pub const RAW_STATEMENT: &str = "raw_statement";
