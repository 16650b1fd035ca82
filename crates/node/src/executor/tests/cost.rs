//! How much the entries of one block may cost, and what becomes of those that cost more.

use std::{ops::Range, time::Instant};

use idos_ledger::{
    AccessGrant, Attribute, Credential, CredentialHeader, Deadline, Due, GrantOrigin, Party,
    PartyKeys, PasswordStore, Roles, Row, User, Wallet,
};
use idos_types::{
    UserId, WalletType,
    limits::{
        ATTRIBUTES_PER_USER, CALLS, CREDENTIALS_PER_NOTES_EDIT, CREDENTIALS_PER_USER, EFFECT_ROWS,
        GRANTS_PER_USER, VERSIONS_PER_PARTY,
    },
};

use super::*;
use crate::testing::{calls, wallet};

/// The id of the thing with this number of a person, or of nobody.
fn id(person: u8, number: usize) -> Uuid {
    let number = u128::try_from(number).unwrap();
    Uuid::from_u128(u128::from(person) << 64 | number)
}

/// The rows of a person whose wallet has this seed, with credentials that the person issued, and
/// grants, one on each of the first of them. Each grant has an end and was delegated: its end costs most.
fn person(seed: u8, credentials: usize, grants: usize) -> Vec<Row> {
    let user = UserId(id(seed, 0));
    let key = hex::encode(wallet(seed).0);
    let mut rows = vec![
        Row::User(User {
            id: user,
            recipient_encryption_public_key: "key".to_owned(),
            encryption_password_store: PasswordStore::User,
            inserter: "issuer".to_owned(),
            gas_allowance: 0,
            claimed: true,
            erased: false,
        }),
        Row::Wallet(Wallet {
            id: id(seed, 0).into(),
            user_id: user,
            address: key.clone(),
            public_key: Some(key.clone()),
            wallet_type: WalletType::FaceSign,
            message: "message".to_owned(),
            signature: "signature".to_owned(),
            inserter: None,
        }),
    ];
    rows.extend((0..credentials).map(|number| {
        Row::Credential(Credential {
            header: CredentialHeader {
                id: id(seed, number).into(),
                user_id: user,
                verifiable_credential_id: Some("vc".to_owned()),
                public_notes: r#"{"id":"vc"}"#.to_owned(),
                encryptor_public_key: "key".to_owned(),
                issuer_auth_public_key: key.clone(),
                inserter: None,
            },
            content: "content".into(),
        })
    }));
    rows.extend((0..grants).flat_map(|number| {
        let grant = AccessGrant {
            id: id(seed, number).into(),
            owner: user,
            grantee: "grantee".to_owned(),
            data_id: id(seed, number).into(),
            locked_until: 0,
            expires_at: i64::MAX,
            content_hash: None,
            height: 0,
            origin: GrantOrigin::DelegatedAccessGrant,
            origin_id: "person".to_owned(),
        };
        let due = Due {
            at: grant.expires_at,
            what: Deadline::EndGrant(grant.id),
        };
        [Row::AccessGrant(grant), Row::Due(due)]
    }));
    rows
}

/// Executes these items as the next block. The codes of those that had a turn, and which had none.
fn execute(bench: &mut Bench, items: &[Item]) -> (Vec<TxCode>, Vec<Item>) {
    let height = bench.executor.header().height + 1;
    let block = bench.next(height, items.to_vec());
    let executed = bench.executor.execute(&block).unwrap();
    let codes = executed.outcomes.iter().map(|outcome| outcome.code);
    let left = items.iter().filter(|it| executed.left.contains(&it.hash));
    (codes.collect(), left.cloned().collect())
}

/// Edits of the notes of as many credentials as one edit reaches, all of which change something.
fn edits(seed: u8, nonces: Range<u64>) -> Vec<Item> {
    let edit = |nonce: u64| {
        let notes = Value::from(format!("notes {nonce}"));
        call(
            seed,
            nonce,
            "edit_public_notes_as_issuer",
            vec!["vc".into(), notes],
        )
    };
    nonces.map(edit).collect()
}

fn has_receipt(bench: &Bench, item: &Item) -> bool {
    let receipt = bench.readers.read(|state| state.receipt(&item.hash));
    receipt.unwrap().unwrap().is_some()
}

#[test]
fn a_block_changes_so_many_rows_and_later_ones_go_on_in_order() {
    let mut bench = Bench::beginning_with(1, &person(3, CREDENTIALS_PER_NOTES_EDIT, 0));
    let fit = EFFECT_ROWS / CREDENTIALS_PER_NOTES_EDIT;
    let items = edits(3, 1..u64::try_from(fit).unwrap() + 11);
    let (codes, left) = execute(&mut bench, &items);
    assert_eq!(codes, vec![TxCode::Ok; fit]);
    assert_eq!(left, items[fit..]);
    assert!(!left.iter().any(|item| has_receipt(&bench, item)));
    // What was ordered meanwhile does not overtake those before it.
    let (first, later) = left.split_first().unwrap();
    assert_eq!(execute(&mut bench, later), (Vec::new(), later.to_vec()));
    assert!(!later.iter().any(|item| has_receipt(&bench, item)));
    let (codes, _) = execute(&mut bench, std::slice::from_ref(first));
    assert_eq!(codes, [TxCode::Ok]);
    let (codes, left) = execute(&mut bench, later);
    assert_eq!((codes, left), (vec![TxCode::Ok; later.len()], Vec::new()));
    bench.executor.check_rows().unwrap();
}

#[test]
fn what_fits_exactly_leaves_nothing() {
    let mut bench = Bench::beginning_with(1, &person(3, CREDENTIALS_PER_NOTES_EDIT, 0));
    let fit = u64::try_from(EFFECT_ROWS / CREDENTIALS_PER_NOTES_EDIT).unwrap();
    let (codes, left) = execute(&mut bench, &edits(3, 1..fit + 1));
    assert_eq!((codes.len(), left.len()), (EFFECT_ROWS / 64, 0));
}

/// It was done before it was undone.
#[test]
fn what_is_undone_counts() {
    let mut bench = Bench::beginning_with(1, &person(3, 0, 0));
    let add = |number: usize, value: &str| {
        let id = Value::from(id(9, number));
        vec![id, "key".into(), value.into()]
    };
    let first = call(3, 1, "add_attribute", add(0, "value"));
    assert_eq!(execute(&mut bench, &[first]).0, [TxCode::Ok]);
    let most = CALLS - 1;
    let failing = |nonce: u64| {
        let added = (1..=most).map(|number| add(number, "value"));
        let all = added.chain([add(0, "another value")]);
        calls(3, nonce, "add_attribute", all.collect())
    };
    let fit = EFFECT_ROWS.div_ceil(most);
    let items: Vec<_> = (2..u64::try_from(fit).unwrap() + 5).map(failing).collect();
    let (codes, left) = execute(&mut bench, &items);
    assert_eq!((codes.len(), left.len()), (fit, 3));
    assert!(!codes.contains(&TxCode::Ok));
}

#[test]
fn one_transaction_changes_so_many_rows() {
    let party = |number: usize| {
        let id = id(0, number).into();
        let keys = (1..=VERSIONS_PER_PARTY).map(move |version| {
            Row::PartyKeys(PartyKeys {
                party_id: id,
                version: i64::try_from(version).unwrap(),
                name: "name".to_owned(),
                did: None,
                signing_public_key: String::new(),
                encryption_public_key: String::new(),
                signature: String::new(),
                height: 0,
            })
        });
        let party = Party {
            id,
            address: format!("address {number}"),
            roles: Roles::parse("issuer").unwrap(),
            version: i64::try_from(VERSIONS_PER_PARTY).unwrap(),
        };
        std::iter::once(Row::Party(party)).chain(keys)
    };
    let parties: Vec<_> = (0..CALLS).flat_map(party).collect();
    let mut bench = Bench::beginning_with(1, &parties);
    let remove = |nonce, range: Range<usize>| {
        let ids = range.map(|number| vec![Value::from(id(0, number))]);
        calls(OWNER, nonce, "remove_party_as_owner", ids.collect())
    };
    let fit = EFFECT_ROWS / (VERSIONS_PER_PARTY + 1);
    let block = bench.next(1, vec![remove(1, 0..fit + 1)]);
    let refused = bench.executor.execute(&block).unwrap();
    let log = &refused.outcomes[0].log;
    let said = format!("change at most {EFFECT_ROWS} rows, send several");
    assert!(log.contains(&said), "{log}");
    let (codes, left) = execute(&mut bench, &[remove(2, 0..fit), remove(3, fit..CALLS)]);
    assert_eq!(
        (codes.as_slice(), left),
        ([TxCode::Ok; 2].as_slice(), Vec::new())
    );
}

/// Each is erased whole, however much it is: from then on nobody reads anything of it.
#[test]
fn profiles_with_all_that_one_may_have_are_erased_in_several_blocks() {
    let seeds = [3, 4, 5, 6];
    let people = seeds.map(|seed| person(seed, CREDENTIALS_PER_USER, GRANTS_PER_USER));
    let mut bench = Bench::beginning_with(1, &people.concat());
    let items = seeds.map(|seed| call(seed, 1, "erase_profile", Vec::new()));
    let grants = |bench: &Bench, seed: u8| {
        let owner = UserId(id(seed, 0));
        bench.executor.state().grants_owned(owner).unwrap().len()
    };
    let (codes, left) = execute(&mut bench, &items);
    assert_eq!((codes, left.as_slice()), (vec![TxCode::Ok; 2], &items[2..]));
    let counts = seeds.map(|seed| grants(&bench, seed));
    assert_eq!(counts, [0, 0, GRANTS_PER_USER, GRANTS_PER_USER]);
    let (codes, left) = execute(&mut bench, &left);
    assert_eq!((codes, left), (vec![TxCode::Ok; 2], Vec::new()));
    assert_eq!(seeds.map(|seed| grants(&bench, seed)), [0; 4]);
    bench.executor.check_rows().unwrap();
}

#[test]
#[ignore = "measures: cargo test --release -p idos-node --lib costliest -- --ignored --nocapture"]
fn the_costliest_blocks() {
    let seeds = [3, 4];
    let mut rows = seeds.map(|seed| person(seed, CREDENTIALS_PER_USER, GRANTS_PER_USER));
    for (seed, rows) in seeds.iter().zip(&mut rows) {
        rows.extend((0..ATTRIBUTES_PER_USER).map(|number| {
            Row::Attribute(Attribute {
                id: id(*seed, number).into(),
                user_id: UserId(id(*seed, 0)),
                attribute_key: "key".to_owned(),
                value: "value".to_owned(),
                inserter: None,
            })
        }));
    }
    let editor = person(5, CREDENTIALS_PER_NOTES_EDIT, 0);
    let mut bench = Bench::beginning_with(1, &[rows.concat(), editor].concat());
    let fit = u64::try_from(EFFECT_ROWS / CREDENTIALS_PER_NOTES_EDIT).unwrap();
    let edited = edits(5, 1..fit + 1);
    let erased = |seed| call(seed, 1, "erase_profile", Vec::new());
    // The first erasure leaves room for the second one, and a little that edits take.
    let more = edits(5, fit + 1..fit + 45);
    let both = [vec![erased(3)], more, vec![erased(4)]].concat();
    for (what, items) in [("edits of notes", edited), ("erasures", both)] {
        let start = Instant::now();
        let (codes, left) = execute(&mut bench, &items);
        let elapsed = start.elapsed();
        assert_eq!((codes, left), (vec![TxCode::Ok; items.len()], Vec::new()));
        println!("{what}: {elapsed:?}");
    }
}
