//! The parameters of `user.query`.

use std::{collections::BTreeMap, fmt};

use idos_types::{
    DataType, Scalar,
    limits::{ARGUMENTS, ARRAY_ELEMENTS, CALL_PAYLOAD_BYTES, NAME_BYTES},
};
use serde::Deserialize;
use thiserror::Error;

use crate::{
    FieldError, RpcError, field,
    payload::{EncodedValue, ValueError},
};

/// A statement with named parameters.
#[derive(Clone, PartialEq, Eq)]
pub struct Query {
    /// The SQL text.
    pub statement: String,
    /// The parameters by name, `$` included.
    pub parameters: BTreeMap<String, EncodedValue>,
}

/// A query is refused before its statement is looked at.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum QueryError {
    /// A field is not usable.
    #[error(transparent)]
    Field(#[from] FieldError),
    /// More parameters than [`ARGUMENTS`].
    #[error("{0} parameters, at most {ARGUMENTS} are allowed")]
    TooMany(usize),
    /// A parameter has more items than [`ARRAY_ELEMENTS`].
    #[error("{0} items, at most {ARRAY_ELEMENTS} are allowed")]
    TooManyItems(usize),
    /// A type that does not exist.
    #[error("unknown data type of a parameter")]
    UnknownType,
    /// A value is broken.
    #[error("failed to decode argument: {0}")]
    Value(#[from] ValueError),
}

impl From<QueryError> for RpcError {
    fn from(error: QueryError) -> Self {
        Self::params(error)
    }
}

/// The parameters as sent.
#[derive(Deserialize)]
pub(crate) struct QueryJson {
    query: String,
    params: Option<BTreeMap<String, ParameterJson>>,
}

#[derive(Deserialize)]
struct ParameterJson {
    #[serde(rename = "type")]
    data_type: DataTypeJson,
    #[serde(default)]
    data: Vec<String>,
}

#[derive(Deserialize)]
struct DataTypeJson {
    name: String,
    #[serde(default)]
    is_array: bool,
    #[serde(default)]
    metadata: Option<[u16; 2]>,
}

impl TryFrom<QueryJson> for Query {
    type Error = QueryError;

    fn try_from(json: QueryJson) -> Result<Self, QueryError> {
        field::no_longer("query", json.query.len(), CALL_PAYLOAD_BYTES)?;
        let sent = json.params.unwrap_or_default();
        if sent.len() > ARGUMENTS {
            return Err(QueryError::TooMany(sent.len()));
        }
        let mut parameters = BTreeMap::new();
        for (name, parameter) in sent {
            field::no_longer("name of a parameter", name.len(), NAME_BYTES)?;
            parameters.insert(name, parameter.try_into()?);
        }
        Ok(Self {
            statement: json.query,
            parameters,
        })
    }
}

impl TryFrom<ParameterJson> for EncodedValue {
    type Error = QueryError;

    fn try_from(json: ParameterJson) -> Result<Self, QueryError> {
        if json.data.len() > ARRAY_ELEMENTS {
            return Err(QueryError::TooManyItems(json.data.len()));
        }
        let data_type = DataType {
            scalar: Scalar::parse(&json.data_type.name).ok_or(QueryError::UnknownType)?,
            is_array: json.data_type.is_array,
            metadata: json.data_type.metadata.unwrap_or_default(),
        };
        let items = json
            .data
            .iter()
            .map(|item| field::base64("item of a parameter", item, CALL_PAYLOAD_BYTES))
            .collect::<Result<Vec<_>, _>>()?;
        Ok(Self::from_items(data_type, &items)?)
    }
}

/// Literals in a statement may be personal data: `{:?}` hides them.
impl fmt::Debug for Query {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Query")
            .field("parameters", &self.parameters)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn parse(params: Value) -> Result<Query, QueryError> {
        let json = json!({"query": "SELECT 1", "params": params});
        serde_json::from_value::<QueryJson>(json)
            .unwrap()
            .try_into()
    }

    #[test]
    fn parameters_may_be_absent() {
        assert!(parse(Value::Null).unwrap().parameters.is_empty());
        assert!(parse(json!({})).unwrap().parameters.is_empty());
    }

    #[test]
    fn broken_parameters_are_refused() {
        for (name, items, error) in [
            ("varchar", vec!["AA=="], QueryError::UnknownType),
            (
                "text",
                vec!["AA"],
                QueryError::Field(FieldError::Base64("item of a parameter")),
            ),
            ("text", vec!["AQ==", ""], {
                let count = 2;
                QueryError::Value(ValueError::Items {
                    data_type: DataType::TEXT,
                    count,
                })
            }),
            ("text", vec![""], QueryError::Value(ValueError::Empty)),
            (
                "text",
                vec!["AA=="; 1025],
                QueryError::TooManyItems(ARRAY_ELEMENTS + 1),
            ),
        ] {
            let params = json!({"$a": {"type": {"name": name}, "data": items}});
            assert_eq!(parse(params), Err(error));
        }
    }

    #[test]
    fn parameters_are_counted() {
        let parameter = json!({"type": {"name": "text"}, "data": ["AA=="]});
        let many = (0..=ARGUMENTS).map(|index| (format!("${index}"), parameter.clone()));
        assert_eq!(
            parse(Value::Object(many.collect())),
            Err(QueryError::TooMany(ARGUMENTS + 1))
        );
    }
}
