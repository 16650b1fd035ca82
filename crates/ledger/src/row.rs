//! The rows of the state, and changes to them. One struct per table; every row that exists is part
//! of what the network agrees on.

mod credential;
mod grant;
mod party;
mod person;

use idos_types::{
    AttributeId, CredentialId, Digest, GrantId, InserterId, PartyId, UserId, ValidatorKey,
    ValidatorSet, WalletId, WriteGrantId,
};

use crate::governance_row::{Motion, Parameter, ParameterName, Validator, Vote};

pub use credential::{Credential, CredentialCopy, CredentialHeader, ListedCredential};
pub use grant::{AccessGrant, AttributeGrant, GrantOrigin};
pub use party::{Delegate, Inserter, Party, PartyKeys, Roles};
pub use person::{Attribute, AttributeCopy, PasswordStore, User, Wallet};

/// A sender, known by the nonce of its last transaction.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Account {
    /// Digest of the sender: accounts outlive the data of whoever used them, so that old
    /// transactions are not accepted again, and must not name them.
    pub digest: Digest,
    /// The nonce.
    pub nonce: u64,
}

/// Something that happens by itself once block time reaches `at`.
#[derive(Clone, Copy, PartialEq, Eq, Debug, PartialOrd, Ord)]
pub struct Due {
    /// Seconds since 1970.
    pub at: i64,
    /// What happens.
    pub what: Deadline,
}

/// What happens at a deadline.
#[derive(Clone, Copy, PartialEq, Eq, Debug, PartialOrd, Ord)]
pub enum Deadline {
    /// An access grant ends.
    EndGrant(GrantId),
    /// A credential whose owner deleted it goes, as far as no lock holds it any more.
    ReleaseCredential(CredentialId),
    /// The id of a used write grant can be forgotten: its message is no longer usable.
    ForgetWriteGrant(WriteGrantId),
    /// A motion ends with its votes, without effect.
    EndMotion(Digest),
    /// A request to join lapses, unless it was approved.
    EndRequest(ValidatorKey),
}

/// The kinds, as they are stored.
#[expect(missing_docs, reason = "each constant is the kind of its name")]
impl Deadline {
    pub const END_GRANT: u8 = 0;
    pub const RELEASE_CREDENTIAL: u8 = 1;
    pub const FORGET_WRITE_GRANT: u8 = 2;
    pub const END_MOTION: u8 = 3;
    pub const END_REQUEST: u8 = 4;
}

impl Deadline {
    /// The kind, and the id of what it is about. They order as deadlines do that come at one time.
    pub fn parts(&self) -> (u8, &[u8]) {
        match self {
            Self::EndGrant(id) => (Self::END_GRANT, id.0.as_bytes()),
            Self::ReleaseCredential(id) => (Self::RELEASE_CREDENTIAL, id.0.as_bytes()),
            Self::ForgetWriteGrant(id) => (Self::FORGET_WRITE_GRANT, id.0.as_bytes()),
            Self::EndMotion(id) => (Self::END_MOTION, &id.0),
            Self::EndRequest(key) => (Self::END_REQUEST, &key.0),
        }
    }
}

/// A row of any table.
#[derive(Clone, PartialEq, Eq, Debug)]
#[expect(missing_docs, reason = "each variant is the struct of its name")]
pub enum Row {
    User(User),
    Wallet(Wallet),
    Credential(Credential),
    CredentialCopy(CredentialCopy),
    Attribute(Attribute),
    AttributeCopy(AttributeCopy),
    AttributeGrant(AttributeGrant),
    AccessGrant(AccessGrant),
    Inserter(Inserter),
    Delegate(Delegate),
    Party(Party),
    PartyKeys(PartyKeys),
    /// The id of a delegated write grant that was used.
    UsedWriteGrant(WriteGrantId),
    /// A signed message that must never take effect again.
    SpentMessage(Digest),
    Validator(Validator),
    /// The validators of an epoch.
    ValidatorSet(u64, ValidatorSet),
    Motion(Motion),
    Vote(Vote),
    Parameter(Parameter),
    Due(Due),
    /// Written by execution itself, never by a rule.
    Account(Account),
}

/// The primary key of a row of any table.
#[derive(Clone, PartialEq, Eq, Debug)]
#[expect(
    missing_docs,
    reason = "each variant is the key of the row of its name"
)]
pub enum Key {
    User(UserId),
    Wallet(WalletId),
    Credential(CredentialId),
    /// By the id of the copy.
    CredentialCopy(CredentialId),
    Attribute(AttributeId),
    /// By the id of the copy.
    AttributeCopy(AttributeId),
    /// By the id of the copy.
    AttributeGrant(AttributeId),
    AccessGrant(GrantId),
    Inserter(InserterId),
    Delegate(String),
    Party(PartyId),
    PartyKeys(PartyId, i64),
    UsedWriteGrant(WriteGrantId),
    Validator(ValidatorKey),
    /// By the epoch.
    ValidatorSet(u64),
    Motion(Digest),
    /// By motion and operator.
    Vote(Digest, String),
    Parameter(ParameterName),
    Due(Due),
}

/// A change to one row.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Change {
    /// Inserts the row, or replaces the one with its key.
    Put(Row),
    /// Replaces everything but the content of the credential with this id, if there is one. The
    /// content is not looked at.
    PutHeader(CredentialHeader),
    /// Removes the row with this key, if there is one.
    Delete(Key),
}

impl Row {
    /// About how many bytes it has: the texts of unbounded size.
    pub fn weight(&self) -> usize {
        match self {
            Self::Credential(credential) => {
                credential.content.len() + credential.header.public_notes.len()
            }
            Self::CredentialCopy(copy) => copy.notes.len(),
            Self::Attribute(attribute) => attribute.value.len(),
            _ => 0,
        }
    }
}

impl Change {
    /// About how many bytes it makes the database write.
    pub fn weight(&self) -> usize {
        match self {
            Self::Put(row) => row.weight(),
            Self::PutHeader(header) => header.public_notes.len(),
            Self::Delete(_) => 0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn notes_that_are_kept_for_a_copy_weigh() {
        let copy = CredentialCopy {
            copy_id: CredentialId(idos_types::Uuid::nil()),
            original_id: None,
            notes: "notes".into(),
        };
        assert_eq!(Change::Put(Row::CredentialCopy(copy)).weight(), 5);
    }
}
