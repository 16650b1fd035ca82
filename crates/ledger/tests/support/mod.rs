//! Rows of every table.

use idos_ledger::{
    AccessGrant, Account, Attribute, AttributeCopy, AttributeGrant, Credential, CredentialCopy,
    CredentialHeader, Deadline, Delegate, Due, GrantOrigin, Inserter, Motion, NextValue, Parameter,
    ParameterName, Party, PartyKeys, PasswordStore, Place, Roles, Row, User, Validator,
    ValidatorStatus, Vote, Wallet,
};
use idos_types::{Digest, Member, NodeAddress, Uuid, ValidatorKey, ValidatorSet, WalletType};
use proptest::{option, prelude::*};

/// Ids are numbers in tests.
pub(crate) fn id<T: From<Uuid>>(number: u128) -> T {
    Uuid::from_u128(number).into()
}

/// What a row's encoding holds only the digest of.
pub(crate) fn content(row: &Row) -> Option<String> {
    match row {
        Row::Credential(credential) => Some(credential.content.to_string()),
        _ => None,
    }
}

/// The place as it counts for the row.
pub(crate) fn place_of(row: &Row, place: u64) -> Place {
    Place(if row.table().is_ordered() { place } else { 0 })
}

/// One or more rows of every table, with their places.
pub(crate) fn examples() -> Vec<(Row, Place)> {
    let user = User {
        id: id(1),
        recipient_encryption_public_key: "a2V5".into(),
        encryption_password_store: PasswordStore::User,
        inserter: "issuer".into(),
        gas_allowance: 1 << 100,
        claimed: true,
        erased: false,
    };
    let wallet = Wallet {
        id: id(2),
        user_id: id(1),
        address: "0xAbCdEf".into(),
        public_key: None,
        wallet_type: WalletType::Evm,
        message: "I own this wallet ✓".into(),
        signature: "0x00".into(),
        inserter: Some("issuer".into()),
    };
    let near = Wallet {
        id: id(3),
        address: "alice.near".into(),
        public_key: Some("ed25519:Key".into()),
        wallet_type: WalletType::Near,
        inserter: None,
        ..wallet.clone()
    };
    let credential = Credential {
        header: CredentialHeader {
            id: id(4),
            user_id: id(1),
            verifiable_credential_id: Some("https://vc/1".into()),
            public_notes: r#"{"id":"https://vc/1"}"#.into(),
            encryptor_public_key: "ZW5j".into(),
            issuer_auth_public_key: "AbCd".into(),
            inserter: None,
        },
        content: "encrypted".into(),
    };
    let grant = AccessGrant {
        id: id(7),
        owner: id(1),
        grantee: "0xGrantee".into(),
        data_id: id(4),
        locked_until: 1_700_000_000,
        expires_at: 0,
        content_hash: Some("00ff".into()),
        height: 12,
        origin: GrantOrigin::DelegatedAccessGrant,
        origin_id: "0xGrantee".into(),
    };
    let copy = |original: Option<u128>| CredentialCopy {
        copy_id: id(5),
        original_id: original.map(id),
        notes: if original.is_none() { "kept" } else { "" }.into(),
    };
    let due = |at, what| Row::Due(Due { at, what });
    let rows = [
        Row::User(user),
        Row::Wallet(wallet),
        Row::Wallet(near),
        Row::Credential(credential),
        Row::CredentialCopy(copy(Some(4))),
        Row::CredentialCopy(copy(None)),
        Row::Attribute(Attribute {
            id: id(6),
            user_id: id(1),
            attribute_key: "name".into(),
            value: "Ada".into(),
            inserter: None,
        }),
        Row::AttributeCopy(AttributeCopy {
            copy_id: id(8),
            original_id: id(6),
        }),
        Row::AccessGrant(grant),
        Row::Inserter(Inserter {
            id: id(9),
            name: "issuer".into(),
        }),
        Row::Delegate(Delegate {
            address: "0xdelegate".into(),
            inserter_id: id(9),
        }),
        Row::Party(Party {
            id: id(11),
            address: "0xparty".into(),
            roles: Roles {
                issuer: true,
                consumer: false,
                operator: true,
            },
            version: 1,
        }),
        Row::PartyKeys(PartyKeys {
            party_id: id(11),
            version: 1,
            name: "Party".into(),
            did: Some("did:web:party".into()),
            signing_public_key: "aa".into(),
            encryption_public_key: "YmI=".into(),
            signature: "cc".into(),
            height: 13,
        }),
        Row::UsedWriteGrant(id(12)),
        Row::SpentMessage(Digest([13; 32])),
        due(-1, Deadline::EndGrant(id(7))),
        due(1_700_000_001, Deadline::ReleaseCredential(id(5))),
        due(1_700_000_001, Deadline::ForgetWriteGrant(id(12))),
        Row::Account(Account {
            digest: Digest([14; 32]),
            nonce: 15,
        }),
    ];
    // What came later is behind what was there: the vectors before it stay as they are.
    let attribute_grant = Row::AttributeGrant(AttributeGrant {
        copy_id: id(8),
        owner: id(1),
        grantee: "0xGrantee".into(),
    });
    let rows = rows
        .into_iter()
        .chain(governing_examples())
        .chain([attribute_grant]);
    let places = (0_u32..).map(|nth| Place::new(3, nth).unwrap().0);
    rows.zip(places)
        .map(|(row, place)| (row.clone(), place_of(&row, place)))
        .collect()
}

/// Rows by which the network governs itself, and their deadlines.
fn governing_examples() -> impl Iterator<Item = Row> {
    let key = ValidatorKey([16; 32]);
    let motion = Digest([17; 32]);
    let member = |key: u8, address: &str| Member {
        key: ValidatorKey([key; 32]),
        address: address.parse().unwrap(),
    };
    let members = vec![
        member(16, "192.0.2.1:8485"),
        member(18, "[2001:db8::1]:8485"),
    ];
    let due = |at, what| Row::Due(Due { at, what });
    [
        Row::Validator(Validator {
            key,
            operator: "0xoperator".into(),
            address: "192.0.2.1:8485".parse().unwrap(),
            status: ValidatorStatus::Requested,
            expires_at: 1_700_604_800,
            height: 14,
        }),
        Row::Validator(Validator {
            key: ValidatorKey([18; 32]),
            operator: "0xoperator".into(),
            address: "[2001:db8::1]:8485".parse().unwrap(),
            status: ValidatorStatus::Ready,
            expires_at: 0,
            height: 15,
        }),
        Row::ValidatorSet(2, ValidatorSet::new(members).unwrap()),
        Row::Motion(Motion {
            id: motion,
            action: "set_parameter".into(),
            arguments: r#"["body_retention_seconds",60]"#.into(),
            proposer: "0xoperator".into(),
            expires_at: 1_700_604_800,
            height: 16,
        }),
        Row::Vote(Vote {
            motion,
            operator: "0xoperator".into(),
        }),
        Row::Parameter(Parameter {
            name: ParameterName::BodyRetentionSeconds,
            value: 3_600,
            next: None,
        }),
        Row::Parameter(Parameter {
            name: ParameterName::ProtocolVersion,
            value: 1,
            next: Some(NextValue {
                value: 2,
                from_height: 1_000,
            }),
        }),
        due(1_700_604_800, Deadline::EndMotion(motion)),
        due(1_700_604_800, Deadline::EndRequest(key)),
    ]
    .into_iter()
}

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
