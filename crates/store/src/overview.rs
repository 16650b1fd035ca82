//! What anybody may see of the chain and its grants, page by page, each page by an index.

use idos_ledger::{AccessGrant, List};
use idos_proof::{LeafKey, LeafValue, Proof};
use idos_types::{BlockTime, Digest, GrantId, Uuid};
use rusqlite::params;

use crate::{
    blocks, counts,
    error::Result,
    grants,
    history::{self, History},
    pool::Snapshot,
    receipts, sql,
};

/// A block in a list.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Listed {
    /// Its height.
    pub height: u64,
    /// Its hash.
    pub hash: Digest,
    /// Its time.
    pub time: BlockTime,
    /// How many of its transactions this node has receipts of.
    pub transactions: u64,
}

/// Where a list of grants goes on: behind the grant with this height and id.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct GrantCursor {
    /// Height of the block that made the grant.
    pub height: u64,
    /// Its id.
    pub id: Uuid,
}

/// How many there are of what takes time to count.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Sizes {
    /// Credentials, copies included.
    pub credentials: u64,
    /// Access grants.
    pub grants: u64,
}

/// What proves that a grant is in the state, and shows nothing else of its row.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct GrantProof {
    /// The value of the leaf that commits the row: a digest of it and its salt.
    pub leaf: LeafValue,
    /// Proves the leaf in the list of the grantee.
    pub to_grantee: Proof,
    /// The value of the entry in the index of what the grant lets read.
    pub entry: LeafValue,
    /// Proves that entry.
    pub on_data: Proof,
}

impl Snapshot<'_> {
    /// Blocks from this height on upwards, at most `limit`.
    pub fn blocks_from(&self, height: u64, limit: usize) -> Result<Vec<Listed>> {
        let sql = blocks::listed!("WHERE height >= ?1 ORDER BY height LIMIT ?2");
        blocks::list(self.conn()?, sql, height, limit)
    }

    /// Blocks below this height, the highest first, at most `limit`.
    pub fn blocks_below(&self, height: u64, limit: usize) -> Result<Vec<Listed>> {
        let sql = blocks::listed!("WHERE height < ?1 ORDER BY height DESC LIMIT ?2");
        blocks::list(self.conn()?, sql, height, limit)
    }

    /// The newest certificates up to this height, the highest first, at most `limit`.
    pub fn certificates_to(&self, height: u64, limit: usize) -> Result<Vec<(u64, Vec<u8>)>> {
        let sql = "SELECT height, certificate FROM certificates WHERE height <= ?1 \
                   ORDER BY height DESC LIMIT ?2";
        let values = params![sql::int(height).unwrap_or(i64::MAX), sql::limit(limit)];
        sql::many(self.conn()?, "certificates", sql, values, |row| {
            Ok((sql::uint(row, 0)?, row.get(1)?))
        })
    }

    /// How many rows the tables of this node's history have, by counting.
    pub fn history(&self) -> Result<History> {
        history::count(self.conn()?)
    }

    /// How many transactions this node has receipts of. None is ever removed.
    pub fn receipt_count(&self) -> Result<u64> {
        receipts::count(self.conn()?)
    }

    /// Grants to a grantee, ignoring case, the newest first, at most `limit`.
    pub fn newest_grants_to(
        &self,
        grantee: &str,
        behind: Option<GrantCursor>,
        limit: usize,
    ) -> Result<Vec<AccessGrant>> {
        grants::newest_to(self.conn()?, grantee, behind, limit)
    }

    /// How many there are of what takes time to count; the time grows with the number of rows.
    pub fn sizes(&self) -> Result<Sizes> {
        counts::sizes(self.conn()?)
    }

    /// How many rows a list of the state has.
    pub fn length_of(&self, list: &List<'_>) -> Result<u64> {
        Ok(self.tree()?.prove_count(&list.id())?.0)
    }

    /// What proves that a grant is in the state; `None` if it is not.
    pub fn prove_grant(&self, grant: &AccessGrant) -> Result<Option<GrantProof>> {
        let tree = self.tree()?;
        let [to_grantee, on_data] = grant_leaves(grant.id, &grant.grantee, grant.data_id.0);
        let (leaf, to_grantee) = tree.prove_leaf(&to_grantee)?;
        let (entry, on_data) = tree.prove_leaf(&on_data)?;
        Ok(match (leaf, entry) {
            (Some(leaf), Some(entry)) => Some(GrantProof {
                leaf,
                to_grantee,
                entry,
                on_data,
            }),
            _ => None,
        })
    }
}

/// The keys under which the state has a grant: in the list of its grantee, and in the index of what
/// it lets read.
fn grant_leaves(id: GrantId, grantee: &str, data: Uuid) -> [LeafKey; 2] {
    let element = idos_proof::Element::new(id.0.as_bytes());
    let data = idos_types::CredentialId(data);
    [List::GrantsTo(grantee), List::GrantsOn(data)].map(|list| LeafKey::new(&list.id(), &element))
}
