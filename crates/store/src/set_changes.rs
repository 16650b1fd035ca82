//! Table `set_changes`: what proves to light clients who validates in which epoch.

use std::error::Error;

use idos_proof::{Proof, Root, RootCertificate, SetChange, Tree, ValidatorSet};
use idos_types::Digest;
use rusqlite::{Connection, params};

use crate::{
    access::Access,
    certificates,
    error::{Result, StoreError},
    sql,
    state_tree::StoredPages,
    unwritten, validators,
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

/// Keeps the certificate of the newest state, whose root and height these are, and if need be lets it prove
/// the set that was fixed last: the height that fixed it may never get a certificate, since validators can
/// hold their signatures back there and nowhere else. Any height of the next epoch but its last does as well.
pub(crate) fn certify(
    conn: &Connection,
    access: &Access,
    root: &Root,
    height: u64,
    certificate: &[u8],
) -> Result<()> {
    certificates::put(conn, height, certificate)?;
    let newest = "SELECT epoch, height FROM set_changes ORDER BY epoch DESC LIMIT 1";
    let newest: Option<(u64, u64)> = sql::one(conn, TABLE, newest, [], |row| {
        Ok((sql::uint(row, 0)?, sql::uint(row, 1)?))
    })?;
    let Some((epoch, fixed)) = newest.filter(|(_, fixed)| *fixed < height) else {
        return Ok(());
    };
    if certificates::certificate(conn, fixed)?.is_some() {
        return Ok(());
    }
    let certificate = RootCertificate::decode(certificate).map_err(corrupt)?;
    let statement = certificate.statement();
    if statement.newest_set() != epoch {
        return Ok(());
    }
    let pages = StoredPages::new(conn, unwritten::of(conn, Some(access))?);
    let (set, salt) = set(conn, epoch)?;
    let (_, proof) = Tree::open_at(&pages, root)?.prove_leaf(&set.leaf(epoch, &salt).key)?;
    let sql = "UPDATE set_changes SET height = ?2, proof = ?3 WHERE epoch = ?1";
    let values = params![sql::int(epoch)?, sql::int(height)?, proof.encode()];
    sql::run(conn, TABLE, sql, values).map(|_| ())
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

/// The height whose state proves the set of an epoch: the one that fixed it, or a later one if that has no
/// certificate.
pub(crate) fn fixed_at(conn: &Connection, epoch: u64) -> Result<Option<u64>> {
    // No epoch is stored that does not fit the column.
    let Ok(epoch) = sql::int(epoch) else {
        return Ok(None);
    };
    let sql = "SELECT height FROM set_changes WHERE epoch = ?1";
    sql::one(conn, TABLE, sql, [epoch], |row| sql::uint(row, 0))
}

/// The heights that are to prove sets and have no certificate, the lowest first.
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
