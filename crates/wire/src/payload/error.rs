//! Why a payload is refused.

use idos_types::{DataType, ReadError, Scalar};
use thiserror::Error;

use super::NumericError;

/// The frame of a payload or value is broken: lengths, counts, versions.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum LayoutError {
    /// A field cannot be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// A version that nobody has defined.
    #[error("version {version} of {what} is unknown")]
    Version {
        /// Of what.
        what: &'static str,
        /// The version found.
        version: u16,
    },
    /// A field is absent that has to be there.
    #[error("{0} is nil")]
    Nil(&'static str),
    /// More of something than allowed.
    #[error("{count} {what}, at most {max} are allowed")]
    TooMany {
        /// Of what.
        what: &'static str,
        /// How many.
        count: usize,
        /// The limit.
        max: usize,
    },
    /// A count promises more than the remaining bytes can hold.
    #[error("{count} {what} do not fit into the {left} bytes that are left")]
    Claimed {
        /// Of what.
        what: &'static str,
        /// The promise.
        count: usize,
        /// What there is.
        left: usize,
    },
    /// A field is longer than allowed.
    #[error("{what} is {len} bytes long, at most {max} are allowed")]
    TooLong {
        /// Which field.
        what: &'static str,
        /// Its length in bytes.
        len: usize,
        /// The limit in bytes.
        max: usize,
    },
}

/// A typed value is broken. No variant carries the value itself: it may be personal.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ValueError {
    /// Its frame is broken.
    #[error(transparent)]
    Layout(#[from] LayoutError),
    /// A type that does not exist, or is not in lower case.
    #[error("unknown data type {0:?}")]
    UnknownType(String),
    /// The mark of arrays is neither 0 nor 1.
    #[error("the mark of arrays has to be 0 or 1, not {0}")]
    ArrayMark(u8),
    /// A scalar needs exactly one item.
    #[error("a value of type {data_type} has one item, not {count}")]
    Items {
        /// The scalar type.
        data_type: DataType,
        /// How many items came.
        count: usize,
    },
    /// An item has no first byte.
    #[error("an item is empty, it has to tell at least whether it is NULL")]
    Empty,
    /// The first byte of an item is neither 0 (NULL) nor 1.
    #[error("the mark of NULL has to be 0 or 1, not {0}")]
    NullMark(u8),
    /// Bytes follow the mark of NULL.
    #[error("{0} bytes follow NULL")]
    AfterNull(usize),
    /// A type of fixed size came in another.
    #[error("{} of {len} bytes", scalar.name())]
    Length {
        /// The type.
        scalar: Scalar,
        /// The length found, in bytes.
        len: usize,
    },
    /// A truth value is neither 0 nor 1.
    #[error("bool has to be 0 or 1, not {0}")]
    Bool(u8),
    /// Text that is not UTF-8.
    #[error("{} is not UTF-8", .0.name())]
    NotUtf8(Scalar),
    /// A number that its type does not hold.
    #[error(transparent)]
    Numeric(#[from] NumericError),
    /// The type `null` has no value but NULL.
    #[error("a value of type null is not NULL")]
    NotNull,
    /// The value is not of the type.
    #[error("the value is not of type {0}")]
    Mismatch(DataType),
}

/// A payload is broken.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum PayloadError {
    /// Its frame is.
    #[error(transparent)]
    Layout(#[from] LayoutError),
    /// One of its arguments is.
    #[error("argument {position}: {source}")]
    Argument {
        /// Which one, counted from 1 within its call.
        position: usize,
        /// Why.
        source: ValueError,
    },
}
