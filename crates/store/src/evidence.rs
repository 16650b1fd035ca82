//! Answers with what proves them, as one read sees them.

use idos_ledger::{
    AccessGrant, Answer, Caller, Claimed, ClaimedRow, Contents, Evidence, Found, Grants, Key, Kind,
    LeafKeys, List, Page, Question, State, StateError, answer,
};
use idos_proof::{LeafKey, Prefix, Tree};
use idos_types::{CredentialId, Digest, UserId, limits::PROVED_ROWS};
use thiserror::Error;

use crate::{error::StoreError, leaf_rows, pool::Snapshot, rows::StoredRow};

/// Leaves that are looked up at once.
const AT_ONCE: usize = 256;

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
    fn stored(&self, key: &Key) -> Result<Option<StoredRow>> {
        Ok(self.snapshot.stored_row(key)?)
    }

    /// Claims that the row is there.
    fn claim_row(&mut self, key: &LeafKey, stored: StoredRow, contents: Contents) -> Result<Found> {
        let (_, proof) = self.tree.prove_leaf(key).map_err(StoreError::from)?;
        self.claims.push(Claimed {
            kind: Kind::Row,
            list: key.list(),
            count: 1,
            rows: vec![claimed(&stored, contents)],
            proof: proof.encode(),
        });
        Ok(Found::new(stored.row, stored.place, contents))
    }

    /// Claims rows one by one.
    fn claim_rows(&mut self, keys: impl IntoIterator<Item = Key>) -> Result<Vec<Found>> {
        let mut found = Vec::new();
        for key in keys {
            if let Some(stored) = self.stored(&key)? {
                let leaf = LeafKeys::of(&stored.row).row;
                found.push(self.claim_row(&leaf, stored, Contents::Hidden)?);
            }
        }
        Ok(found)
    }

    /// Claims that the rows are all of a list; how many they are instead if they are too many.
    fn claim_list(&mut self, list: &List<'_>) -> Result<std::result::Result<Vec<Found>, u64>> {
        let list = list.id();
        let (count, proof) = self.tree.prove_list(&list).map_err(StoreError::from)?;
        if usize::try_from(count).map_or(true, |count| count > PROVED_ROWS) {
            return Ok(Err(count));
        }
        let (mut rows, mut found) = (Vec::new(), Vec::new());
        let prefix: Prefix = list.prefix();
        let mut after: Option<LeafKey> = None;
        loop {
            let leaves = self.tree.leaves(&prefix, after.as_ref(), AT_ONCE);
            let leaves = leaves.map_err(StoreError::from)?;
            let Some(last) = leaves.last() else { break };
            after = Some(last.key);
            for leaf in &leaves {
                // One by one: the contents of a person's credentials would be too much at once.
                if let Some(stored) = self.snapshot.row_of(leaf)? {
                    rows.push(claimed(&stored, Contents::Hidden));
                    found.push(Found::new(stored.row, stored.place, Contents::Hidden));
                }
            }
        }
        self.claims.push(Claimed {
            kind: Kind::List,
            list,
            count,
            rows,
            proof: proof.encode(),
        });
        Ok(Ok(found))
    }

    /// The keys of the rows of an index, in no particular order.
    fn indexed(&self, list: &List<'_>) -> Result<Vec<Key>> {
        Ok(match list {
            List::WalletOf(identity) => {
                let wallet = self.snapshot.wallet_of(identity)?;
                wallet
                    .map(|wallet| Key::Wallet(wallet.id))
                    .into_iter()
                    .collect()
            }
            List::GrantsOwned(owner) => grant_keys(self.snapshot.grants_owned(*owner)?),
            List::GrantsOn(data) => grant_keys(self.snapshot.grants_on(*data)?),
            // These are no indexes: their rows are in them.
            List::All(_)
            | List::Wallets(_)
            | List::Credentials(_)
            | List::Attributes(_)
            | List::AttributeGrantsTo(_)
            | List::GrantsTo(_)
            | List::PartyKeys(_)
            | List::Votes(_) => Vec::new(),
        })
    }
}

fn claimed(stored: &StoredRow, contents: Contents) -> ClaimedRow {
    let salt: Digest = stored.salt;
    ClaimedRow::new(&stored.row, stored.place, salt, contents)
}

fn grant_keys(grants: Vec<AccessGrant>) -> Vec<Key> {
    let key = |grant: AccessGrant| Key::AccessGrant(grant.id);
    grants.into_iter().map(key).collect()
}

impl Evidence for Prover<'_, '_> {
    type Error = EvidenceError;

    fn row(&mut self, key: &LeafKey, contents: Contents) -> Result<Option<Found>> {
        if let Some(stored) = leaf_rows::row(self.snapshot.conn()?, key)? {
            return Ok(Some(self.claim_row(key, stored, contents)?));
        }
        let (_, proof) = self.tree.prove_leaf(key).map_err(StoreError::from)?;
        self.claims.push(Claimed {
            kind: Kind::Absent,
            list: key.list(),
            count: 0,
            rows: Vec::new(),
            proof: proof.encode(),
        });
        Ok(None)
    }

    fn list(&mut self, list: &List<'_>) -> Result<Vec<Found>> {
        self.claim_list(list)?.map_err(EvidenceError::TooMany)
    }

    fn index(&mut self, list: &List<'_>) -> Result<Vec<Found>> {
        let id = list.id();
        let (count, proof) = self.tree.prove_list(&id).map_err(StoreError::from)?;
        if usize::try_from(count).map_or(true, |count| count > PROVED_ROWS) {
            return Err(EvidenceError::TooMany(count));
        }
        self.claims.push(Claimed {
            kind: Kind::Index,
            list: id,
            count,
            rows: Vec::new(),
            proof: proof.encode(),
        });
        let keys = self.indexed(list)?;
        self.claim_rows(keys)
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
        let last = |grant: &AccessGrant| match grant.expires_at {
            0 => i64::MAX,
            expires_at => expires_at,
        };
        match grants.into_iter().filter(permits).max_by_key(last) {
            Some(grant) => self.claim_rows([Key::AccessGrant(grant.id)]),
            None => self.list(&List::GrantsTo(grantee)),
        }
    }
}
