//! Tables `set_changes` and `later_set_proofs`: what proves to light clients who validates in which epoch.

use std::error::Error;

use idos_proof::{Proof, Root, RootCertificate, SetChange, Tree, ValidatorSet};
use idos_types::{Digest, limits::UNCERTIFIED_BLOCKS};
use rusqlite::{Connection, params};

use crate::{
    certificates,
    error::{Result, StoreError},
    sql,
    state_tree::StoredPages,
    validators,
};

const TABLE: &str = "set_changes";
const LATER: &str = "later_set_proofs";

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
    put(conn, height, epoch, &proof)?;
    // Once in an epoch: what the height that fixed a set proves needs no later one.
    let forget = "DELETE FROM later_set_proofs WHERE EXISTS \
                  (SELECT 1 FROM set_changes JOIN certificates USING (height) \
                  WHERE set_changes.epoch = later_set_proofs.epoch)";
    sql::run(conn, LATER, forget, []).map(|_| ())
}

/// Cuts a later proof of the newest set from the state after the block of a height, while the height that fixed
/// the set has no certificate: it may never get one, since validators can hold their signatures back there and
/// nowhere else.
pub(crate) fn cut_later(
    conn: &Connection,
    pages: &StoredPages<'_>,
    root: &Root,
    height: u64,
) -> Result<()> {
    let newest =
        "SELECT epoch, height FROM set_changes WHERE epoch >= 0 ORDER BY epoch DESC LIMIT 1";
    let newest: Option<(u64, u64)> = sql::one(conn, TABLE, newest, [], |row| {
        Ok((sql::uint(row, 0)?, sql::uint(row, 1)?))
    })?;
    let Some((epoch, fixed)) = newest.filter(|(_, fixed)| *fixed < height) else {
        return Ok(());
    };
    // A set of nobody has no proof, and those before it are of no use any more.
    if validators::validator_set(conn, epoch.saturating_add(1))?.is_some() {
        return Ok(());
    }
    let of_epoch = sql::int(epoch)?;
    if certificates::certificate(conn, fixed)?.is_some() {
        let forget = "DELETE FROM later_set_proofs WHERE epoch = ?1";
        return sql::run(conn, LATER, forget, [of_epoch]).map(|_| ());
    }
    if later(conn, epoch)?.is_some() {
        let forget = "DELETE FROM later_set_proofs WHERE epoch = ?1 AND NOT EXISTS \
                      (SELECT 1 FROM certificates WHERE certificates.height = later_set_proofs.height)";
        return sql::run(conn, LATER, forget, [of_epoch]).map(|_| ());
    }
    // What got no certificate for so long gets none.
    let oldest = sql::int(height.saturating_sub(UNCERTIFIED_BLOCKS))?;
    let forget = "DELETE FROM later_set_proofs WHERE epoch = ?1 AND height < ?2";
    sql::run(conn, LATER, forget, [of_epoch, oldest])?;
    let (set, salt) = set(conn, epoch)?;
    let (_, proof) = Tree::open_at(pages, root)?.prove_leaf(&set.leaf(epoch, &salt).key)?;
    put_later(conn, height, epoch, &proof)
}

fn put_later(conn: &Connection, height: u64, epoch: u64, proof: &Proof) -> Result<()> {
    let sql = "INSERT INTO later_set_proofs (epoch, height, proof) VALUES (?1, ?2, ?3) \
               ON CONFLICT (epoch, height) DO NOTHING";
    let values = params![sql::int(epoch)?, sql::int(height)?, proof.encode()];
    sql::run(conn, LATER, sql, values).map(|_| ())
}

/// The first later height that proves the set of an epoch, the proof and the certificate.
fn later(conn: &Connection, epoch: u64) -> Result<Option<Proved>> {
    proved(
        conn,
        "SELECT later_set_proofs.proof, certificate FROM later_set_proofs \
         JOIN certificates USING (height) WHERE epoch = ?1 ORDER BY height LIMIT 1",
        epoch,
    )
}

/// A proof of a set, and the certificate of its height.
type Proved = (Vec<u8>, Vec<u8>);

fn proved(conn: &Connection, sql: &str, epoch: u64) -> Result<Option<Proved>> {
    // No epoch is stored that does not fit the column.
    let Ok(epoch) = sql::int(epoch) else {
        return Ok(None);
    };
    sql::one(conn, TABLE, sql, [epoch], |row| {
        Ok((row.get(0)?, row.get(1)?))
    })
}

/// Keeps a change as it came from others, with its certificate. The set's row is in the state.
pub(crate) fn keep(conn: &Connection, change: &SetChange) -> Result<()> {
    let statement = change.certificate.statement();
    let height = statement.height;
    certificates::put(conn, height, &change.certificate.encode())?;
    if statement.ends_epoch {
        put(conn, height, change.epoch(), &change.proof)
    } else {
        put_later(conn, height, change.epoch(), &change.proof)
    }
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
    let fixed = "SELECT set_changes.proof, certificate FROM set_changes \
                 JOIN certificates USING (height) WHERE epoch = ?1";
    let found = match proved(conn, fixed, epoch)? {
        None => later(conn, epoch)?,
        found => found,
    };
    let Some((proof, certificate)) = found else {
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

/// Whether the proof of the set of an epoch is one of this height.
pub(crate) fn is_proved_at(conn: &Connection, epoch: u64, height: u64) -> Result<bool> {
    let (Ok(epoch), Ok(height)) = (sql::int(epoch), sql::int(height)) else {
        return Ok(false);
    };
    let sql = "SELECT EXISTS (SELECT 1 FROM set_changes WHERE epoch = ?1 AND height = ?2) \
               OR EXISTS (SELECT 1 FROM later_set_proofs WHERE epoch = ?1 AND height = ?2)";
    let found = sql::one(conn, TABLE, sql, [epoch, height], |row| row.get(0))?;
    Ok(found.unwrap_or_default())
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
