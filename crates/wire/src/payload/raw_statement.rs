//! The payload of a transaction that runs SQL. A node refuses it by its type, unread; it is here so
//! that every payload of the protocol can be read and written.

use idos_types::{
    Reader,
    limits::{ARGUMENTS, NAME_BYTES, TRANSACTION_BYTES},
};

use super::{EncodedValue, LayoutError, PayloadError, elements, elements::Elements, layout};

/// The fewest bytes a parameter takes: the lengths of its name and value.
const SMALLEST_PARAMETER: usize = 4 + 4;

/// A statement with named parameters.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RawStatement {
    statement: String,
    parameters: Vec<(String, EncodedValue)>,
}

impl RawStatement {
    /// A statement within the limits of lengths and counts.
    pub fn new(
        statement: &str,
        parameters: Vec<(String, EncodedValue)>,
    ) -> Result<Self, LayoutError> {
        layout::no_longer("statement", statement.len(), TRANSACTION_BYTES)?;
        layout::at_most("parameters", parameters.len(), ARGUMENTS)?;
        for (name, _) in &parameters {
            layout::no_longer("parameter", name.len(), NAME_BYTES)?;
        }
        elements::check(parameters.iter().map(|(_, value)| value))?;
        Ok(Self {
            statement: statement.to_owned(),
            parameters,
        })
    }

    /// Reads a payload; nothing may follow it.
    pub fn decode(bytes: &[u8]) -> Result<Self, PayloadError> {
        let mut reader = Reader::new(bytes);
        layout::version(&mut reader, "raw statement")?;
        let statement = layout::text32(&mut reader, "statement", TRANSACTION_BYTES)?.to_owned();
        let count = layout::count(&mut reader, "parameters", ARGUMENTS, SMALLEST_PARAMETER)?;
        let mut parameters = Vec::with_capacity(count);
        let mut elements = Elements::default();
        for position in 1..=count {
            let name = layout::text32(&mut reader, "parameter", NAME_BYTES)?.to_owned();
            let bytes = layout::bytes32(&mut reader, "parameter")?;
            let value = EncodedValue::decode_counted(bytes, &mut elements)
                .map_err(|source| PayloadError::Argument { position, source })?;
            parameters.push((name, value));
        }
        reader.finish().map_err(LayoutError::from)?;
        Ok(Self {
            statement,
            parameters,
        })
    }

    /// The bytes that [`Self::decode`] reads.
    pub fn encode(&self) -> Vec<u8> {
        let mut out = Vec::new();
        layout::put_version(&mut out);
        layout::put_bytes32(&mut out, self.statement.as_bytes());
        layout::put_count(&mut out, self.parameters.len());
        for (name, value) in &self.parameters {
            layout::put_bytes32(&mut out, name.as_bytes());
            layout::put_bytes32(&mut out, &value.encode());
        }
        out
    }

    /// The SQL text.
    pub fn statement(&self) -> &str {
        &self.statement
    }

    /// The parameters in the order they were sent, names with their `$`.
    pub fn parameters(&self) -> &[(String, EncodedValue)] {
        &self.parameters
    }
}

#[cfg(test)]
mod tests {
    use idos_types::DataType;

    use super::*;

    #[test]
    fn statements_round_trip() {
        let value = EncodedValue::new(DataType::TEXT, "x".into()).unwrap();
        let parameters = vec![("$a".to_owned(), value)];
        let statement = RawStatement::new("SELECT $a", parameters).unwrap();
        assert_eq!(RawStatement::decode(&statement.encode()), Ok(statement));
    }

    #[test]
    fn long_names_are_refused() {
        let value = EncodedValue::new(DataType::TEXT, "x".into()).unwrap();
        let parameters = vec![("x".repeat(NAME_BYTES + 1), value)];
        assert!(RawStatement::new("SELECT 1", parameters).is_err());
    }
}
