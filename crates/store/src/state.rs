//! The state that the rules read, from one set of queries for blocks, for snapshots and
//! between blocks.

use idos_ledger::{
    AccessGrant, Attribute, AttributeCopy, AttributeGrant, Credential, CredentialCopy,
    CredentialHeader, Delegate, Due, HeldCredentials, Inserter, ListedCredential, Motion, Page,
    Parameter, ParameterName, Party, PartyKeys, State, StateResult, User, Validator, Vote, Wallet,
};
use idos_types::{
    AttributeId, CredentialId, Digest, GrantId, Identity, InserterId, NodeAddress, PartyId, UserId,
    ValidatorKey, ValidatorSet, WalletId, WriteGrantId,
};

use crate::{
    attribute_grants, attributes, counts, credentials, due, grants, inserters, motions, parameters,
    parties,
    pool::Snapshot,
    spent, users, validators, wallets,
    write::{BlockWrite, Writer},
};

macro_rules! state {
    ($reader:ty {
        $(fn $method:ident($($argument:ident: $type:ty),*) -> $answer:ty = $query:path;)*
    }) => {
        impl State for $reader {
            $(fn $method(&self $(, $argument: $type)*) -> StateResult<$answer> {
                Ok($query(self.conn()? $(, $argument)*)?)
            })*
        }
    };
}

macro_rules! states {
    ($($reader:ty),*) => {$(
        state!($reader {
            fn user(id: UserId) -> Option<User> = users::user;

            fn wallet(id: WalletId) -> Option<Wallet> = wallets::wallet;
            fn wallet_of(identity: &Identity) -> Option<Wallet> = wallets::wallet_of;
            fn wallets(user: UserId) -> Vec<Wallet> = wallets::wallets;
            fn wallets_with_public_key(public_key: &str) -> Vec<Wallet>
                = wallets::wallets_with_public_key;
            fn wallets_with_address(address: &str) -> Vec<Wallet> = wallets::wallets_with_address;

            fn credential_header(id: CredentialId) -> Option<CredentialHeader>
                = credentials::credential_header;
            fn credential(id: CredentialId) -> Option<Credential> = credentials::credential;
            fn credentials(user: UserId) -> Vec<ListedCredential> = credentials::credentials;
            fn content_digest(id: CredentialId) -> Option<Digest> = credentials::content_digest;
            fn content_bytes(id: CredentialId) -> Option<usize> = credentials::content_bytes;
            fn credential_ids(user: UserId) -> Vec<CredentialId> = credentials::credential_ids;
            fn credentials_issued(
                issuer: &str,
                verifiable_credential_id: &str,
                except_notes: &str,
                limit: usize
            ) -> Vec<CredentialHeader> = credentials::credentials_issued;
            fn credential_copy(copy: CredentialId) -> Option<CredentialCopy>
                = credentials::credential_copy;
            fn copies_of_credential(original: CredentialId) -> Vec<CredentialId>
                = credentials::copies_of_credential;
            fn count_copies(original: CredentialId) -> usize = credentials::count_copies;
            fn held_credentials(user: UserId) -> HeldCredentials = credentials::held_credentials;

            fn attribute(id: AttributeId) -> Option<Attribute> = attributes::attribute;
            fn attributes(user: UserId) -> Vec<(Attribute, Option<AttributeCopy>)>
                = attributes::attributes;
            fn attribute_copy(copy: AttributeId) -> Option<AttributeCopy>
                = attributes::attribute_copy;
            fn copies_of_attribute(original: AttributeId) -> Vec<AttributeId>
                = attributes::copies_of_attribute;
            fn attribute_grant(copy: AttributeId) -> Option<AttributeGrant>
                = attribute_grants::attribute_grant;
            fn attribute_grants_to(grantee: &str, owner: Option<UserId>, page: Page)
                -> Vec<AttributeGrant> = attribute_grants::attribute_grants_to;
            fn attribute_ids(user: UserId) -> Vec<AttributeId> = attributes::attribute_ids;
            fn count_attributes(user: UserId) -> usize = attributes::count_attributes;

            fn grant(id: GrantId) -> Option<AccessGrant> = grants::grant;
            fn grants_on(data: CredentialId) -> Vec<AccessGrant> = grants::grants_on;
            fn grants_on_copies(original: CredentialId, most: usize) -> Vec<(AccessGrant, String)>
                = grants::grants_on_copies;
            fn grants_owned(owner: UserId) -> Vec<AccessGrant> = grants::grants_owned;
            fn count_grants_of(owner: UserId) -> usize = grants::count_grants_of;
            fn grants_to(grantee: &str, owner: Option<UserId>, page: Page) -> Vec<AccessGrant>
                = grants::grants_to;
            fn count_grants_to(grantee: &str, owner: Option<UserId>) -> i64 = counts::grants_to;
            fn grants_with_content_hash(grantee: &str, content_hash: &str, limit: usize)
                -> Vec<AccessGrant> = grants::grants_with_content_hash;

            fn inserter(id: InserterId) -> Option<Inserter> = inserters::inserter;
            fn inserter_named(name: &str) -> Option<Inserter> = inserters::inserter_named;
            fn delegate(address: &str) -> Option<Delegate> = inserters::delegate;
            fn delegates(inserter: InserterId) -> Vec<Delegate> = inserters::delegates;

            fn party(id: PartyId) -> Option<Party> = parties::party;
            fn party_at(address: &str) -> Option<Party> = parties::party_at;
            fn parties(role: Option<&str>, page: Page) -> Vec<Party> = parties::parties;
            fn party_keys(id: PartyId, version: i64) -> Option<PartyKeys> = parties::party_keys;
            fn party_history(id: PartyId) -> Vec<PartyKeys> = parties::party_history;

            fn is_write_grant_used(id: WriteGrantId) -> bool = spent::is_write_grant_used;
            fn is_spent(message: &Digest) -> bool = spent::is_spent;

            fn validator(key: ValidatorKey) -> Option<Validator> = validators::validator;
            fn validator_at(address: NodeAddress) -> Option<Validator> = validators::validator_at;
            fn validators() -> Vec<Validator> = validators::validators;
            fn validators_of(operator: &str) -> Vec<Validator> = validators::validators_of;
            fn validator_set(epoch: u64) -> Option<ValidatorSet> = validators::validator_set;
            fn newest_validator_set() -> Option<(u64, ValidatorSet)>
                = validators::newest_validator_set;

            fn motion(id: &Digest) -> Option<Motion> = motions::motion;
            fn motions(page: Page) -> Vec<Motion> = motions::motions;
            fn count_motions(proposer: &str) -> usize = motions::count_motions;
            fn votes(motion: &Digest) -> Vec<Vote> = motions::votes;

            fn parameter(name: ParameterName) -> Option<Parameter> = parameters::parameter;

            fn due(now: i64, limit: usize) -> Vec<Due> = due::due;
            fn next_due() -> Option<i64> = due::next_due;
        });
    )*};
}

states!(Snapshot<'_>, BlockWrite<'_>, Writer);
