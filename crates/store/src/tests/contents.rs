//! Contents stand apart: what is said about them changes, and goes, without them.

use idos_ledger::{Answer, Caller, Claimed, Key, Question, State as _};

use super::{every_row::rows, *};
use crate::sql::EXECUTED;

const LARGE: usize = 6_000_000;

fn large(number: u128) -> Credential {
    Credential {
        content: format!("{number}").repeat(LARGE / 3).into(),
        ..credential(number, 1)
    }
}

fn notes(number: u128, notes: &str) -> CredentialHeader {
    CredentialHeader {
        public_notes: notes.into(),
        ..credential(number, 1).header
    }
}

/// How many contents there are, and how many of them wait to be cleared.
fn contents(node: &Node) -> (i64, i64) {
    let count = |table: &str| {
        let sql = format!("SELECT count(*) FROM {table}");
        node.raw().query_row(&sql, [], |row| row.get(0)).unwrap()
    };
    (count("contents"), count("removed_contents"))
}

fn delete(numbers: impl IntoIterator<Item = u128>) -> Vec<Change> {
    let keys = numbers
        .into_iter()
        .map(|number| Key::Credential(id(number)));
    keys.map(Change::Delete).collect()
}

#[test]
fn a_header_is_replaced_without_a_look_at_the_content() {
    let mut node = Node::new();
    node.put([Row::User(user(1)), Row::Credential(large(100))]);
    let log = node.folder.path().join("state.db-wal");
    let length = || std::fs::metadata(&log).unwrap().len();
    let before = length();
    assert!(before > LARGE as u64, "the content is in it");
    EXECUTED.take();
    let header = notes(100, "other");
    node.block(|block| block.apply(&[Change::PutHeader(header.clone())], &SEED))
        .unwrap();
    for sql in EXECUTED.take() {
        assert!(!sql.contains("contents"), "{sql}");
    }
    let written = length() - before;
    assert!(
        written < LARGE as u64 / 10,
        "{written} bytes for a change of notes"
    );
    let Credential { content, .. } = large(100);
    let found = node.read(|state| state.credential(id(100)).unwrap());
    assert_eq!(found, Some(Credential { header, content }));
    // The leaf is the one that the whole row has.
    node.root();
}

/// Or a short request for a proof would have all contents of a person read and hashed.
#[test]
fn contents_that_an_answer_does_not_show_are_not_read_to_prove_it() {
    let mut node = Node::new();
    node.put(rows());
    // The person has three credentials; the grantee may read one of them, a copy of another.
    let (person, grantee) = (wallet(11, 1).address, "0xAA".to_owned());
    let asked = [
        (Question::Credentials, person),
        (Question::CredentialShared(id(21)), grantee),
    ];
    let prove = |node: &Node| {
        asked.clone().map(|(question, caller)| {
            node.read(|snapshot| snapshot.prove(&question, &Caller::new(caller), 1).unwrap())
        })
    };
    let before = prove(&node);
    let [
        (Answer::Credentials(listed), of_list),
        (Answer::CredentialShared(Some(shared)), of_shared),
    ] = &before
    else {
        panic!("{before:?}");
    };
    assert_eq!(listed.len(), 3);
    assert_eq!(shared.original.as_ref().unwrap().id, id(23));
    // What is claimed are the bytes of the whole rows, contents included.
    let whole = |number: u128| {
        let key = Key::Credential(id(number));
        let stored = node.read(|state| state.stored_row(&key).unwrap().unwrap());
        (stored.row.encode(stored.place), stored.salt)
    };
    let claimed = |claims: &[Claimed]| {
        let rows = claims.iter().flat_map(|claim| claim.rows.clone());
        let rows = rows.filter(|row| row.table == "credentials");
        let mut rows: Vec<_> = rows.map(|row| (row.bytes, row.salt)).collect();
        rows.sort();
        rows
    };
    assert_eq!(claimed(of_list), [23, 21, 24].map(whole));
    assert_eq!(claimed(of_shared), [23, 21].map(whole));

    let but_the_shared_one = "DELETE FROM contents WHERE id <> \
                              (SELECT content_id FROM credentials WHERE id = ?1)";
    let conn = node.raw();
    conn.execute_batch("PRAGMA foreign_keys = 0").unwrap();
    conn.execute(but_the_shared_one, [id::<Uuid>(21)]).unwrap();
    assert_eq!(contents(&node).0, 1);
    let whole = node.read(|state| state.stored_row(&Key::Credential(id(23))));
    assert!(whole.is_err(), "it cannot be read any more");
    assert_eq!(prove(&node), before);
}

#[test]
fn a_header_without_a_credential_is_none() {
    let mut node = Node::new();
    node.put([Row::User(user(1))]);
    let before = node.root();
    node.block(|block| block.apply(&[Change::PutHeader(notes(100, "other"))], &SEED))
        .unwrap();
    assert_eq!(node.root(), before);
}

#[test]
fn a_header_can_go_to_another_person() {
    let mut node = Node::new();
    node.put([
        Row::User(user(1)),
        Row::User(user(2)),
        Row::Credential(credential(100, 1)),
    ]);
    let header = credential(100, 2).header;
    node.block(|block| block.apply(&[Change::PutHeader(header)], &SEED))
        .unwrap();
    node.root();
    assert_eq!(node.read(|state| state.credential_ids(id(1)).unwrap()), []);
}

#[test]
fn contents_are_cleared_some_at_a_time() {
    let mut node = Node::new();
    node.put([Row::User(user(1))]);
    node.put((100..105).map(|number| Row::Credential(large(number))));
    node.block(|block| block.apply(&delete(100..105), &SEED))
        .unwrap();
    assert_eq!(contents(&node), (5, 5));
    node.root();
    let checkpoint = node.writer.checkpoint().unwrap();
    assert!(!checkpoint.is_erased, "bytes are left");
    assert_eq!(contents(&node), (1, 1));
    assert!(node.writer.checkpoint().unwrap().is_erased);
    assert_eq!(contents(&node), (0, 0));
}

#[test]
fn a_replaced_content_is_cleared_and_the_new_one_stays() {
    let mut node = Node::new();
    node.put([Row::User(user(1)), Row::Credential(large(100))]);
    node.put([Row::Credential(credential(100, 1))]);
    assert_eq!(contents(&node), (2, 1));
    assert!(node.writer.checkpoint().unwrap().is_erased);
    assert_eq!(contents(&node), (1, 0));
    let found = node.read(|state| state.credential(id(100)).unwrap());
    assert_eq!(found, Some(credential(100, 1)));
    node.root();
}

/// Or small transactions could have large contents removed and restored over and over.
#[test]
fn an_undone_removal_does_nothing_to_a_content() {
    let mut node = Node::new();
    node.put([Row::User(user(1)), Row::Credential(large(100))]);
    assert!(node.writer.checkpoint().unwrap().is_erased);
    EXECUTED.take();
    node.block(|block| {
        let undone = block.attempt(|block| {
            block.apply(&delete([100]), &SEED).unwrap();
            Err::<(), _>(())
        });
        assert_eq!(undone.unwrap(), Err(()));
    });
    for sql in EXECUTED.take() {
        assert!(!sql.contains("FROM contents"), "{sql}");
    }
    assert_eq!(contents(&node), (1, 0));
    node.root();
}

#[test]
fn a_copy_has_nothing_of_what_was_removed() {
    let mut node = Node::new();
    node.put([Row::User(user(1)), Row::Credential(large(100))]);
    node.block(|block| block.apply(&delete([100]), &SEED))
        .unwrap();
    assert_eq!(contents(&node), (1, 1));
    let target = TempDir::new().unwrap();
    let copy = target.path().join("copy");
    Database::copy(node.folder.path(), &copy).unwrap();
    let bytes = std::fs::read(copy).unwrap();
    assert!(!bytes.windows(9).any(|window| window == b"100100100"));
}

/// A database that was made while contents stood in the rows of their credentials.
#[test]
fn contents_of_an_earlier_schema_come_along() {
    let mut conn = Connection::open_in_memory().unwrap();
    let earlier = crate::migrate::MIGRATIONS.get(..3).unwrap();
    crate::migrate::migrate_by(&mut conn, earlier).unwrap();
    conn.execute_batch(
        "INSERT INTO users (id, recipient_encryption_public_key, encryption_password_store,
             inserter, gas_allowance, claimed, erased, salt, schema_version)
         VALUES (x'00000000000000000000000000000001', 'key', 'mpc', 'idos', '0', 1, 0,
             zeroblob(32), 1);
         INSERT INTO credentials (seq, id, user_id, verifiable_credential_id, public_notes,
             encryptor_public_key, issuer_auth_public_key, inserter, salt, schema_version, content)
         VALUES
             (7, x'00000000000000000000000000000064', x'00000000000000000000000000000001', 'vc100',
             '{}', 'encryptor', 'AbCd', 'idos', zeroblob(32), 1, 'original'),
             (9, x'00000000000000000000000000000065', x'00000000000000000000000000000001', NULL,
             '', 'encryptor', 'AbCd', NULL, zeroblob(32), 1, 'copy');
         INSERT INTO shared_credentials (seq, copy_id, original_id, notes, salt, schema_version)
         VALUES (1, x'00000000000000000000000000000065', x'00000000000000000000000000000064', '',
             zeroblob(32), 1);
         INSERT INTO blocks (height, hash, time_ms, execution, header)
         VALUES (1, zeroblob(32), 1, zeroblob(32), x'')",
    )
    .unwrap();
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("state.db");
    conn.execute("VACUUM INTO ?1", [file.to_str().unwrap()])
        .unwrap();
    let (writer, readers) = Database::open(folder.path(), &Options::default()).unwrap();
    let node = Node {
        writer,
        readers,
        folder,
    };
    node.root();
    assert_eq!(contents(&node), (2, 0));
    node.read(|state| {
        let original = state.credential(id(100)).unwrap().unwrap();
        assert_eq!(original.content, "original".into());
        assert_eq!(original.header, credential(100, 1).header);
        let copy = state.credential(id(101)).unwrap().unwrap();
        assert_eq!(copy.content, "copy".into());
        assert_eq!(state.held_credentials(id(1)).unwrap().content_bytes, 12);
        assert_eq!(state.copies_of_credential(id(100)).unwrap(), [id(101)]);
    });
    let dangling: Option<String> = node
        .raw()
        .query_row("PRAGMA foreign_key_check", [], |row| row.get(0))
        .ok();
    assert_eq!(dangling, None);
}
