//! Tables `validators` and `validator_sets`.

use idos_ledger::{Table, Validator, ValidatorStatus};
use idos_types::{Digest, NodeAddress, ValidatorKey, ValidatorSet};
use rusqlite::{
    Connection, Row,
    types::{FromSqlError, Type},
};

use crate::{error::Result, put::Put, sql};

const TABLE: &str = "validators";
const SETS: &str = "validator_sets";

macro_rules! columns {
    () => {
        "key, operator, address, status, expires_at, height"
    };
}

macro_rules! set_columns {
    () => {
        "epoch, members"
    };
}

/// What [`read`] reads.
pub(crate) const COLUMNS: &str = columns!();
/// What [`read_set`] reads.
pub(crate) const SET_COLUMNS: &str = set_columns!();

macro_rules! select {
    ($rest:literal) => {
        concat!("SELECT ", columns!(), " FROM validators ", $rest)
    };
}

macro_rules! select_sets {
    ($rest:literal) => {
        concat!("SELECT ", set_columns!(), " FROM validator_sets ", $rest)
    };
}

pub(crate) fn put(conn: &Connection, validator: &Validator, put: &Put<'_>) -> Result<()> {
    put.row(
        conn,
        Table::Validators,
        &[("key", &validator.key.0)],
        &[
            ("operator", &validator.operator),
            ("address", &validator.address.to_string()),
            ("status", &validator.status.name()),
            ("expires_at", &validator.expires_at),
            ("height", &sql::int(validator.height)?),
        ],
    )
}

pub(crate) fn put_set(
    conn: &Connection,
    epoch: u64,
    set: &ValidatorSet,
    put: &Put<'_>,
) -> Result<()> {
    put.row(
        conn,
        Table::ValidatorSets,
        &[("epoch", &sql::int(epoch)?)],
        &[("members", &set.encode())],
    )
}

pub(crate) fn validator(conn: &Connection, key: ValidatorKey) -> Result<Option<Validator>> {
    sql::one(conn, TABLE, select!("WHERE key = ?1"), [key.0], read)
}

pub(crate) fn validator_at(conn: &Connection, address: NodeAddress) -> Result<Option<Validator>> {
    let address = address.to_string();
    sql::one(conn, TABLE, select!("WHERE address = ?1"), [address], read)
}

pub(crate) fn validators(conn: &Connection) -> Result<Vec<Validator>> {
    let sql = select!("WHERE seq >= 0 ORDER BY seq");
    sql::many(conn, TABLE, sql, [], read)
}

pub(crate) fn validators_of(conn: &Connection, operator: &str) -> Result<Vec<Validator>> {
    let sql = select!("WHERE operator = ?1 ORDER BY seq");
    sql::many(conn, TABLE, sql, [operator], read)
}

pub(crate) fn validator_set(conn: &Connection, epoch: u64) -> Result<Option<ValidatorSet>> {
    // No epoch is stored that does not fit the column.
    let Ok(epoch) = sql::int(epoch) else {
        return Ok(None);
    };
    let sql = select_sets!("WHERE epoch = ?1");
    Ok(sql::one(conn, SETS, sql, [epoch], read_set)?.map(|(_, set)| set))
}

/// The set of an epoch with the salt of its row.
pub(crate) fn salted_set(conn: &Connection, epoch: u64) -> Result<Option<(ValidatorSet, Digest)>> {
    let sql = concat!(
        "SELECT ",
        set_columns!(),
        ", salt FROM validator_sets WHERE epoch = ?1"
    );
    sql::one(conn, SETS, sql, [sql::int(epoch)?], |row| {
        Ok((read_set(row)?.1, sql::digest(row, 2)?))
    })
}

pub(crate) fn newest_validator_set(conn: &Connection) -> Result<Option<(u64, ValidatorSet)>> {
    let sql = select_sets!("WHERE epoch >= 0 ORDER BY epoch DESC LIMIT 1");
    sql::one(conn, SETS, sql, [], read_set)
}

pub(crate) fn read(row: &Row<'_>) -> rusqlite::Result<Validator> {
    Ok(Validator {
        key: ValidatorKey(row.get(0)?),
        operator: row.get(1)?,
        address: sql::named(row, 2, |text| text.parse().ok())?,
        status: sql::named(row, 3, ValidatorStatus::parse)?,
        expires_at: row.get(4)?,
        height: sql::uint(row, 5)?,
    })
}

pub(crate) fn read_set(row: &Row<'_>) -> rusqlite::Result<(u64, ValidatorSet)> {
    let bytes = row.get_ref(1)?.as_blob();
    let bytes = bytes.map_err(|error: FromSqlError| {
        rusqlite::Error::FromSqlConversionFailure(1, Type::Blob, Box::new(error))
    })?;
    let set = ValidatorSet::decode(bytes).map_err(|error| {
        rusqlite::Error::FromSqlConversionFailure(1, Type::Blob, Box::new(error))
    })?;
    Ok((sql::uint(row, 0)?, set))
}
