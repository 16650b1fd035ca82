//! Lists of changes: their order, their salts, what they may not do.

use idos_ledger::{Key, State};

use super::*;
use crate::StoreError;

/// Applies changes that must succeed in any order, in both orders.
fn apply_both_ways(before: &[Row], changes: &[Change]) -> Node {
    let mut backwards = changes.to_vec();
    backwards.reverse();
    let mut node = None;
    for changes in [changes, &backwards] {
        let mut fresh = Node::new();
        fresh.put(before.to_vec());
        fresh.block(|block| block.apply(changes, &SEED)).unwrap();
        node = Some(fresh);
    }
    node.unwrap()
}

fn family() -> Vec<Row> {
    vec![
        Row::User(user(1)),
        Row::Wallet(wallet(2, 1)),
        Row::Credential(credential(3, 1)),
        Row::Credential(credential(4, 1)),
        Row::CredentialCopy(copy(4, Some(3))),
        Row::AccessGrant(grant(5, 1, "0xa", 4, 1)),
        Row::Attribute(attribute(6, 1)),
        Row::Attribute(attribute(7, 1)),
        Row::AttributeCopy(attribute_copy(7, 6)),
        Row::Inserter(inserter(8, "one")),
        Row::Delegate(delegate("d", 8)),
        Row::Party(party(9, "issuer")),
        Row::PartyKeys(party_keys(9, 1)),
    ]
}

#[test]
fn a_person_is_written_and_erased_whatever_the_order_of_changes() {
    let puts: Vec<_> = family().into_iter().map(Change::Put).collect();
    apply_both_ways(&[], &puts);
    let deletes = [
        Key::User(id(1)),
        Key::Wallet(id(2)),
        Key::Credential(id(3)),
        Key::Credential(id(4)),
        Key::CredentialCopy(id(4)),
        Key::AccessGrant(id(5)),
        Key::Attribute(id(6)),
        Key::Attribute(id(7)),
        Key::AttributeCopy(id(7)),
        Key::Inserter(id(8)),
        Key::Delegate("d".into()),
        Key::Party(id(9)),
        Key::PartyKeys(id(9), 1),
    ]
    .map(Change::Delete);
    let mut node = apply_both_ways(&family(), &deletes);
    node.writer.checkpoint().unwrap();
    let left: Vec<_> = node
        .dump()
        .into_iter()
        .filter(|row| !row.starts_with("blocks") && !row.starts_with("account_count"))
        .collect();
    assert_eq!(left, [""; 0]);
    assert_eq!(node.root(), Root::empty());
}

#[test]
fn an_original_goes_while_its_locked_copy_stays() {
    let changes = [
        Change::Delete(Key::Credential(id(3))),
        Change::Put(Row::CredentialCopy(copy(4, None))),
    ];
    let node = apply_both_ways(&family(), &changes);
    assert_eq!(
        node.read(|state| state.credential_copy(id(4))).unwrap(),
        Some(copy(4, None))
    );
}

#[test]
fn an_identity_moves_to_a_new_wallet_at_once() {
    let moved = Wallet {
        address: wallet(2, 1).address,
        ..wallet(20, 1)
    };
    let changes = [
        Change::Put(Row::Wallet(moved.clone())),
        Change::Delete(Key::Wallet(id(2))),
    ];
    let node = apply_both_ways(&family(), &changes);
    assert_eq!(node.read(|state| state.wallets(id(1))).unwrap(), [moved]);
}

#[test]
fn the_last_change_of_a_row_counts() {
    let mut node = Node::new();
    node.put(family());
    let put = |store| {
        Change::Put(Row::User(User {
            inserter: String::from(store),
            ..user(50)
        }))
    };
    let delete = || Change::Delete(Key::User(id(50)));
    node.block(|block| block.apply(&[put("a"), delete(), put("b")], &SEED))
        .unwrap();
    assert_eq!(
        node.read(|state| state.user(id(50)))
            .unwrap()
            .unwrap()
            .inserter,
        "b"
    );
    node.block(|block| block.apply(&[put("c"), delete()], &SEED))
        .unwrap();
    assert_eq!(node.read(|state| state.user(id(50))).unwrap(), None);
}

#[test]
fn rows_of_one_table_are_written_in_the_order_of_the_list() {
    let mut node = Node::new();
    let attributes = [9, 7, 8].map(|number| Row::Attribute(attribute(number, 1)));
    node.put(attributes.into_iter().chain([Row::User(user(1))]));
    let listed = node.read(|state| state.attributes(id(1))).unwrap();
    let ids: Vec<_> = listed
        .iter()
        .map(|(attribute, _)| attribute.id.0.as_u128())
        .collect();
    assert_eq!(ids, [9, 7, 8]);
}

fn refused(changes: &[Change], table: &str) {
    let mut node = Node::new();
    node.put(family());
    // Whoever opens it writes what waits.
    let mut node = tree::reopen(node);
    let root = node.root();
    let before = node.dump();
    let mut block = node.begin();
    let outcome = block.attempt(|block| block.apply(changes, &SEED)).unwrap();
    match outcome {
        Err(StoreError::Constraint { table: found, .. }) => assert_eq!(found, table),
        other => panic!("{changes:?}: {other:?}"),
    }
    // The block goes on without the changes.
    block.commit(new_block(2)).unwrap();
    assert_eq!(node.root(), root);
    assert_eq!(node.dump().len(), before.len() + 1);
}

#[test]
fn orphans_are_refused() {
    for row in [
        Row::Wallet(wallet(90, 99)),
        Row::Credential(credential(90, 99)),
        Row::CredentialCopy(copy(3, Some(99))),
        Row::CredentialCopy(copy(99, None)),
        Row::Attribute(attribute(90, 99)),
        Row::AttributeCopy(attribute_copy(6, 99)),
        Row::AttributeCopy(attribute_copy(99, 6)),
        Row::AccessGrant(grant(90, 99, "0xa", 3, 1)),
        Row::AccessGrant(grant(90, 1, "0xa", 99, 1)),
        Row::Delegate(delegate("e", 99)),
        Row::PartyKeys(party_keys(99, 1)),
    ] {
        let table = crate::table::RowKey::from(&row).table.name();
        refused(&[Change::Put(row)], table);
    }
    for (key, table) in [
        (Key::User(id(1)), "users"),
        (Key::Credential(id(3)), "credentials"),
        (Key::Credential(id(4)), "credentials"),
        (Key::Attribute(id(6)), "user_attributes"),
        (Key::Inserter(id(8)), "inserters"),
        (Key::Party(id(9)), "parties"),
    ] {
        refused(&[Change::Delete(key)], table);
    }
}

#[test]
fn what_is_unique_stays_unique() {
    let twin = Wallet {
        address: wallet(2, 1).address.to_uppercase(),
        ..wallet(90, 1)
    };
    // The prefix has to stay for the address to be one of Ethereum.
    let twin = Wallet {
        address: twin.address.replacen("0X", "0x", 1),
        ..twin
    };
    refused(&[Change::Put(Row::Wallet(twin))], "wallets");
    refused(
        &[Change::Put(Row::Inserter(inserter(90, "one")))],
        "inserters",
    );
    let twin = Party {
        address: party(9, "").address,
        ..party(90, "")
    };
    refused(&[Change::Put(Row::Party(twin))], "parties");
    let nobody = Wallet {
        wallet_type: WalletType::Near,
        public_key: None,
        ..wallet(90, 1)
    };
    refused(&[Change::Put(Row::Wallet(nobody))], "wallets");
}

fn salt(node: &Node, table: &str) -> Digest {
    let sql = format!("SELECT salt FROM {table} ORDER BY seq DESC LIMIT 1");
    Digest(node.raw().query_row(&sql, [], |row| row.get(0)).unwrap())
}

#[test]
fn salts_come_from_the_seed_the_table_and_the_key() {
    let mut node = Node::new();
    node.put([Row::User(user(1)), Row::Inserter(inserter(1, "one"))]);
    let expected = |table: &[u8]| {
        let key = 1_u128.to_be_bytes();
        Digest::of_parts("idos/row-salt/v1", &[&[7; 32], table, &key])
    };
    assert_eq!(salt(&node, "users"), expected(b"users"));
    assert_eq!(salt(&node, "inserters"), expected(b"inserters"));

    let other = SaltSeed::Private(Digest([8; 32]));
    let change = [Change::Put(Row::User(user(1)))];
    node.block(|block| block.apply(&change, &other)).unwrap();
    assert_ne!(
        salt(&node, "users"),
        expected(b"users"),
        "replacing a row replaces its salt"
    );
}

#[test]
fn salts_of_due_work_come_from_the_old_salt_and_the_height() {
    let due = idos_ledger::Due {
        at: 5,
        what: idos_ledger::Deadline::EndGrant(id(1)),
    };
    let system = SaltSeed::System { height: 9 };
    let salts = |seed: u8| {
        let mut node = Node::new();
        let private = SaltSeed::Private(Digest([seed; 32]));
        let change = [Change::Put(Row::User(user(1)))];
        node.block(|block| block.apply(&change, &private)).unwrap();
        let old = salt(&node, "users");
        let changes = [change[0].clone(), Change::Put(Row::Due(due))];
        node.block(|block| block.apply(&changes, &system)).unwrap();
        (old, salt(&node, "users"), salt(&node, "due"))
    };
    let (old, new, fresh) = salts(1);
    assert_ne!(old, new);
    assert_eq!(salts(1), (old, new, fresh), "every node derives the same");
    let (_, other, other_fresh) = salts(2);
    assert_ne!(
        new, other,
        "whoever does not know the old salt does not know the new one"
    );
    assert_eq!(fresh, other_fresh);
}

#[test]
fn a_seed_is_not_printed() {
    assert_eq!(
        format!("{:?}", SaltSeed::Private(Digest([7; 32]))),
        "Private(…)"
    );
}
