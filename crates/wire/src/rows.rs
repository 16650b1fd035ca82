//! Rows as JSON.

use std::borrow::Cow;

use base64::{
    display::Base64Display,
    prelude::{BASE64_STANDARD, Engine as _},
};
use idos_types::{DataType, Scalar, Uuid, Value};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de, ser::SerializeStruct as _};
use serde_json::Value as Json;

/// How long an id is as text.
const UUID_TEXT_BYTES: usize = 36;

/// A column of a result.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Column {
    /// Its name.
    pub name: Cow<'static, str>,
    /// Its declared type.
    pub data_type: DataType,
}

/// The rows of a view or query.
///
/// Integers and decimal numbers become texts, as in kwil-db: JSON numbers of JavaScript would lose
/// digits, and clients expect texts. Without rows all members are null.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct QueryResult {
    /// The columns.
    pub columns: Vec<Column>,
    /// The rows, with a value for each column.
    pub rows: Vec<Vec<Value>>,
}

impl QueryResult {
    /// About how many bytes the rows take in JSON, by which an answer finds room at once.
    pub fn weight(&self) -> usize {
        let names: usize = self.columns.iter().map(|column| column.name.len()).sum();
        let cells = self.rows.iter().flatten().map(weight).sum::<usize>();
        // The type of a column takes some 60 bytes beside its name.
        names + 64 * self.columns.len() + cells
    }
}

/// About how many bytes a value takes in JSON, with what is between it and the next.
fn weight(value: &Value) -> usize {
    const AROUND: usize = 4;
    AROUND
        + match value {
            Value::Null | Value::Bool(_) => 4,
            // Quotes and line breaks take two bytes; there are few, or room is found again.
            Value::Text(text) | Value::Numeric(text) => text.len() + text.len() / 8,
            Value::Int(_) => 20,
            Value::Uuid(_) => UUID_TEXT_BYTES,
            Value::Bytes(bytes) => bytes.len().div_ceil(3) * 4,
            Value::Array(elements) => elements.iter().map(weight).sum(),
        }
}

impl Serialize for QueryResult {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let present = !self.rows.is_empty();
        let names = present.then_some(Sequence(&self.columns, Name));
        let types = present.then_some(Sequence(&self.columns, Type));
        let values = present.then_some(Sequence(&self.rows, Row));
        let mut result = serializer.serialize_struct("QueryResult", 3)?;
        result.serialize_field("column_names", &names)?;
        result.serialize_field("column_types", &types)?;
        result.serialize_field("values", &values)?;
        result.end()
    }
}

/// The members of a result.
#[derive(Deserialize)]
struct QueryResultJson {
    column_names: Option<Vec<String>>,
    column_types: Option<Vec<TypeJson>>,
    values: Option<Vec<Vec<Json>>>,
}

#[derive(Deserialize)]
struct TypeJson {
    name: String,
    is_array: bool,
    metadata: Option<[u16; 2]>,
}

impl<'de> Deserialize<'de> for QueryResult {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let json = QueryResultJson::deserialize(from)?;
        let names = json.column_names.unwrap_or_default();
        let types = json.column_types.unwrap_or_default();
        if names.len() != types.len() {
            return Err(de::Error::custom("columns have as many names as types"));
        }
        let columns: Vec<Column> = names
            .into_iter()
            .zip(types)
            .map(|(name, of)| {
                let scalar = Scalar::parse(&of.name)?;
                let data_type = DataType {
                    scalar,
                    is_array: of.is_array,
                    metadata: of.metadata.unwrap_or_default(),
                };
                let name = name.into();
                Some(Column { name, data_type })
            })
            .collect::<Option<_>>()
            .ok_or_else(|| de::Error::custom("a column has a type that is unknown"))?;
        let rows = json.values.unwrap_or_default().into_iter().map(|row| {
            if row.len() != columns.len() {
                return None;
            }
            let cells = row.into_iter().zip(&columns);
            cells
                .map(|(cell, column)| value(cell, column.data_type))
                .collect::<Option<Vec<_>>>()
        });
        let rows = rows
            .collect::<Option<_>>()
            .ok_or_else(|| de::Error::custom("a row does not fit its columns"))?;
        Ok(Self { columns, rows })
    }
}

/// The value of a cell, if it is one of its column's type.
fn value(cell: Json, of: DataType) -> Option<Value> {
    Some(match (cell, of) {
        (Json::Null, _) => Value::Null,
        (Json::Array(cells), DataType { is_array: true, .. }) => {
            let of = DataType {
                is_array: false,
                ..of
            };
            let elements = cells.into_iter().map(|cell| value(cell, of));
            Value::Array(elements.collect::<Option<_>>()?)
        }
        (_, DataType { is_array: true, .. }) => return None,
        (Json::Bool(truth), _) if of.scalar == Scalar::Bool => Value::Bool(truth),
        (Json::String(text), _) => match of.scalar {
            Scalar::Text => Value::Text(text),
            Scalar::Int8 => Value::Int(text.parse().ok()?),
            Scalar::Uuid => Value::Uuid(Uuid::try_parse(&text).ok()?),
            Scalar::Bytea => Value::Bytes(BASE64_STANDARD.decode(text).ok()?),
            Scalar::Numeric => Value::Numeric(text),
            Scalar::Bool | Scalar::Null => return None,
        },
        _ => return None,
    })
}

/// Rows are personal data: `{:?}` tells their shape only.
impl std::fmt::Debug for QueryResult {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "QueryResult({:?}, {} rows)",
            self.columns,
            self.rows.len()
        )
    }
}

/// A slice as an array, each element in the form that the function gives it.
struct Sequence<'a, T, F>(&'a [T], F);

impl<'a, T, F: Fn(&'a T) -> E, E: Serialize> Serialize for Sequence<'a, T, F> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.iter().map(&self.1))
    }
}

struct Name<'a>(&'a Column);

impl Serialize for Name<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0.name)
    }
}

struct Type<'a>(&'a Column);

impl Serialize for Type<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let data_type = self.0.data_type;
        let mut result = serializer.serialize_struct("DataType", 3)?;
        result.serialize_field("name", data_type.scalar.name())?;
        result.serialize_field("is_array", &data_type.is_array)?;
        result.serialize_field("metadata", &data_type.metadata)?;
        result.end()
    }
}

struct Row<'a>(&'a Vec<Value>);

impl Serialize for Row<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.iter().map(Cell))
    }
}

struct Cell<'a>(&'a Value);

impl Serialize for Cell<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            Value::Null => serializer.serialize_unit(),
            Value::Text(text) | Value::Numeric(text) => serializer.serialize_str(text),
            Value::Int(number) => serializer.collect_str(number),
            Value::Bool(truth) => serializer.serialize_bool(*truth),
            Value::Uuid(id) => {
                serializer.serialize_str(id.hyphenated().encode_lower(&mut [0; UUID_TEXT_BYTES]))
            }
            Value::Bytes(bytes) => {
                serializer.collect_str(&Base64Display::new(bytes, &BASE64_STANDARD))
            }
            Value::Array(elements) => serializer.collect_seq(elements.iter().map(Cell)),
        }
    }
}

#[cfg(test)]
mod tests {
    use idos_types::Uuid;
    use serde_json::json;

    use super::*;

    #[test]
    fn every_type_has_its_form() {
        let values = [
            (Value::Null, json!(null)),
            (Value::from("a"), json!("a")),
            (Value::Int(i64::MIN), json!("-9223372036854775808")),
            (Value::Numeric("1.20".to_owned()), json!("1.20")),
            (Value::Bool(true), json!(true)),
            (
                Value::Uuid(Uuid::from_bytes([0xAB; 16])),
                json!("abababab-abab-abab-abab-abababababab"),
            ),
            (Value::Bytes(vec![0, 1, 255]), json!("AAH/")),
            (
                Value::Array(vec![Value::Int(1), Value::Null]),
                json!(["1", null]),
            ),
        ];
        for (value, expected) in values {
            assert_eq!(serde_json::to_value(Cell(&value)).unwrap(), expected);
        }
    }

    #[test]
    fn columns_are_named_and_typed() {
        let result = QueryResult {
            columns: vec![Column {
                name: "id".into(),
                data_type: DataType::AMOUNT,
            }],
            rows: vec![vec![Value::Null]],
        };
        assert_eq!(
            serde_json::to_value(result).unwrap(),
            json!({
                "column_names": ["id"],
                "column_types": [{"name": "numeric", "is_array": false, "metadata": [78, 0]}],
                "values": [[null]],
            })
        );
    }

    #[test]
    fn without_rows_there_is_nothing() {
        let result = QueryResult {
            columns: vec![Column {
                name: "id".into(),
                data_type: DataType::UUID,
            }],
            rows: vec![],
        };
        assert_eq!(
            serde_json::to_string(&result).unwrap(),
            r#"{"column_names":null,"column_types":null,"values":null}"#
        );
    }
}
