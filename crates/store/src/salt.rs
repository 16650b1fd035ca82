//! Salts of rows: what hides a row's value in the hashes of its neighbours in the state tree.

use std::fmt;

use idos_types::Digest;

use crate::table::RowKey;

const PRIVATE: &str = "idos/row-salt/v1";
const REPLACED: &str = "idos/row-salt/v1/system/replaced";
const NEW: &str = "idos/row-salt/v1/system/new";

/// What the salts of written rows come from.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum SaltSeed {
    /// Private bytes of the transaction that writes: without them a salt cannot be guessed.
    Private(Digest),
    /// The genesis, work that falls due and the end of an epoch have no private bytes. A replaced
    /// row derives its salt from the one it had, which stays as secret as that was. A new row gets
    /// one that everybody can compute: only validators, which everybody knows anyway, their sets,
    /// deadlines, which follow from rows that have salts of their own, and digests of delegated grants that
    /// ended, which nobody can guess who does not know the grant, are ever new here.
    System {
        /// Height of the block.
        height: u64,
    },
}

impl SaltSeed {
    /// The salt of the row with this key, about to be written instead of one that had the salt
    /// `replaced`.
    pub(crate) fn salt(&self, key: &RowKey, replaced: Option<&Digest>) -> Digest {
        let table = key.table.name().as_bytes();
        let bytes = key.bytes();
        match self {
            Self::Private(seed) => Digest::of_parts(PRIVATE, &[&seed.0, table, &bytes]),
            Self::System { height } => {
                let height = height.to_be_bytes();
                match replaced {
                    Some(old) => Digest::of_parts(REPLACED, &[&old.0, &height, table, &bytes]),
                    None => Digest::of_parts(NEW, &[&height, table, &bytes]),
                }
            }
        }
    }
}

// The seed is a secret: it never reaches a log by way of `{:?}`.
impl fmt::Debug for SaltSeed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Private(_) => f.write_str("Private(…)"),
            Self::System { height } => write!(f, "System {{ height: {height} }}"),
        }
    }
}
