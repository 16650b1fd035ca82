//! Table `set_changes`: what proves to light clients who validates in which epoch.

use std::error::Error;

use idos_proof::{Proof, Root, RootCertificate, SetChange, Tree, ValidatorSet};
use idos_types::Digest;
use rusqlite::{Connection, params};

use crate::{
    certificates,
    error::{Result, StoreError},
    sql,
    state_tree::StoredPages,
    validators,
};

const TABLE: &str = "set_changes";

/// Cuts the proof of the set of an epoch from the state after the block of a height, whose root and
/// pages these are. Nobody can certify a set without validators, so that there is nothing to prove of it.
pub(crate) fn cut(
    conn: &Connection,
    pages: &StoredPages<'_>,
    root: &Root,
    height: u64,
    epoch: u64,
) -> Result<()> {
    if validators::validator_set(conn, epoch)?.is_some_and(|set| set.is_empty()) {
        return Ok(());
    }
    let (set, salt) = set(conn, epoch)?;
    let leaf = set.leaf(epoch, &salt);
    let (_, proof) = Tree::open_at(pages, root)?.prove_leaf(&leaf.key)?;
    put(conn, height, epoch, &proof)
}

/// Keeps a change as it came from others, with its certificate. The set's row is in the state.
pub(crate) fn keep(conn: &Connection, change: &SetChange) -> Result<()> {
    let statement = change.certificate.statement();
    let height = statement.height;
    certificates::put(conn, height, &change.certificate.encode())?;
    put(conn, height, change.epoch(), &change.proof)
}

fn put(conn: &Connection, height: u64, epoch: u64, proof: &Proof) -> Result<()> {
    let sql = "INSERT INTO set_changes (epoch, height, proof) VALUES (?1, ?2, ?3) \
               ON CONFLICT (epoch) DO NOTHING";
    let values = params![sql::int(epoch)?, sql::int(height)?, proof.encode()];
    sql::run(conn, TABLE, sql, values).map(|_| ())
}

/// The change that establishes the set of an epoch; `None` if there is none, or not yet the
/// certificate.
pub(crate) fn set_change(conn: &Connection, epoch: u64) -> Result<Option<Vec<u8>>> {
    // No epoch is stored that does not fit the column.
    let Ok(number) = sql::int(epoch) else {
        return Ok(None);
    };
    let sql = "SELECT height, proof FROM set_changes WHERE epoch = ?1";
    let found: Option<(u64, Vec<u8>)> = sql::one(conn, TABLE, sql, [number], |row| {
        Ok((sql::uint(row, 0)?, row.get(1)?))
    })?;
    let Some((height, proof)) = found else {
        return Ok(None);
    };
    let Some(certificate) = certificates::certificate(conn, height)? else {
        return Ok(None);
    };
    let (set, salt) = set(conn, epoch)?;
    let change = SetChange {
        certificate: RootCertificate::decode(&certificate).map_err(corrupt)?,
        set,
        salt,
        proof: Proof::decode(&proof).map_err(corrupt)?,
    };
    Ok(Some(change.encode()))
}

/// The height that fixed the set of an epoch.
pub(crate) fn fixed_at(conn: &Connection, epoch: u64) -> Result<Option<u64>> {
    // No epoch is stored that does not fit the column.
    let Ok(epoch) = sql::int(epoch) else {
        return Ok(None);
    };
    let sql = "SELECT height FROM set_changes WHERE epoch = ?1";
    sql::one(conn, TABLE, sql, [epoch], |row| sql::uint(row, 0))
}

/// The heights that fixed sets and have no certificate, the lowest first.
pub(crate) fn uncertified(conn: &Connection) -> Result<Vec<u64>> {
    let sql = "SELECT height FROM set_changes WHERE NOT EXISTS \
               (SELECT 1 FROM certificates WHERE certificates.height = set_changes.height) \
               ORDER BY height";
    sql::many(conn, TABLE, sql, [], |row| sql::uint(row, 0))
}

/// The set of an epoch, which a block has fixed, with the salt of its row.
fn set(conn: &Connection, epoch: u64) -> Result<(ValidatorSet, Digest)> {
    let fixed = validators::salted_set(conn, epoch)?;
    let (set, salt) = fixed.ok_or_else(|| corrupt(rusqlite::Error::QueryReturnedNoRows))?;
    Ok((ValidatorSet::of(set).map_err(corrupt)?, salt))
}

fn corrupt(source: impl Into<Box<dyn Error + Send + Sync>>) -> StoreError {
    StoreError::Corrupt {
        table: TABLE,
        source: source.into(),
    }
}
