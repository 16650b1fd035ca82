//! Rows of a view, by the names of their columns.

use idos_types::{Uuid, Value};
use idos_wire::{Column, QueryResult};

use crate::error::Error;

/// The rows that a view returned.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Rows(QueryResult);

/// One of them.
#[derive(Clone, Copy)]
pub struct Row<'r> {
    columns: &'r [Column],
    values: &'r [Value],
}

/// What a value can be read as. NULL is read as an [`Option`] only.
pub trait Cell<'r>: Sized {
    /// The value, if it is of this type.
    fn read(value: &'r Value) -> Option<Self>;
}

impl Rows {
    pub(crate) fn new(result: QueryResult) -> Self {
        Self(result)
    }

    /// How many.
    pub fn len(&self) -> usize {
        self.0.rows.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.rows.is_empty()
    }

    /// All of them, in the order of the answer.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = Row<'_>> {
        self.0.rows.iter().map(|values| Row {
            columns: &self.0.columns,
            values,
        })
    }

    /// The first of them, of views that return at most one.
    pub fn first(&self) -> Option<Row<'_>> {
        self.iter().next()
    }
}

impl<'r> Row<'r> {
    /// The value of a column.
    pub fn get<T: Cell<'r>>(&self, column: &str) -> Result<T, Error> {
        let cells = self.columns.iter().zip(self.values);
        cells
            .filter(|(known, _)| known.name == column)
            .find_map(|(_, value)| T::read(value))
            .ok_or_else(|| Error::Column {
                column: column.to_owned(),
            })
    }
}

/// Rows are personal data: `{:?}` hides them.
impl std::fmt::Debug for Row<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Row({} columns)", self.columns.len())
    }
}

impl<'r> Cell<'r> for &'r str {
    fn read(value: &'r Value) -> Option<Self> {
        match value {
            Value::Text(text) | Value::Numeric(text) => Some(text),
            _ => None,
        }
    }
}

impl Cell<'_> for String {
    fn read(value: &Value) -> Option<Self> {
        <&str>::read(value).map(str::to_owned)
    }
}

impl Cell<'_> for i64 {
    fn read(value: &Value) -> Option<Self> {
        match value {
            Value::Int(number) => Some(*number),
            _ => None,
        }
    }
}

impl Cell<'_> for bool {
    fn read(value: &Value) -> Option<Self> {
        match value {
            Value::Bool(truth) => Some(*truth),
            _ => None,
        }
    }
}

impl Cell<'_> for Uuid {
    fn read(value: &Value) -> Option<Self> {
        match value {
            Value::Uuid(id) => Some(*id),
            _ => None,
        }
    }
}

impl<'r> Cell<'r> for &'r Value {
    fn read(value: &'r Value) -> Option<Self> {
        Some(value)
    }
}

impl<'r, T: Cell<'r>> Cell<'r> for Option<T> {
    fn read(value: &'r Value) -> Option<Self> {
        match value {
            Value::Null => Some(None),
            value => T::read(value).map(Some),
        }
    }
}

#[cfg(test)]
mod tests {
    use idos_types::DataType;

    use super::*;

    #[test]
    fn values_are_found_by_column_and_type() {
        let column = |name: &'static str, data_type| Column {
            name: name.into(),
            data_type,
        };
        let rows = Rows::new(QueryResult {
            columns: vec![
                column("id", DataType::UUID),
                column("name", DataType::TEXT),
                column("count", DataType::INT8),
                column("open", DataType::BOOL),
            ],
            rows: vec![vec![
                Value::Uuid(Uuid::from_u128(1)),
                Value::Null,
                Value::Int(7),
                Value::Bool(true),
            ]],
        });
        let row = rows.first().unwrap();
        assert_eq!(row.get::<Uuid>("id").unwrap(), Uuid::from_u128(1));
        assert_eq!(row.get::<Option<&str>>("name").unwrap(), None);
        assert_eq!(row.get::<Option<i64>>("count").unwrap(), Some(7));
        assert!(row.get::<bool>("open").unwrap());
        for (column, is_there) in [("name", true), ("none", false)] {
            let missing = row.get::<&str>(column).unwrap_err();
            assert_eq!(missing.owner(), crate::Owner::Node, "{is_there}");
        }
        assert!(row.get::<i64>("id").is_err());
        assert!(Rows::default().first().is_none());
    }
}
