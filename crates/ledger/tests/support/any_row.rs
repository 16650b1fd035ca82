//! Any row, as property tests make it.

use idos_ledger::{
    AccessGrant, Account, Attribute, AttributeCopy, AttributeGrant, Credential, CredentialCopy,
    CredentialHeader, Deadline, Delegate, Due, GrantOrigin, Inserter, Motion, NextValue, Parameter,
    ParameterName, Party, PartyKeys, PasswordStore, Roles, Row, User, Validator, ValidatorStatus,
    Vote, Wallet,
};
use idos_types::{Digest, Member, NodeAddress, Uuid, ValidatorKey, ValidatorSet, WalletType};
use proptest::{option, prelude::*};

use super::id;

fn ids<T: From<Uuid> + std::fmt::Debug>() -> impl Strategy<Value = T> {
    prop_oneof![0..3_u128, any::<u128>()].prop_map(id)
}

/// Few texts, so that equal and shifted ones meet, and odd ones.
fn text() -> impl Strategy<Value = String> {
    prop_oneof!["[a\0é]{0,3}", ".*"]
}

/// Any row of any table.
pub(crate) fn row() -> impl Strategy<Value = Row> {
    prop_oneof![
        (
            ids(),
            text(),
            any::<bool>(),
            text(),
            any::<u128>(),
            any::<bool>(),
            any::<bool>()
        )
            .prop_map(
                |(id, key, mpc, inserter, gas, claimed, erased)| Row::User(User {
                    id,
                    recipient_encryption_public_key: key,
                    encryption_password_store: if mpc {
                        PasswordStore::Mpc
                    } else {
                        PasswordStore::User
                    },
                    inserter,
                    gas_allowance: gas,
                    claimed,
                    erased,
                })
            ),
        (
            ids(),
            ids(),
            text(),
            option::of(text()),
            0..WalletType::ALL.len(),
            text(),
            text(),
            option::of(text())
        )
            .prop_map(
                |(id, user_id, address, public_key, kind, message, signature, inserter)| {
                    Row::Wallet(Wallet {
                        id,
                        user_id,
                        address,
                        public_key,
                        wallet_type: WalletType::ALL[kind],
                        message,
                        signature,
                        inserter,
                    })
                }
            ),
        (
            ids(),
            ids(),
            option::of(text()),
            text(),
            text(),
            text(),
            option::of(text()),
            text()
        )
            .prop_map(
                |(id, user_id, vc, public_notes, encryptor, issuer, inserter, content)| {
                    Row::Credential(Credential {
                        header: CredentialHeader {
                            id,
                            user_id,
                            verifiable_credential_id: vc,
                            public_notes,
                            encryptor_public_key: encryptor,
                            issuer_auth_public_key: issuer,
                            inserter,
                        },
                        content: content.into(),
                    })
                }
            ),
        (ids(), option::of(ids()), text()).prop_map(|(copy_id, original_id, notes)| {
            Row::CredentialCopy(CredentialCopy {
                copy_id,
                original_id,
                notes,
            })
        }),
        (ids(), ids(), text(), text(), option::of(text())).prop_map(
            |(id, user_id, attribute_key, value, inserter)| {
                Row::Attribute(Attribute {
                    id,
                    user_id,
                    attribute_key,
                    value,
                    inserter,
                })
            }
        ),
        (ids(), ids()).prop_map(|(copy_id, original_id)| {
            Row::AttributeCopy(AttributeCopy {
                copy_id,
                original_id,
            })
        }),
        (ids(), ids(), text()).prop_map(|(copy_id, owner, grantee)| {
            Row::AttributeGrant(AttributeGrant {
                copy_id,
                owner,
                grantee,
            })
        }),
        (
            (ids(), ids(), text(), ids()),
            any::<(i64, i64, u64)>(),
            option::of(text()),
            0..3_usize,
            text()
        )
            .prop_map(
                |((id, owner, grantee, data_id), (locked, expires, height), hash, origin, by)| {
                    Row::AccessGrant(AccessGrant {
                        id,
                        owner,
                        grantee,
                        data_id,
                        locked_until: locked,
                        expires_at: expires,
                        content_hash: hash,
                        height,
                        origin: [
                            GrantOrigin::User,
                            GrantOrigin::DelegatedWriteGrant,
                            GrantOrigin::DelegatedAccessGrant,
                        ][origin],
                        origin_id: by,
                    })
                }
            ),
        (ids(), text()).prop_map(|(id, name)| Row::Inserter(Inserter { id, name })),
        (text(), ids()).prop_map(|(address, inserter_id)| Row::Delegate(Delegate {
            address,
            inserter_id
        })),
        (ids(), text(), any::<(bool, bool, bool)>(), any::<i64>()).prop_map(
            |(id, address, (issuer, consumer, operator), version)| {
                let roles = Roles {
                    issuer,
                    consumer,
                    operator,
                };
                Row::Party(Party {
                    id,
                    address,
                    roles,
                    version,
                })
            }
        ),
        (
            (ids(), any::<i64>(), any::<u64>()),
            text(),
            option::of(text()),
            text(),
            text(),
            text()
        )
            .prop_map(
                |((party_id, version, height), name, did, signing, encryption, signature)| {
                    Row::PartyKeys(PartyKeys {
                        party_id,
                        version,
                        name,
                        did,
                        signing_public_key: signing,
                        encryption_public_key: encryption,
                        signature,
                        height,
                    })
                }
            ),
        ids().prop_map(Row::UsedWriteGrant),
        any::<[u8; 32]>().prop_map(|bytes| Row::SpentMessage(Digest(bytes))),
        (any::<i64>(), 0..5_u8, ids::<Uuid>(), any::<[u8; 32]>()).prop_map(
            |(at, kind, id, bytes)| {
                let what = match kind {
                    0 => Deadline::EndGrant(id.into()),
                    1 => Deadline::ReleaseCredential(id.into()),
                    2 => Deadline::ForgetWriteGrant(id.into()),
                    3 => Deadline::EndMotion(Digest(bytes)),
                    _ => Deadline::EndRequest(ValidatorKey(bytes)),
                };
                Row::Due(Due { at, what })
            }
        ),
        governing_row(),
        (any::<[u8; 32]>(), any::<u64>()).prop_map(|(digest, nonce)| {
            Row::Account(Account {
                digest: Digest(digest),
                nonce,
            })
        }),
    ]
}

fn address() -> impl Strategy<Value = NodeAddress> {
    (any::<std::net::IpAddr>(), any::<u16>()).prop_filter_map("nobody is there", |(ip, port)| {
        NodeAddress::new((ip, port).into()).ok()
    })
}

fn keys() -> impl Strategy<Value = ValidatorKey> {
    prop_oneof![(0..3_u8).prop_map(|byte| [byte; 32]), any::<[u8; 32]>()].prop_map(ValidatorKey)
}

fn members() -> impl Strategy<Value = Member> {
    (keys(), address()).prop_map(|(key, address)| Member { key, address })
}

/// Any row by which the network governs itself.
fn governing_row() -> impl Strategy<Value = Row> {
    let names = prop_oneof![
        Just(ParameterName::BodyRetentionSeconds),
        Just(ParameterName::ProtocolVersion)
    ];
    let states = prop_oneof![
        Just(ValidatorStatus::Requested),
        Just(ValidatorStatus::Observer),
        Just(ValidatorStatus::Ready),
        Just(ValidatorStatus::Leaving)
    ];
    let sets = proptest::collection::vec(members(), 0..5);
    prop_oneof![
        (keys(), text(), address(), states, any::<(i64, u64)>()).prop_map(
            |(key, operator, address, status, (expires_at, height))| {
                Row::Validator(Validator {
                    key,
                    operator,
                    address,
                    status,
                    expires_at,
                    height,
                })
            }
        ),
        (any::<u64>(), sets).prop_filter_map("keys come once", |(epoch, members)| {
            Some(Row::ValidatorSet(epoch, ValidatorSet::new(members).ok()?))
        }),
        (
            any::<[u8; 32]>(),
            text(),
            text(),
            text(),
            any::<(i64, u64)>()
        )
            .prop_map(|(id, action, arguments, proposer, (expires_at, height))| {
                Row::Motion(Motion {
                    id: Digest(id),
                    action,
                    arguments,
                    proposer,
                    expires_at,
                    height,
                })
            }),
        (any::<[u8; 32]>(), text()).prop_map(|(motion, operator)| Row::Vote(Vote {
            motion: Digest(motion),
            operator,
        })),
        (names, any::<u64>(), option::of(any::<(u64, u64)>())).prop_map(|(name, value, next)| {
            Row::Parameter(Parameter {
                name,
                value,
                next: next.map(|(value, from_height)| NextValue { value, from_height }),
            })
        }),
    ]
}
