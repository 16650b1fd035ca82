//! Answers with what proves them, as one read sees them.

use std::collections::BTreeMap;

use idos_ledger::{
    AccessGrant, Answer, Caller, Claimed, ClaimedRow, Contents, Evidence, Found, Grants, Key, Kind,
    LeafKeys, List, Page, Question, State, StateError, answer,
};
use idos_proof::{Leaf, LeafKey, Tree};
use idos_types::{CredentialId, UserId, limits::PROVED_ROWS};
use thiserror::Error;

use crate::{
    error::StoreError,
    leaf_rows,
    pool::Snapshot,
    rows::{self, HiddenRow, StoredRow},
    state_tree::TreeFault,
};

/// Why an answer is not proved.
#[derive(Debug, Error)]
pub enum EvidenceError {
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The same, where the rules ask.
    #[error(transparent)]
    State(#[from] StateError),
    /// A list that has to be shown as a whole is too long.
    #[error("{0} rows cannot be proved at once, at most {PROVED_ROWS} are")]
    TooMany(u64),
}

type Result<T> = std::result::Result<T, EvidenceError>;

impl Snapshot<'_> {
    /// The answer to a question of a caller, at a time in seconds since 1970, and what proves it:
    /// rows, salts and proofs of the one height that this read sees.
    pub fn prove(
        &self,
        question: &Question,
        caller: &Caller,
        now: i64,
    ) -> Result<(Answer, Vec<Claimed>)> {
        let mut prover = Prover {
            snapshot: self,
            tree: self.tree()?,
            claims: Vec::new(),
        };
        let answer = answer(question, caller, now, &mut prover)?;
        Ok((answer, prover.claims))
    }
}

/// Looks up each step, and notes the claim that proves it.
struct Prover<'s, 'c> {
    snapshot: &'s Snapshot<'c>,
    tree: Tree<'s, Snapshot<'c>>,
    claims: Vec<Claimed>,
}

impl Prover<'_, '_> {
    /// Claims that the row is there.
    fn claim_row(&mut self, key: &LeafKey, row: ClaimedRow) -> Result<()> {
        let (_, proof) = self.tree.prove_leaf(key).map_err(StoreError::from)?;
        self.claims.push(Claimed {
            kind: Kind::Row,
            list: key.list(),
            count: 1,
            rows: vec![row],
            proof: proof.encode(),
        });
        Ok(())
    }

    /// Claims that there is no such row.
    fn claim_absent(&mut self, key: &LeafKey) -> Result<()> {
        let (_, proof) = self.tree.prove_leaf(key).map_err(StoreError::from)?;
        self.claims.push(Claimed {
            kind: Kind::Absent,
            list: key.list(),
            count: 0,
            rows: Vec::new(),
            proof: proof.encode(),
        });
        Ok(())
    }

    /// Claims rows one by one.
    fn claim_rows(&mut self, keys: impl IntoIterator<Item = Key>) -> Result<Vec<Found>> {
        let mut found = Vec::new();
        for key in keys {
            if let Some(stored) = self.snapshot.stored_row(&key)? {
                let leaf = LeafKeys::of(&stored.row).row;
                let (row, shown) = show(stored, Contents::Hidden);
                self.claim_row(&leaf, row)?;
                found.push(shown);
            }
        }
        Ok(found)
    }

    /// Claims that the rows are all of a list; how many they are instead if they are too many.
    fn claim_list(&mut self, list: &List<'_>) -> Result<std::result::Result<Vec<Found>, u64>> {
        let id = list.id();
        let (count, proof) = self.tree.prove_list(&id).map_err(StoreError::from)?;
        if usize::try_from(count).map_or(true, |count| count > PROVED_ROWS) {
            return Ok(Err(count));
        }
        let shown = self.rows_in(list)?;
        let (rows, found) = shown.into_iter().unzip();
        self.claims.push(Claimed {
            kind: Kind::List,
            list: id,
            count,
            rows,
            proof: proof.encode(),
        });
        Ok(Ok(found))
    }

    /// Every row of a list, as long as an answer shows.
    fn rows_in(&self, list: &List<'_>) -> Result<Vec<(ClaimedRow, Found)>> {
        match list {
            List::WalletOf(identity) => {
                let wallet = self.snapshot.wallet_of(identity)?;
                self.rows_with(wallet.map(|wallet| Key::Wallet(wallet.id)))
            }
            List::GrantsOwned(owner) => {
                self.rows_with(grant_keys(self.snapshot.grants_owned(*owner)?))
            }
            List::GrantsOn(data) => self.rows_with(grant_keys(self.snapshot.grants_on(*data)?)),
            List::Credentials(user) => self.hidden_rows(*user, &self.leaves_of(list)?),
            List::All(_)
            | List::Wallets(_)
            | List::Attributes(_)
            | List::AttributeGrantsTo(_)
            | List::GrantsTo(_)
            | List::PartyKeys(_)
            | List::Votes(_) => self.rows(&self.leaves_of(list)?),
        }
    }

    fn leaves_of(&self, list: &List<'_>) -> Result<Vec<Leaf>> {
        let leaves = self.tree.leaves(&list.id().prefix(), None, PROVED_ROWS);
        Ok(leaves.map_err(StoreError::from)?)
    }

    /// The rows with these keys, without contents.
    fn rows_with(&self, keys: impl IntoIterator<Item = Key>) -> Result<Vec<(ClaimedRow, Found)>> {
        let mut shown = Vec::new();
        for key in keys {
            if let Some(stored) = self.snapshot.stored_row(&key)? {
                shown.push(show(stored, Contents::Hidden));
            }
        }
        Ok(shown)
    }

    /// The rows that these leaves commit, in the same order.
    fn rows(&self, leaves: &[Leaf]) -> Result<Vec<(ClaimedRow, Found)>> {
        let mut shown = Vec::with_capacity(leaves.len());
        for leaf in leaves {
            if let Some(stored) = self.snapshot.row_of(leaf)? {
                shown.push(show(stored, Contents::Hidden));
            }
        }
        Ok(shown)
    }

    /// The credentials of a person, which these leaves commit, in the same order. A short request asks
    /// for all of them: their contents, which may have hundreds of megabytes, are not read.
    fn hidden_rows(&self, user: UserId, leaves: &[Leaf]) -> Result<Vec<(ClaimedRow, Found)>> {
        let stored = rows::hidden_of(self.snapshot.conn()?, user)?;
        let leaf_of = |row: &HiddenRow| LeafKeys::credential(row.header.id, user).row;
        let by_leaf = stored.into_iter().map(|row| (leaf_of(&row), row));
        let mut by_leaf: BTreeMap<LeafKey, HiddenRow> = by_leaf.collect();
        let shown = leaves.iter().map(|leaf| {
            let row = by_leaf.remove(&leaf.key);
            let row = row.ok_or_else(|| StoreError::from(TreeFault::Leaf(leaf.key)))?;
            Ok(show_hidden(row))
        });
        shown.collect()
    }
}

/// A row as a claim states it and as the rules take it.
fn show(stored: StoredRow, contents: Contents) -> (ClaimedRow, Found) {
    let StoredRow {
        row, place, salt, ..
    } = stored;
    let claimed = ClaimedRow::new(&row, place, salt, contents);
    (claimed, Found::new(row, place, contents))
}

/// The same of a credential whose content is not shown.
fn show_hidden(row: HiddenRow) -> (ClaimedRow, Found) {
    let claimed = ClaimedRow::hidden(&row.header, row.place, row.salt, &row.content);
    (claimed, Found::hidden(row.header, row.place))
}

fn grant_keys(grants: Vec<AccessGrant>) -> Vec<Key> {
    let key = |grant: AccessGrant| Key::AccessGrant(grant.id);
    grants.into_iter().map(key).collect()
}

impl Evidence for Prover<'_, '_> {
    type Error = EvidenceError;

    fn row(&mut self, key: &LeafKey, contents: Contents) -> Result<Option<Found>> {
        let Some(stored) = leaf_rows::row(self.snapshot.conn()?, key)? else {
            self.claim_absent(key)?;
            return Ok(None);
        };
        let (row, found) = show(stored, contents);
        self.claim_row(key, row)?;
        Ok(Some(found))
    }

    fn header(&mut self, id: CredentialId, owner: UserId) -> Result<Option<Found>> {
        let key = LeafKeys::credential(id, owner).row;
        let stored = rows::hidden(self.snapshot.conn()?, id)?;
        let Some(stored) = stored.filter(|row| row.header.user_id == owner) else {
            self.claim_absent(&key)?;
            return Ok(None);
        };
        let (row, found) = show_hidden(stored);
        self.claim_row(&key, row)?;
        Ok(Some(found))
    }

    fn list(&mut self, list: &List<'_>) -> Result<Vec<Found>> {
        self.claim_list(list)?.map_err(EvidenceError::TooMany)
    }

    fn grants(&mut self, grantee: &str, owner: Option<UserId>, page: Page) -> Result<Grants> {
        let list = List::GrantsTo(grantee);
        let total = match self.claim_list(&list)? {
            Ok(all) => return Ok(Grants::All(all)),
            Err(total) => total,
        };
        let id = list.id();
        let (count, proof) = self.tree.prove_count(&id).map_err(StoreError::from)?;
        self.claims.push(Claimed {
            kind: Kind::Count,
            list: id,
            count,
            rows: Vec::new(),
            proof: proof.encode(),
        });
        let grants = self.snapshot.grants_to(grantee, owner, page)?;
        let shown = self.claim_rows(grant_keys(grants))?;
        Ok(Grants::Some { total, shown })
    }

    fn grants_on(&mut self, grantee: &str, data: CredentialId, now: i64) -> Result<Vec<Found>> {
        let permits = |grant: &AccessGrant| {
            grant.grantee.eq_ignore_ascii_case(grantee) && grant.permits(data, now)
        };
        let grants = self.snapshot.grants_on(data)?;
        // The one that ends last: to a clock that is ahead of this one another may have ended.
        let longest = grants
            .into_iter()
            .filter(permits)
            .max_by_key(AccessGrant::lasts_until);
        match longest {
            Some(grant) => self.claim_rows([Key::AccessGrant(grant.id)]),
            None => self.list(&List::GrantsTo(grantee)),
        }
    }
}
