//! The values that actions take and views return.

use std::fmt;

use uuid::Uuid;

/// The scalar types of the protocol, by the names clients send.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
pub enum Scalar {
    /// UTF-8 text.
    Text,
    /// Signed 64-bit integer.
    Int8,
    /// Truth value.
    Bool,
    /// RFC 9562 id.
    Uuid,
    /// Bytes.
    Bytea,
    /// Decimal number of a precision and scale.
    Numeric,
    /// The type of an untyped NULL.
    Null,
}

impl Scalar {
    /// The canonical name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Int8 => "int8",
            Self::Bool => "bool",
            Self::Uuid => "uuid",
            Self::Bytea => "bytea",
            Self::Numeric => "numeric",
            Self::Null => "null",
        }
    }

    /// Reads a canonical name or one of its aliases, ignoring case.
    pub fn parse(name: &str) -> Option<Self> {
        Some(match name.to_ascii_lowercase().as_str() {
            "text" | "string" => Self::Text,
            "int8" | "int" | "integer" | "bigint" => Self::Int8,
            "bool" | "boolean" => Self::Bool,
            "uuid" => Self::Uuid,
            "bytea" | "blob" => Self::Bytea,
            "numeric" | "decimal" => Self::Numeric,
            "null" => Self::Null,
            _ => return None,
        })
    }
}

/// A scalar type, or an array of it, with the two numbers of metadata that clients send
/// (precision and scale of `numeric`, otherwise without meaning).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
pub struct DataType {
    /// The element type.
    pub scalar: Scalar,
    /// Whether it is an array of elements.
    pub is_array: bool,
    /// Precision and scale.
    pub metadata: [u16; 2],
}

impl DataType {
    /// Text.
    pub const TEXT: Self = Self::of(Scalar::Text);
    /// Signed 64-bit integer.
    pub const INT8: Self = Self::of(Scalar::Int8);
    /// Truth value.
    pub const BOOL: Self = Self::of(Scalar::Bool);
    /// Id.
    pub const UUID: Self = Self::of(Scalar::Uuid);
    /// Amounts of tokens: `numeric(78,0)`.
    pub const AMOUNT: Self = Self {
        scalar: Scalar::Numeric,
        is_array: false,
        metadata: [78, 0],
    };
    /// Array of text.
    pub const TEXT_ARRAY: Self = Self {
        scalar: Scalar::Text,
        is_array: true,
        metadata: [0, 0],
    };

    const fn of(scalar: Scalar) -> Self {
        Self {
            scalar,
            is_array: false,
            metadata: [0, 0],
        }
    }
}

/// As the incumbent prints types in its errors: `text`, `uuid[]`, `numeric(78,0)`.
impl fmt::Display for DataType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.scalar.name())?;
        if self.scalar == Scalar::Numeric {
            let [precision, scale] = self.metadata;
            write!(f, "({precision},{scale})")?;
        }
        if self.is_array {
            f.write_str("[]")
        } else {
            Ok(())
        }
    }
}

/// One value of a row or an argument.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Value {
    /// SQL NULL, of any type.
    Null,
    /// Text.
    Text(String),
    /// Integer.
    Int(i64),
    /// Truth value.
    Bool(bool),
    /// Id.
    Uuid(Uuid),
    /// Bytes.
    Bytes(Vec<u8>),
    /// Decimal number as canonical text.
    Numeric(String),
    /// Array of values of one type, NULLs among them.
    Array(Vec<Value>),
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<i64> for Value {
    fn from(number: i64) -> Self {
        Self::Int(number)
    }
}

impl From<bool> for Value {
    fn from(truth: bool) -> Self {
        Self::Bool(truth)
    }
}

impl From<Uuid> for Value {
    fn from(id: Uuid) -> Self {
        Self::Uuid(id)
    }
}

impl<T: Into<Self>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn aliases_mean_the_canonical_type() {
        for (alias, scalar) in [
            ("string", Scalar::Text),
            ("BIGINT", Scalar::Int8),
            ("boolean", Scalar::Bool),
            ("blob", Scalar::Bytea),
            ("decimal", Scalar::Numeric),
        ] {
            assert_eq!(Scalar::parse(alias), Some(scalar));
        }
        assert_eq!(Scalar::parse("varchar"), None);
    }

    #[test]
    fn types_print_as_clients_know_them() {
        assert_eq!(DataType::AMOUNT.to_string(), "numeric(78,0)");
        assert_eq!(DataType::TEXT_ARRAY.to_string(), "text[]");
    }
}
