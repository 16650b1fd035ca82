//! What the rules may ask of the state. The store answers from SQL, inside the transaction of the
//! block or inside one read transaction; the rules cannot tell which.

use std::error::Error;

use idos_types::{
    AttributeId, CredentialId, Digest, GrantId, Identity, InserterId, NodeAddress, PartyId, UserId,
    ValidatorKey, ValidatorSet, WalletId, WriteGrantId,
};
use thiserror::Error;

use crate::{
    governance_row::{Motion, Parameter, ParameterName, Validator, Vote},
    row::{
        AccessGrant, Attribute, AttributeCopy, AttributeGrant, Credential, CredentialCopy,
        CredentialHeader, Delegate, Due, Inserter, ListedCredential, Party, PartyKeys, User,
        Wallet,
    },
};

/// The state could not be read. Never the fault of whoever asked: the node must stop or answer
/// "internal", and must not take it for the outcome of an action.
#[derive(Debug, Error)]
#[error("the state could not be read")]
pub struct StateError(#[source] pub Box<dyn Error + Send + Sync>);

/// An answer of the state.
pub type StateResult<T> = Result<T, StateError>;

/// One page of a list.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Page {
    /// How many rows come before it.
    pub offset: i64,
    /// How many rows it holds at most.
    pub rows: i64,
}

/// What a person has of credentials, copies included.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct HeldCredentials {
    /// How many there are.
    pub credentials: usize,
    /// How many bytes their contents have together.
    pub content_bytes: usize,
}

/// Reads of the state, each by an index: none costs more in a larger database.
///
/// Lists of one person or one credential are bounded by [`idos_types::limits`] and ordered as they
/// were first written. "Ignoring case" concerns ASCII letters.
pub trait State {
    /// The profile with this id.
    fn user(&self, id: UserId) -> StateResult<Option<User>>;

    /// The wallet with this id.
    fn wallet(&self, id: WalletId) -> StateResult<Option<Wallet>>;
    /// The wallet that signs as this identity; there is at most one.
    fn wallet_of(&self, identity: &Identity) -> StateResult<Option<Wallet>>;
    /// The wallets of a person.
    fn wallets(&self, user: UserId) -> StateResult<Vec<Wallet>>;
    /// The wallets with exactly this public key.
    fn wallets_with_public_key(&self, public_key: &str) -> StateResult<Vec<Wallet>>;
    /// The wallets, of any kind, with this address ignoring case.
    fn wallets_with_address(&self, address: &str) -> StateResult<Vec<Wallet>>;

    /// The credential with this id, without content.
    fn credential_header(&self, id: CredentialId) -> StateResult<Option<CredentialHeader>>;
    /// The credential with this id, with content.
    fn credential(&self, id: CredentialId) -> StateResult<Option<Credential>>;
    /// SHA-256 of the content of the credential with this id. No content is read for it.
    fn content_digest(&self, id: CredentialId) -> StateResult<Option<Digest>>;
    /// Bytes of the content of the credential with this id. No content is read for it.
    fn content_bytes(&self, id: CredentialId) -> StateResult<Option<usize>>;
    /// Ids of the credentials of a person, copies included.
    fn credential_ids(&self, user: UserId) -> StateResult<Vec<CredentialId>>;
    /// The credentials of a person, copies included, each with what it is a copy of.
    fn credentials(&self, user: UserId) -> StateResult<Vec<ListedCredential>>;
    /// At most `limit` credentials whose issuer key equals `issuer` ignoring case, whose notes carry
    /// this verifiable credential id and are not `except_notes`: by the digest of their notes, then
    /// oldest first.
    fn credentials_issued(
        &self,
        issuer: &str,
        verifiable_credential_id: &str,
        except_notes: &str,
        limit: usize,
    ) -> StateResult<Vec<CredentialHeader>>;
    /// How many credentials a person has, and how large they are.
    fn held_credentials(&self, user: UserId) -> StateResult<HeldCredentials>;
    /// What makes this credential a copy, if it is one.
    fn credential_copy(&self, copy: CredentialId) -> StateResult<Option<CredentialCopy>>;
    /// The copies of this credential.
    fn copies_of_credential(&self, original: CredentialId) -> StateResult<Vec<CredentialId>>;
    /// How many copies this credential has.
    fn count_copies(&self, original: CredentialId) -> StateResult<usize>;

    /// The attribute with this id.
    fn attribute(&self, id: AttributeId) -> StateResult<Option<Attribute>>;
    /// The attributes of a person, copies included, each with what it is a copy of.
    fn attributes(&self, user: UserId) -> StateResult<Vec<(Attribute, Option<AttributeCopy>)>>;
    /// Ids of the attributes of a person, copies included.
    fn attribute_ids(&self, user: UserId) -> StateResult<Vec<AttributeId>>;
    /// What makes this attribute a copy, if it is one.
    fn attribute_copy(&self, copy: AttributeId) -> StateResult<Option<AttributeCopy>>;
    /// The copies of this attribute.
    fn copies_of_attribute(&self, original: AttributeId) -> StateResult<Vec<AttributeId>>;
    /// The grant on this copy of an attribute.
    fn attribute_grant(&self, copy: AttributeId) -> StateResult<Option<AttributeGrant>>;
    /// The grants of attributes to a grantee ignoring case, of one owner if given.
    fn attribute_grants_to(
        &self,
        grantee: &str,
        owner: Option<UserId>,
        page: Page,
    ) -> StateResult<Vec<AttributeGrant>>;
    /// How many attributes a person has.
    fn count_attributes(&self, user: UserId) -> StateResult<usize>;

    /// The grant with this id.
    fn grant(&self, id: GrantId) -> StateResult<Option<AccessGrant>>;
    /// The grants on a credential.
    fn grants_on(&self, data: CredentialId) -> StateResult<Vec<AccessGrant>>;
    /// The grants on copies of a credential, each with the key that signed the copy: all, in no order, or
    /// `most` of them if there are more.
    fn grants_on_copies(
        &self,
        original: CredentialId,
        most: usize,
    ) -> StateResult<Vec<(AccessGrant, String)>>;
    /// The grants that a person gave.
    fn grants_owned(&self, owner: UserId) -> StateResult<Vec<AccessGrant>>;
    /// How many grants a person gave.
    fn count_grants_of(&self, owner: UserId) -> StateResult<usize>;
    /// The grants to a grantee ignoring case, of one owner if given, ordered by height, then id.
    fn grants_to(
        &self,
        grantee: &str,
        owner: Option<UserId>,
        page: Page,
    ) -> StateResult<Vec<AccessGrant>>;
    /// How many grants [`State::grants_to`] lists in all.
    fn count_grants_to(&self, grantee: &str, owner: Option<UserId>) -> StateResult<i64>;
    /// The grants to a grantee, ignoring case, with exactly this content hash, oldest first, at
    /// most `limit`.
    fn grants_with_content_hash(
        &self,
        grantee: &str,
        content_hash: &str,
        limit: usize,
    ) -> StateResult<Vec<AccessGrant>>;

    /// The inserter with this id.
    fn inserter(&self, id: InserterId) -> StateResult<Option<Inserter>>;
    /// The inserter of this name.
    fn inserter_named(&self, name: &str) -> StateResult<Option<Inserter>>;
    /// The delegate with this address, folded to lower case.
    fn delegate(&self, address: &str) -> StateResult<Option<Delegate>>;
    /// The delegates of an inserter.
    fn delegates(&self, inserter: InserterId) -> StateResult<Vec<Delegate>>;

    /// The party with this id.
    fn party(&self, id: PartyId) -> StateResult<Option<Party>>;
    /// The party with this address, folded to lower case.
    fn party_at(&self, address: &str) -> StateResult<Option<Party>>;
    /// Parties in order of admission, only those of one role if given.
    fn parties(&self, role: Option<&str>, page: Page) -> StateResult<Vec<Party>>;
    /// One version of a party's keys.
    fn party_keys(&self, id: PartyId, version: i64) -> StateResult<Option<PartyKeys>>;
    /// Every version of a party's keys, oldest first.
    fn party_history(&self, id: PartyId) -> StateResult<Vec<PartyKeys>>;

    /// Whether a delegated write grant with this id was used.
    fn is_write_grant_used(&self, id: WriteGrantId) -> StateResult<bool>;
    /// Whether this signed message must not take effect again.
    fn is_spent(&self, message: &Digest) -> StateResult<bool>;

    /// The validator with this key.
    fn validator(&self, key: ValidatorKey) -> StateResult<Option<Validator>>;
    /// The validator at this address; there is at most one.
    fn validator_at(&self, address: NodeAddress) -> StateResult<Option<Validator>>;
    /// Every validator, requests and those that leave included.
    fn validators(&self) -> StateResult<Vec<Validator>>;
    /// The validators that somebody operates, folded to lower case.
    fn validators_of(&self, operator: &str) -> StateResult<Vec<Validator>>;
    /// The validators of an epoch, if they are fixed.
    fn validator_set(&self, epoch: u64) -> StateResult<Option<ValidatorSet>>;
    /// The last epoch whose validators are fixed, and they.
    fn newest_validator_set(&self) -> StateResult<Option<(u64, ValidatorSet)>>;

    /// The motion with this id.
    fn motion(&self, id: &Digest) -> StateResult<Option<Motion>>;
    /// Motions, oldest first.
    fn motions(&self, page: Page) -> StateResult<Vec<Motion>>;
    /// How many motions an operator proposed.
    fn count_motions(&self, proposer: &str) -> StateResult<usize>;
    /// The votes for a motion.
    fn votes(&self, motion: &Digest) -> StateResult<Vec<Vote>>;

    /// A parameter, if it was ever set.
    fn parameter(&self, name: ParameterName) -> StateResult<Option<Parameter>>;

    /// The earliest deadlines that are due at `now`, in seconds since 1970, in order, at most
    /// `limit`.
    fn due(&self, now: i64, limit: usize) -> StateResult<Vec<Due>>;
    /// When the earliest deadline of all is due, in seconds since 1970.
    fn next_due(&self) -> StateResult<Option<i64>>;
}
