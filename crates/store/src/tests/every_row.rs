//! Rows of every kind, and the keys that they are deleted by.

use idos_ledger::{Deadline, Due, Key};
use idos_types::{Digest, WalletType};

use super::*;

pub(super) fn due(at: i64, what: Deadline) -> Due {
    Due { at, what }
}

/// Two people, of whom the second has nothing: whatever a query finds is not just "everything".
pub(super) fn rows() -> Vec<Row> {
    let near = Wallet {
        wallet_type: WalletType::Near,
        address: "Alice.Near".into(),
        public_key: Some("ed25519:Key".into()),
        inserter: Some("idos".into()),
        ..wallet(12, 1)
    };
    vec![
        Row::User(user(1)),
        Row::User(User {
            claimed: false,
            erased: true,
            gas_allowance: 0,
            ..user(2)
        }),
        Row::Wallet(wallet(11, 1)),
        Row::Wallet(near),
        Row::Wallet(wallet(13, 2)),
        // Not in order of ids: lists come in the order of writing.
        Row::Credential(credential(23, 1)),
        Row::Credential(credential(21, 1)),
        Row::Credential(credential(24, 1)),
        Row::Credential(credential(22, 2)),
        Row::CredentialCopy(copy(24, None)),
        Row::CredentialCopy(copy(21, Some(23))),
        Row::Attribute(attribute(33, 1)),
        Row::Attribute(attribute(31, 1)),
        Row::Attribute(attribute(32, 2)),
        Row::AttributeCopy(attribute_copy(31, 33)),
        Row::AttributeGrant(attribute_grant(32, 2, "0xaa")),
        Row::AttributeGrant(attribute_grant(31, 1, "0xAA")),
        Row::AccessGrant(grant(43, 1, "0xAA", 21, 5)),
        Row::AccessGrant(grant(41, 1, "0xaa", 21, 5)),
        Row::AccessGrant(AccessGrant {
            content_hash: None,
            ..grant(42, 1, "0xaA", 21, 4)
        }),
        Row::AccessGrant(grant(44, 2, "0xaa", 22, 6)),
        Row::AccessGrant(grant(45, 2, "0xbb", 22, 6)),
        Row::Inserter(inserter(51, "one")),
        Row::Inserter(inserter(52, "two")),
        Row::Delegate(delegate("zz", 51)),
        Row::Delegate(delegate("yy", 51)),
        Row::Delegate(delegate("xx", 52)),
        Row::Party(party(62, "issuer")),
        Row::Party(party(61, "issuer,consumer,operator")),
        Row::Party(party(63, "consumer")),
        Row::PartyKeys(party_keys(61, 2)),
        Row::PartyKeys(party_keys(61, 1)),
        Row::PartyKeys(party_keys(62, 1)),
        Row::UsedWriteGrant(id(71)),
        Row::SpentMessage(Digest::of(b"spent")),
        Row::Validator(validator(3, "runner")),
        Row::Validator(validator(1, "other")),
        Row::Validator(validator(2, "runner")),
        Row::ValidatorSet(1, validator_set(&[1, 2])),
        Row::ValidatorSet(0, validator_set(&[2])),
        Row::Motion(motion("b", "runner")),
        Row::Motion(motion("a", "runner")),
        Row::Motion(motion("c", "other")),
        Row::Vote(vote("b", "runner")),
        Row::Vote(vote("b", "other")),
        Row::Vote(vote("a", "other")),
        Row::Parameter(retention(None)),
        Row::Due(due(8, Deadline::EndRequest(ValidatorKey([1; 32])))),
        Row::Due(due(8, Deadline::EndMotion(Digest([1; 32])))),
        Row::Due(due(9, Deadline::EndGrant(id(1)))),
        Row::Due(due(8, Deadline::ForgetWriteGrant(id(1)))),
        Row::Due(due(8, Deadline::ReleaseCredential(id(2)))),
        Row::Due(due(8, Deadline::ReleaseCredential(id(1)))),
        Row::Due(due(8, Deadline::EndGrant(id(9)))),
        Row::Due(due(-8, Deadline::EndGrant(id(9)))),
    ]
}

/// What deletes a row; `None` if nothing does.
pub(super) fn key(row: Row) -> Option<Key> {
    Some(match row {
        Row::User(user) => Key::User(user.id),
        Row::Wallet(wallet) => Key::Wallet(wallet.id),
        Row::Credential(credential) => Key::Credential(credential.header.id),
        Row::CredentialCopy(copy) => Key::CredentialCopy(copy.copy_id),
        Row::Attribute(attribute) => Key::Attribute(attribute.id),
        Row::AttributeCopy(copy) => Key::AttributeCopy(copy.copy_id),
        Row::AttributeGrant(grant) => Key::AttributeGrant(grant.copy_id),
        Row::AccessGrant(grant) => Key::AccessGrant(grant.id),
        Row::Inserter(inserter) => Key::Inserter(inserter.id),
        Row::Delegate(delegate) => Key::Delegate(delegate.address),
        Row::Party(party) => Key::Party(party.id),
        Row::PartyKeys(keys) => Key::PartyKeys(keys.party_id, keys.version),
        Row::UsedWriteGrant(id) => Key::UsedWriteGrant(id),
        Row::SpentMessage(_) | Row::Account(_) => return None,
        Row::Validator(validator) => Key::Validator(validator.key),
        Row::ValidatorSet(epoch, _) => Key::ValidatorSet(epoch),
        Row::Motion(motion) => Key::Motion(motion.id),
        Row::Vote(vote) => Key::Vote(vote.motion, vote.operator),
        Row::Parameter(parameter) => Key::Parameter(parameter.name),
        Row::Due(due) => Key::Due(due),
    })
}
