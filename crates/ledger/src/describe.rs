//! The catalogue as rows, as clients ask for it with `SELECT * FROM info.actions`.

use idos_types::{DataType, Value};

use crate::{
    catalogue::{Access, Action, Column, NAMESPACE, actions},
    context::Rows,
};

/// Columns of [`describe`].
pub const DESCRIPTION_COLUMNS: &[Column] = &[
    Column {
        name: "namespace",
        data_type: DataType::TEXT,
    },
    Column {
        name: "name",
        data_type: DataType::TEXT,
    },
    Column {
        name: "raw_statement",
        data_type: DataType::TEXT,
    },
    Column {
        name: "access_modifiers",
        data_type: DataType::TEXT_ARRAY,
    },
    Column {
        name: "parameter_names",
        data_type: DataType::TEXT_ARRAY,
    },
    Column {
        name: "parameter_types",
        data_type: DataType::TEXT_ARRAY,
    },
    Column {
        name: "return_names",
        data_type: DataType::TEXT_ARRAY,
    },
    Column {
        name: "return_types",
        data_type: DataType::TEXT_ARRAY,
    },
    Column {
        name: "returns_table",
        data_type: DataType::BOOL,
    },
    Column {
        name: "built_in",
        data_type: DataType::BOOL,
    },
];

/// One row for each action.
pub fn describe() -> Rows {
    actions().map(description).collect()
}

fn description(action: &Action) -> Vec<Value> {
    let texts = |texts: Vec<String>| Value::Array(texts.into_iter().map(Value::Text).collect());
    let mut modifiers = vec!["PUBLIC".to_owned()];
    if action.is_view() {
        modifiers.push("VIEW".to_owned());
    }
    if action.access == Access::Owner {
        modifiers.push("OWNER".to_owned());
    }
    let parameters = action.parameters;
    let columns = action.columns();
    vec![
        Value::from(NAMESPACE),
        Value::from(action.name),
        Value::Text(statement(action)),
        texts(modifiers),
        texts(
            parameters
                .iter()
                .map(|parameter| format!("${}", parameter.name))
                .collect(),
        ),
        texts(
            parameters
                .iter()
                .map(|parameter| parameter.data_type.to_string())
                .collect(),
        ),
        texts(
            columns
                .iter()
                .map(|column| column.name.to_owned())
                .collect(),
        ),
        texts(
            columns
                .iter()
                .map(|column| column.data_type.to_string())
                .collect(),
        ),
        Value::Bool(action.is_table()),
        Value::Bool(false),
    ]
}

/// The signature of an action in the incumbent's language. What it does is not SQL here, so its
/// body is the summary as a comment.
fn statement(action: &Action) -> String {
    let parameters: Vec<_> = action
        .parameters
        .iter()
        .map(|parameter| format!("${} {}", parameter.name, parameter.data_type))
        .collect();
    let access = match (action.access, action.is_view()) {
        (Access::Owner, _) => "OWNER",
        (Access::Public | Access::Session, true) => "PUBLIC VIEW",
        (Access::Public | Access::Session, false) => "PUBLIC",
    };
    format!(
        "CREATE ACTION {}({}) {access} {{ -- {}\n}}",
        action.name,
        parameters.join(", "),
        action.summary
    )
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_action_is_described_once_and_fits_its_columns() {
        let rows = describe();
        let names: BTreeSet<_> = actions().map(|action| action.name).collect();
        assert_eq!(rows.len(), names.len(), "two actions share a name");
        assert!(
            rows.iter()
                .all(|row| row.len() == DESCRIPTION_COLUMNS.len())
        );
    }
}
