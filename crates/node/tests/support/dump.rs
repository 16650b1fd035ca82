//! The rows of a database, to compare.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

use rusqlite::{Connection, OpenFlags, types::ValueRef};

/// What is not state: who sent something, history, what only this node knows, the state tree, which
/// follows from the rows, and contents, which are shown with their credentials.
const NOT_STATE: [&str; 13] = [
    "accounts",
    "account_count",
    "blocks",
    "later_set_proofs",
    "receipts",
    "bodies",
    "session_revocations",
    "meta",
    "tree",
    "tree_changes",
    "leaf_rows",
    "contents",
    "removed_contents",
];

/// What changes with every epoch.
const SETS: &str = "validator_sets";

/// A row as text, column by column.
pub(crate) type Row = BTreeMap<String, String>;

/// All rows of a database, table by table, with order of writing, salt and all.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Dump {
    /// The state.
    pub(crate) state: BTreeMap<String, BTreeSet<Row>>,
    /// Accounts with their nonces.
    pub(crate) accounts: BTreeSet<Row>,
    /// What SQLite says about dangling references; empty if there are none.
    pub(crate) dangling: Vec<String>,
}

impl Dump {
    /// The rows of a database file that may be open elsewhere.
    pub(crate) fn of(file: &Path) -> Self {
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let conn = Connection::open_with_flags(file, flags).unwrap();
        let tables: Vec<String> = conn
            .prepare("SELECT name FROM sqlite_schema WHERE type = 'table'")
            .unwrap()
            .query_map([], |row| row.get(0))
            .unwrap()
            .map(Result::unwrap)
            .filter(|name: &String| !name.starts_with("sqlite_"))
            .collect();
        let state = tables
            .into_iter()
            .filter(|table| !NOT_STATE.contains(&table.as_str()))
            .map(|table| (table.clone(), rows(&conn, &table)))
            .collect();
        let dangling = conn
            .prepare("PRAGMA foreign_key_check")
            .unwrap()
            .query_map([], |row| row.get(0))
            .unwrap()
            .map(Result::unwrap)
            .collect();
        Self {
            state,
            accounts: rows(&conn, "accounts"),
            dangling,
        }
    }

    /// The rows of a table.
    pub(crate) fn table(&self, name: &str) -> &BTreeSet<Row> {
        self.state.get(name).expect("a table of the state")
    }

    /// The rows of the state that only one of the two has, each with its table. Sets of validators
    /// are left out: whatever else happens, one comes with the end of an epoch.
    pub(crate) fn difference(&self, other: &Self) -> Vec<(String, Row)> {
        let mut difference = Vec::new();
        for (table, rows) in self.state.iter().filter(|(table, _)| *table != SETS) {
            let changed = rows.symmetric_difference(other.table(table));
            difference.extend(changed.map(|row| (table.clone(), row.clone())));
        }
        difference
    }
}

fn rows(conn: &Connection, table: &str) -> BTreeSet<Row> {
    let sql = match table {
        "credentials" => "SELECT c.*, t.content FROM credentials AS c \
                          JOIN contents AS t ON t.id = c.content_id"
            .to_owned(),
        _ => format!("SELECT * FROM {table}"),
    };
    let mut statement = conn.prepare(&sql).unwrap();
    let columns: Vec<String> = statement.column_names().map(str::to_owned).collect();
    let rows = statement
        .query_map([], |row| {
            let value = |at: usize| -> rusqlite::Result<String> {
                Ok(match row.get_ref(at)? {
                    ValueRef::Null => "NULL".to_owned(),
                    ValueRef::Integer(number) => number.to_string(),
                    ValueRef::Text(text) => String::from_utf8_lossy(text).into_owned(),
                    ValueRef::Blob(bytes) => hex::encode(bytes),
                    ValueRef::Real(_) => unreachable!("no column holds a fraction"),
                })
            };
            columns
                .iter()
                .enumerate()
                // The number of a content is that of one database.
                .filter(|(_, name)| *name != "content_id")
                .map(|(at, name)| Ok((name.clone(), value(at)?)))
                .collect()
        })
        .unwrap();
    rows.map(Result::unwrap).collect()
}
