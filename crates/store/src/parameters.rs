//! Table `params`.

use idos_ledger::{NextValue, Parameter, ParameterName, Table};
use idos_types::Digest;
use rusqlite::{Connection, Row, params};

use crate::{error::Result, sql};

const TABLE: &str = "params";

/// What [`read`] reads.
pub(crate) const COLUMNS: &str = "name, value, next_value, next_from_height";

pub(crate) fn put(conn: &Connection, parameter: &Parameter, salt: &Digest) -> Result<()> {
    let sql = "INSERT INTO params (name, value, next_value, next_from_height, salt, \
               schema_version) VALUES (?1, ?2, ?3, ?4, ?5, ?6) \
               ON CONFLICT (name) DO UPDATE SET value = excluded.value, \
               next_value = excluded.next_value, next_from_height = excluded.next_from_height, \
               salt = excluded.salt, schema_version = excluded.schema_version";
    let next = parameter.next;
    let values = params![
        parameter.name.name(),
        sql::int(parameter.value)?,
        next.map(|next| sql::int(next.value)).transpose()?,
        next.map(|next| sql::int(next.from_height)).transpose()?,
        salt.0,
        Table::Parameters.schema_version(),
    ];
    sql::run(conn, TABLE, sql, values).map(|_| ())
}

pub(crate) fn parameter(conn: &Connection, name: ParameterName) -> Result<Option<Parameter>> {
    let sql = "SELECT name, value, next_value, next_from_height FROM params WHERE name = ?1";
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
