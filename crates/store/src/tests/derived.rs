//! What follows from rows and is in no leaf is not taken from a copy as it is.

use idos_ledger::Table;

use super::{every_row::rows, *};
use crate::{StoreError, TreeFault};

/// A database with rows in every table, and grants of which some are marks.
fn node() -> Node {
    let mut node = Node::new();
    node.put(rows());
    node.put([Row::User(user(1)), Row::Credential(credential(100, 1))]);
    let numbers = [0x1_0000_u128, 0x2_0000, 0x2_0001, 0x0100, 0x0203];
    node.put(numbers.map(|number| Row::AccessGrant(grant(number, 1, "0xAA", 100, 1))));
    let account = crate::AccountDigest(Digest::of(b"account"));
    node.block(|block| {
        let system = SaltSeed::System { height: 1 };
        set_nonce(block, &account, 1, &system).unwrap();
    });
    node
}

/// What becomes of a copy that somebody changed: when it is looked at, and when it is to be used.
fn refused(change: &str) -> [StoreError; 2] {
    let node = node();
    let target = TempDir::new().unwrap();
    let copy = target.path().join("copy");
    Database::copy(node.folder.path(), &copy).unwrap();
    let conn = Connection::open(&copy).unwrap();
    conn.execute_batch(change).unwrap();
    drop(conn);
    [
        Database::check_copy(&copy).unwrap_err(),
        Database::restore(&copy, &target.path().join("database")).unwrap_err(),
    ]
}

#[test]
fn counts_and_marks_that_do_not_follow_from_the_grants_are_refused() {
    for (table, change) in [
        (
            "grant_counts",
            "UPDATE grant_counts SET grants = grants + 1",
        ),
        (
            "grant_counts",
            "DELETE FROM grant_counts WHERE owner_user_id = x''",
        ),
        ("grant_counts", "DELETE FROM grant_counts"),
        (
            "grant_counts",
            "INSERT INTO grant_counts VALUES ('0xff', x'', 7)",
        ),
        ("account_count", "UPDATE account_count SET accounts = 0"),
        ("account_count", "DELETE FROM account_count"),
        ("grant_marks", "UPDATE grant_marks SET grants = grants + 1"),
        ("grant_marks", "DELETE FROM grant_marks WHERE level = 2"),
        ("grant_marks", "DELETE FROM grant_marks"),
        (
            "grant_marks",
            "INSERT INTO grant_marks VALUES ('0xff', 1, 1, zeroblob(16), 7)",
        ),
        // A leaf that no other node has, with the next change of notes.
        (
            "credentials",
            "UPDATE credentials SET content_digest = zeroblob(32)",
        ),
        (
            "credentials",
            "UPDATE credentials SET content_bytes = content_bytes - 1",
        ),
        // An issuer cannot edit what seems to have the notes.
        (
            "credentials",
            "UPDATE credentials SET notes_digest = zeroblob(32)",
        ),
        (
            "removed_contents",
            "INSERT INTO contents (content) VALUES ('nobody''s')",
        ),
        // Somebody signs in as the owner of another wallet.
        ("wallets", "UPDATE wallets SET identity = identity || 'x'"),
    ] {
        for error in refused(change) {
            let is_it = matches!(error, StoreError::DamagedTree(TreeFault::Derived(found)) if found == table);
            assert!(is_it, "{change}: {error:?}");
        }
    }
}

#[test]
fn a_content_that_is_in_use_is_not_cleared() {
    let change = "INSERT INTO removed_contents SELECT content_id, 1 FROM credentials LIMIT 1";
    let [looked_at, used] = refused(change);
    assert!(matches!(
        looked_at,
        StoreError::DamagedTree(TreeFault::Derived("removed_contents"))
    ));
    // Whoever uses it would clear it at once.
    assert!(
        matches!(
            used,
            StoreError::Constraint {
                table: "contents",
                ..
            }
        ),
        "{used:?}"
    );
}

#[test]
fn an_index_that_hides_rows_is_refused() {
    // An index of nothing, under the name and with the text of the one of everything.
    let change =
        "CREATE TEMP TABLE kept AS SELECT sql FROM sqlite_schema WHERE name = 'wallets_by_user';
        DROP INDEX wallets_by_user;
        CREATE INDEX wallets_by_user ON wallets (user_id) WHERE user_id = x'';
        PRAGMA writable_schema = 1;
        UPDATE sqlite_schema SET sql = (SELECT sql FROM kept) WHERE name = 'wallets_by_user';
        PRAGMA writable_schema = 0;";
    for error in refused(change) {
        assert!(matches!(error, StoreError::File(_)), "{error:?}");
    }
}

/// It would say whom to trust.
#[test]
fn a_copy_of_a_state_that_was_on_its_way_is_refused() {
    for error in refused("INSERT INTO meta VALUES ('syncing', '00')") {
        assert!(matches!(error, StoreError::Syncing), "{error:?}");
    }
}

/// Else somebody has to say what makes sure of it: see the list.
#[test]
fn every_column_of_a_state_table_is_in_its_leaf_or_follows_from_the_rest() {
    let node = node();
    let conn = node.raw();
    for table in Table::ALL {
        let mut statement = conn
            .prepare("SELECT name FROM pragma_table_info(?1)")
            .unwrap();
        let columns: Vec<String> = statement
            .query_map([table.name()], |row| row.get(0))
            .unwrap()
            .map(Result::unwrap)
            .collect();
        for column in columns {
            let is_of_every_leaf = ["seq", "salt", "schema_version"].contains(&column.as_str());
            let is_checked = [
                ("wallets", "identity"),
                ("credentials", "content_id"),
                ("credentials", "content_bytes"),
                ("credentials", "content_digest"),
                ("credentials", "notes_digest"),
            ]
            .contains(&(table.name(), column.as_str()));
            let is_read = crate::rows::columns(table)
                .split([',', ' '])
                .any(|read| read.trim_start_matches("c.") == column);
            assert!(
                is_of_every_leaf || is_checked || is_read,
                "{}.{column}",
                table.name()
            );
        }
    }
}
