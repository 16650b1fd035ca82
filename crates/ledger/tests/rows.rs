//! The canonical bytes and the leaves of rows, as every other implementation has to make them.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking, also in its helpers"
)]

mod support;

use std::{collections::BTreeMap, fs, path::Path};

use ed25519_zebra::{SigningKey, VerificationKey};
use idos_ledger::{
    AccessGrant, Credential, Key, LeafKeys, List, Place, Row, RowError, Table, Wallet, decode_row,
};
use idos_proof::Leaf;
use idos_types::{Digest, Identity, Member, ValidatorKey, ValidatorSet, WalletType};
use proptest::prelude::*;
use serde_json::{Value, json};
use support::{content, examples, id, place_of, row};

const SALT: Digest = Digest([0x5a; 32]);

fn vectors() -> Value {
    let examples = examples().into_iter().map(|(row, place)| {
        let leaves = row.leaves(place, &SALT);
        let [leaf, index @ ..] = leaves.as_slice() else {
            panic!("a row has a leaf");
        };
        json!({
            "table": row.table().name(),
            "schema_version": row.table().schema_version(),
            "content": content(&row),
            "encoding": hex::encode(row.encode(place)),
            "salt": SALT.to_string(),
            "leaf_key": hex::encode(leaf.key.0),
            "leaf_value": leaf.value.0.to_string(),
            "index": index.iter().map(|leaf| json!({
                "key": hex::encode(leaf.key.0),
                "value": leaf.value.0.to_string(),
            })).collect::<Vec<_>>(),
        })
    });
    json!({ "rows": examples.collect::<Vec<_>>() })
}

fn file() -> impl AsRef<Path> {
    concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../fixtures/proof/rows.json"
    )
}

/// The file is frozen: databases and proofs hold these bytes. A change of it is a new schema
/// version.
#[test]
fn rows_are_encoded_as_in_the_vectors() {
    let frozen: Value = serde_json::from_str(&fs::read_to_string(file()).unwrap()).unwrap();
    let vectors = vectors();
    for (found, frozen) in vectors["rows"]
        .as_array()
        .unwrap()
        .iter()
        .zip(frozen["rows"].as_array().unwrap())
    {
        assert_eq!(found, frozen);
    }
    assert_eq!(vectors, frozen);
}

/// Adds what is new to the vectors: `cargo test -p idos-ledger --test rows -- --ignored`.
#[test]
#[ignore = "writes the file"]
fn write_the_vectors() {
    let text = serde_json::to_string_pretty(&vectors()).unwrap();
    fs::write(file(), text + "\n").unwrap();
}

#[test]
fn every_table_has_an_example() {
    let examples = examples();
    for table in Table::ALL {
        assert!(
            examples.iter().any(|(row, _)| row.table() == table),
            "{table:?}"
        );
        assert_eq!(Table::named(table.name()), Some(table));
    }
    assert_eq!(Table::named("user"), None);
}

#[test]
fn what_nobody_encoded_is_refused() {
    for (row, place) in examples() {
        let (table, bytes) = (row.table(), row.encode(place));
        let decode = |bytes: &[u8]| decode_row(table, 1, bytes, content(&row));
        assert_eq!(decode(&bytes), Ok((row.clone(), place)));
        for end in 0..bytes.len() {
            assert!(decode(&bytes[..end]).is_err(), "{table:?} cut at {end}");
        }
        assert!(decode(&[bytes.as_slice(), &[0]].concat()).is_err());
        assert!(matches!(
            decode_row(table, 2, &bytes, content(&row)),
            Err(RowError::Version { found: 2, .. })
        ));
        let other = match content(&row) {
            Some(content) => [None, Some(content + "x")],
            None => [Some(String::new()), Some("x".into())],
        };
        for other in other {
            assert_eq!(
                decode_row(table, 1, &bytes, other),
                Err(RowError::Content),
                "{table:?}"
            );
        }
    }
}

#[test]
fn flags_names_and_kinds_are_strict() {
    let change = |table: Table, find: &[u8], replace: &[u8]| {
        let (row, place) = examples()
            .into_iter()
            .find(|(row, _)| row.table() == table)
            .unwrap();
        let mut bytes = row.encode(place);
        let at = bytes
            .windows(find.len())
            .rposition(|window| window == find)
            .unwrap();
        bytes[at..at + find.len()].copy_from_slice(replace);
        decode_row(table, 1, &bytes, content(&row)).unwrap_err()
    };
    assert_eq!(
        change(Table::Users, b"user", b"USER"),
        RowError::Unknown("password store")
    );
    assert_eq!(
        change(Table::Wallets, b"EVM", b"evm"),
        RowError::Unknown("kind of wallet")
    );
    assert_eq!(
        change(Table::AccessGrants, b"dag_message", b"dag_Message"),
        RowError::Unknown("origin of a grant")
    );
    assert_eq!(
        change(Table::Parties, &[1, 0, 1], &[1, 2, 1]),
        RowError::Flag(2)
    );
    let (due, place) = examples()
        .into_iter()
        .find(|(row, _)| row.table() == Table::Due)
        .unwrap();
    let mut bytes = due.encode(place);
    bytes[8] = 200;
    assert_eq!(
        decode_row(Table::Due, 1, &bytes, None),
        Err(RowError::Unknown("kind of deadline"))
    );
}

#[test]
fn every_view_has_its_list() {
    let leaves = |row: &Row| LeafKeys::of(row);
    let examples = examples();
    let of = |table: Table| {
        let found = examples.iter().find(|(row, _)| row.table() == table);
        found.unwrap().0.clone()
    };
    let is_in = |row: &Row, lists: &[List<'_>]| {
        let keys = leaves(row);
        let found: Vec<_> = std::iter::once(keys.row)
            .chain(keys.index)
            .map(|key| key.list())
            .collect();
        let lists: Vec<_> = lists.iter().map(List::id).collect();
        assert_eq!(found, lists, "{row:?}");
    };
    is_in(
        &of(Table::Wallets),
        &[
            List::Wallets(id(1)),
            List::WalletOf(&Identity::of("0xabcdef")),
        ],
    );
    is_in(
        &of(Table::AccessGrants),
        &[
            List::GrantsTo("0xgrantee"),
            List::GrantsOwned(id(1)),
            List::GrantsOn(id(4)),
        ],
    );
    assert_eq!(
        List::GrantsTo("0xGRANTEE").id(),
        List::GrantsTo("0xgrantee").id()
    );
    is_in(&of(Table::Credentials), &[List::Credentials(id(1))]);
    is_in(&of(Table::Attributes), &[List::Attributes(id(1))]);
    is_in(&of(Table::PartyKeys), &[List::PartyKeys(id(11))]);
    is_in(&of(Table::Votes), &[List::Votes(&Digest([17; 32]))]);
    for table in [
        Table::Users,
        Table::CredentialCopies,
        Table::AttributeCopies,
        Table::Inserters,
        Table::Delegates,
        Table::Parties,
        Table::UsedWriteGrants,
        Table::SpentMessages,
        Table::Validators,
        Table::ValidatorSets,
        Table::Motions,
        Table::Parameters,
        Table::Due,
        Table::Accounts,
    ] {
        is_in(&of(table), &[List::All(table)]);
    }
}

#[test]
fn a_wallet_without_its_key_is_nobodys() {
    let examples = examples();
    let wallet = examples.iter().find_map(|(row, _)| match row {
        Row::Wallet(wallet) => Some(wallet.clone()),
        _ => None,
    });
    let keyless = Wallet {
        wallet_type: WalletType::Near,
        public_key: None,
        ..wallet.unwrap()
    };
    assert!(LeafKeys::of(&Row::Wallet(keyless)).index.is_empty());
}

#[test]
fn the_leaves_of_a_deleted_row_are_those_it_had() {
    let key = |row: &Row| {
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
            Row::Delegate(delegate) => Key::Delegate(delegate.address.clone()),
            Row::Party(party) => Key::Party(party.id),
            Row::PartyKeys(keys) => Key::PartyKeys(keys.party_id, keys.version),
            Row::UsedWriteGrant(id) => Key::UsedWriteGrant(*id),
            Row::Validator(validator) => Key::Validator(validator.key),
            Row::ValidatorSet(epoch, _) => Key::ValidatorSet(*epoch),
            Row::Motion(motion) => Key::Motion(motion.id),
            Row::Vote(vote) => Key::Vote(vote.motion, vote.operator.clone()),
            Row::Parameter(parameter) => Key::Parameter(parameter.name),
            Row::Due(due) => Key::Due(*due),
            Row::SpentMessage(_) | Row::Account(_) => return None,
        })
    };
    for (row, _) in examples() {
        let Some(key) = key(&row) else { continue };
        if let Some(leaves) = LeafKeys::of_key(&key) {
            assert_eq!(leaves, LeafKeys::of(&row));
        }
    }
}

#[test]
fn an_index_entry_commits_the_row_too() {
    let examples = examples();
    let grant = examples.iter().find_map(|(row, _)| match row {
        Row::AccessGrant(grant) => Some(grant.clone()),
        _ => None,
    });
    let grant = grant.unwrap();
    let later = AccessGrant {
        expires_at: 1 + grant.expires_at,
        ..grant.clone()
    };
    let leaves = |grant| Row::AccessGrant(grant).leaves(Place(1), &SALT);
    let (before, after) = (leaves(grant), leaves(later));
    assert_eq!(before.len(), 3);
    for (before, after) in before.iter().zip(&after) {
        assert_eq!(before.key, after.key);
        assert_ne!(before.value, after.value);
    }
    let is_index = |leaves: &[Leaf]| {
        leaves
            .iter()
            .map(|it| it.value.is_index())
            .collect::<Vec<_>>()
    };
    assert_eq!(is_index(&before), [false, true, true]);
}

/// The light client makes the leaf of a set by itself: it has to be that of the row.
#[test]
fn the_light_client_knows_the_leaf_of_a_validator_set() {
    let key = |seed: u8| ValidatorKey(VerificationKey::from(&SigningKey::from([seed; 32])).into());
    let member = |seed: u8| Member {
        key: key(seed),
        address: format!("192.0.2.{seed}:8485").parse().unwrap(),
    };
    let set = ValidatorSet::new((1..=4).map(member).collect()).unwrap();
    let row = Row::ValidatorSet(7, set.clone());
    let verifying = idos_proof::ValidatorSet::of(set).unwrap();
    assert_eq!(
        row.leaves(Place(0), &SALT),
        [verifying.leaf(7, &SALT)],
        "list, element, table, version and bytes"
    );
}

proptest! {
    #[test]
    fn rows_round_trip(row in row(), place in any::<u64>()) {
        let place = place_of(&row, place);
        let bytes = row.encode(place);
        let decoded = decode_row(row.table(), row.table().schema_version(), &bytes, content(&row));
        prop_assert_eq!(decoded, Ok((row, place)));
    }

    #[test]
    fn different_rows_are_different_bytes(rows in proptest::collection::vec((row(), 0..3_u64), 20)) {
        let mut seen = BTreeMap::new();
        for (row, place) in rows {
            let place = place_of(&row, place);
            let key = (row.table(), row.encode(place));
            if let Some(other) = seen.insert(key, (row.clone(), place)) {
                prop_assert_eq!(other, (row, place));
            }
        }
    }

    #[test]
    fn a_content_counts_by_its_digest(content in ".*", other in ".*") {
        let (row, place) = examples().into_iter().find(|(row, _)| row.table() == Table::Credentials).unwrap();
        let Row::Credential(credential) = row else { unreachable!() };
        let encode = |content: &str| {
            let content = content.into();
            Row::Credential(Credential { content, ..credential.clone() }).encode(place)
        };
        prop_assert_eq!(encode(&content) == encode(&other), content == other);
        prop_assert_eq!(&encode(&content)[encode("").len() - 32..], &Digest::of(content.as_bytes()).0);
    }

    #[test]
    fn a_header_has_the_leaf_of_its_row_without_the_content(content in ".*", notes in ".*", salt: [u8; 32]) {
        let (row, place) = examples().into_iter().find(|(row, _)| row.table() == Table::Credentials).unwrap();
        let Row::Credential(mut credential) = row else { unreachable!() };
        (credential.header.public_notes, credential.content) = (notes, content.into());
        let digest = *credential.content.digest();
        let without = credential.header.leaf_value(place, &Digest(salt), &digest);
        prop_assert_eq!(without, Row::Credential(credential).leaf_value(place, &Digest(salt)));
    }

    #[test]
    fn nonsense_is_refused_or_canonical(table in 0..Table::ALL.len(), bytes in proptest::collection::vec(0..4_u8, 0..80)) {
        let table = Table::ALL[table];
        if let Ok((row, place)) = decode_row(table, 1, &bytes, None) {
            prop_assert_eq!(row.encode(place), bytes);
        }
    }
}
