//! Rows with a value of each kind.

use idos_ledger::{
    AccessGrant, Account, Attribute, AttributeCopy, AttributeGrant, Credential, CredentialCopy,
    CredentialHeader, Deadline, Delegate, Due, GrantOrigin, Inserter, Motion, NextValue, Parameter,
    ParameterName, Party, PartyKeys, PasswordStore, Place, Roles, Row, User, Validator,
    ValidatorStatus, Vote, Wallet,
};
use idos_types::{Digest, Member, ValidatorKey, ValidatorSet, WalletType};

use super::{id, place_of};

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
