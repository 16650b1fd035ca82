//! Table `params`.

use idos_ledger::{NextValue, Parameter, ParameterName, Table};
use rusqlite::{Connection, Row};

use crate::{error::Result, put::Put, sql};

const TABLE: &str = "params";

macro_rules! columns {
    () => {
        "name, value, next_value, next_from_height"
    };
}

/// What [`read`] reads.
pub(crate) const COLUMNS: &str = columns!();

pub(crate) fn put(conn: &Connection, parameter: &Parameter, put: &Put<'_>) -> Result<()> {
    let next = parameter.next;
    let next_value = next.map(|next| sql::int(next.value)).transpose()?;
    let next_from_height = next.map(|next| sql::int(next.from_height)).transpose()?;
    put.row(
        conn,
        Table::Parameters,
        &[("name", &parameter.name.name())],
        &[
            ("value", &sql::int(parameter.value)?),
            ("next_value", &next_value),
            ("next_from_height", &next_from_height),
        ],
    )
}

pub(crate) fn parameter(conn: &Connection, name: ParameterName) -> Result<Option<Parameter>> {
    let sql = concat!("SELECT ", columns!(), " FROM params WHERE name = ?1");
    sql::one(conn, TABLE, sql, [name.name()], read)
}

pub(crate) fn read(row: &Row<'_>) -> rusqlite::Result<Parameter> {
    let is_planned = row.get_ref(2)? != rusqlite::types::ValueRef::Null;
    Ok(Parameter {
        name: sql::named(row, 0, ParameterName::parse)?,
        value: sql::uint(row, 1)?,
        next: if is_planned {
            Some(NextValue {
                value: sql::uint(row, 2)?,
                from_height: sql::uint(row, 3)?,
            })
        } else {
            None
        },
    })
}
