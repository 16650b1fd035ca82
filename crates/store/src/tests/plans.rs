//! What statements cost, as SQLite plans them.

use idos_ledger::{Caller, Question, State as _};
use idos_types::Digest;

use super::{
    every_row::{key, rows},
    state::{FIRST, check},
    *,
};
use crate::{AccountDigest, sql::EXECUTED};

fn explained(conn: &Connection, sql: &str, column: &str) -> Vec<String> {
    let mut statement = conn.prepare(sql).unwrap();
    let count = statement.parameter_count();
    let nulls = rusqlite::params_from_iter((0..count).map(|_| rusqlite::types::Null));
    statement
        .query_map(nulls, |row| row.get(column))
        .unwrap()
        .map(Result::unwrap)
        .collect()
}

fn plan(conn: &Connection, sql: &str) -> Vec<String> {
    explained(conn, &format!("EXPLAIN QUERY PLAN {sql}"), "detail")
}

fn grows_with_the_database(plan: &[String]) -> bool {
    plan.iter().any(|step| {
        let is_constant = step == "SCAN CONSTANT ROW";
        step.starts_with("SCAN") && !is_constant || step.contains("TEMP B-TREE")
    })
}

#[test]
fn no_statement_scans_or_sorts() {
    let mut node = Node::new();
    let changes: Vec<_> = rows().into_iter().map(Change::Put).collect();
    let account = AccountDigest(Digest::of(b"account"));
    let system = SaltSeed::System { height: 1 };
    EXECUTED.take();
    node.block(|block| {
        block.apply(&changes, &SEED).unwrap();
        block.apply(&changes, &system).unwrap();
        check(block);
        set_nonce(block, &account, 1, &system).unwrap();
        block
            .put_receipt(&receipt(Digest::of(b"tx"), 1, 0))
            .unwrap();
        block
            .put_body(&Digest::of(b"tx"), 1, BlockTime::default(), b"tx", "")
            .unwrap();
    });
    node.read(|snapshot| {
        check(snapshot);
        snapshot.head().unwrap();
        snapshot.block(1).unwrap();
        snapshot.nonce(&account).unwrap();
        snapshot.account_count().unwrap();
        snapshot.receipt(&Digest::default()).unwrap();
        snapshot.receipts(1).unwrap();
        snapshot.body(&Digest::default()).unwrap();
        snapshot.is_revoked(&Digest::default(), 1).unwrap();
        snapshot.meta("key").unwrap();
        for (question, caller) in [
            (Question::Credentials, wallet(11, 1).address),
            (Question::CredentialShared(id(21)), "0xAA".into()),
        ] {
            let caller = Caller::new(caller);
            snapshot.prove(&question, &caller, 1).unwrap();
        }
    });
    node.writer
        .revoke_sessions([(&Digest::default(), 2)], 1)
        .unwrap();
    node.block(|block| block.prune_bodies(1, 1)).unwrap();
    let deletes: Vec<_> = rows()
        .into_iter()
        .filter_map(key)
        .map(Change::Delete)
        .collect();
    let header = Change::PutHeader(credential(21, 1).header);
    node.block(|block| block.apply(&[header], &SEED)).unwrap();
    node.block(|block| block.apply(&deletes, &SEED)).unwrap();
    node.writer.checkpoint().unwrap();

    let conn = node.raw();
    let executed = EXECUTED.take();
    assert!(
        executed.len() > 80,
        "only {} statements were executed",
        executed.len()
    );
    for sql in executed {
        let plan = plan(&conn, &sql);
        assert!(!grows_with_the_database(&plan), "{sql}\n{plan:#?}");
    }
    // The check itself: an unindexed search and an unindexed order are found out.
    assert!(grows_with_the_database(&plan(
        &conn,
        "SELECT 1 FROM users WHERE inserter = ?1"
    )));
    let sorted = "SELECT 1 FROM wallets WHERE user_id = ?1 ORDER BY message";
    assert!(grows_with_the_database(&plan(&conn, sorted)));
}

/// A page deep in a list costs a step of the index per row before it, and none of the table.
#[test]
fn rows_before_a_page_are_skipped_within_the_index() {
    let mut node = Node::new();
    node.put(rows());
    EXECUTED.take();
    node.read(|state| {
        for owner in [None, Some(id(1))] {
            state.grants_to("0xaa", owner, FIRST).unwrap();
        }
    });
    let conn = node.raw();
    let mut pages = 0;
    for sql in EXECUTED.take() {
        if !sql.contains("OFFSET") {
            continue;
        }
        let steps = explained(&conn, &format!("EXPLAIN {sql}"), "opcode");
        let at = |name: &str| steps.iter().position(|step| step == name).unwrap();
        // The table is looked up for its first column, after the rows to skip are counted.
        assert!(
            at("DeferredSeek") < at("IfPos") && at("IfPos") < at("Column"),
            "{steps:?}"
        );
        pages += 1;
    }
    assert_eq!(pages, 2);
}

/// A statement that counts dangling references can write several rows, and has a journal of its own, to
/// undo the first of them. One that writes one row refuses what dangles at once.
#[test]
fn a_new_row_is_inserted_without_a_journal_of_its_statement() {
    let mut node = Node::new();
    EXECUTED.take();
    node.put(rows());
    let conn = node.raw();
    conn.execute_batch("PRAGMA foreign_keys = 1").unwrap();
    let counts = |sql: &str| {
        let steps = explained(&conn, &format!("EXPLAIN {sql}"), "opcode");
        steps.iter().any(|step| step == "FkCounter")
    };
    let executed = EXECUTED.take();
    let inserts: Vec<_> = executed
        .iter()
        .filter(|sql| sql.starts_with("INSERT INTO "))
        .collect();
    assert!(inserts.len() > 20, "only {} inserts", inserts.len());
    for sql in inserts {
        assert!(!counts(sql), "{sql}");
    }
    // The check itself: a statement that inserts or updates is found out.
    assert!(counts(
        "INSERT INTO delegates (address, inserter_id, salt, schema_version) VALUES (?, ?, ?, ?) \
         ON CONFLICT (address) DO UPDATE SET inserter_id = excluded.inserter_id"
    ));
}

/// Each row is asked for, and then nothing else of what is not there.
#[test]
fn of_a_new_row_nothing_is_put_away() {
    let mut node = Node::new();
    node.put([Row::User(user(1))]);
    let new = [
        Row::Credential(credential(2, 1)),
        Row::CredentialCopy(copy(2, None)),
        Row::AccessGrant(grant(3, 1, "0xa", 2, 1)),
    ];
    let mut block = node.begin();
    EXECUTED.take();
    block.apply(&new.map(Change::Put), &SEED).unwrap();
    let executed = EXECUTED.take();
    let asked = |sql: &&String| sql.starts_with("SELECT seq, ") || sql.contains(" grant_marks ");
    let inserted = |sql: &&String| sql.contains(" VALUES ");
    assert_eq!(executed.iter().filter(asked).count(), 4, "{executed:#?}");
    assert_eq!(executed.iter().filter(inserted).count(), 5, "{executed:#?}");
    assert_eq!(executed.len(), 9, "{executed:#?}");
}

/// What a person has is summed up with each new credential: within an index, not row by row.
#[test]
fn lengths_of_contents_are_summed_within_an_index() {
    let node = Node::new();
    EXECUTED.take();
    node.read(|state| state.held_credentials(id(1)).unwrap());
    let conn = node.raw();
    let plans: Vec<_> = EXECUTED
        .take()
        .iter()
        .filter(|sql| sql.contains("sum(content_bytes)"))
        .flat_map(|sql| plan(&conn, sql))
        .collect();
    let covered = "SEARCH credentials USING COVERING INDEX credentials_by_user (user_id=?)";
    assert_eq!(plans, [covered]);
}
