//! Marks give every page of a list as counting does, whatever comes and goes.

use idos_ledger::{Key, State};
use idos_types::GrantId;
use proptest::prelude::*;

use super::*;
use crate::{grants, marks};

const GRANTEES: [&str; 3] = ["0xaa", "0xAA", "0xbb"];

/// Ids of which many are marks, of both levels, and some neither.
fn grant_number() -> impl Strategy<Value = u128> {
    (
        1..8_u128,
        prop_oneof![Just(0_u128), Just(0x0100), Just(1), Just(0x0101)],
    )
        .prop_map(|(high, low)| (high << 16) | low)
}

fn change() -> impl Strategy<Value = Change> {
    let put =
        (grant_number(), 0..GRANTEES.len(), 1..4_u64).prop_map(|(number, grantee, height)| {
            Change::Put(Row::AccessGrant(grant(
                number,
                1,
                GRANTEES[grantee],
                100,
                height,
            )))
        });
    let delete = grant_number().prop_map(|number| Change::Delete(Key::AccessGrant(id(number))));
    prop_oneof![3 => put, 1 => delete]
}

type Mark = (String, i64, i64, Vec<u8>, i64);

fn stored(conn: &Connection) -> Vec<Mark> {
    let sql = "SELECT grantee, level, height, id, grants FROM grant_marks ORDER BY 1, 2, 3, 4";
    let mut statement = conn.prepare(sql).unwrap();
    let rows = statement.query_map([], |row| {
        Ok((
            row.get(0)?,
            row.get(1)?,
            row.get(2)?,
            row.get(3)?,
            row.get(4)?,
        ))
    });
    rows.unwrap().map(Result::unwrap).collect()
}

/// The marks that the migration makes of grants that were there before it.
fn migrated(conn: &Connection) -> Vec<Mark> {
    conn.execute_batch("BEGIN; DROP TABLE grant_marks;")
        .unwrap();
    conn.execute_batch(include_str!("../../migrations/0002_grant_marks.sql"))
        .unwrap();
    let marks = stored(conn);
    conn.execute_batch("ROLLBACK").unwrap();
    marks
}

fn ids(grants: &[AccessGrant]) -> Vec<GrantId> {
    grants.iter().map(|grant| grant.id).collect()
}

fn check_pages(node: &Node) {
    let everything = idos_ledger::Page {
        offset: 0,
        rows: 1_000,
    };
    node.read(|state| {
        for grantee in ["0xaa", "0xbb"] {
            let all = ids(&state.grants_to(grantee, None, everything).unwrap());
            let count = i64::try_from(all.len()).unwrap();
            for (offset, expected) in (0..).zip(all.windows(2)) {
                let conn = state.conn().unwrap();
                let page = grants::grants_from_mark(conn, grantee, count, offset, 2).unwrap();
                assert_eq!(ids(&page), expected, "{offset} of {count}");
            }
        }
    });
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..Default::default() })]

    #[test]
    fn marks_equal_counting(
        blocks in prop::collection::vec(
            (prop::collection::vec(change(), 1..24), prop::bool::weighted(0.8)),
            1..6,
        ),
    ) {
        let mut node = Node::new();
        node.put([Row::User(user(1)), Row::Credential(credential(100, 1))]);
        for (changes, succeeds) in blocks {
            node.block(|block| {
                let _ = block.attempt(|block| {
                    block.apply(&changes, &SEED).unwrap();
                    if succeeds { Ok(()) } else { Err(()) }
                }).unwrap();
            });
            let conn = node.raw();
            prop_assert_eq!(stored(&conn), migrated(&conn));
            check_pages(&node);
        }
    }
}

/// However long the list, a page is begun to be counted near to it.
#[test]
fn the_way_from_a_mark_is_short() {
    let mut node = Node::new();
    node.put([Row::User(user(1)), Row::Credential(credential(100, 1))]);
    let many = 3_000_u64;
    let grants = (0..many).map(|number| {
        let digest = Digest::of(&number.to_le_bytes()).0;
        let (bytes, _) = digest.split_first_chunk().unwrap();
        let mut grant = grant(1, 1, "0xaa", 100, 1 + number / 100);
        grant.id = GrantId(Uuid::from_bytes(*bytes));
        Row::AccessGrant(grant)
    });
    node.put(grants);
    let conn = node.raw();
    let count = i64::try_from(many).unwrap();
    let longest = (0..count)
        .map(|offset| marks::start(&conn, "0xaa", count, offset).unwrap().skipped)
        .max();
    assert!(longest < Some(1_500), "{longest:?}");
    let found = ids(&grants::grants_from_mark(&conn, "0xaa", count, 1_500, 20).unwrap());
    let all = idos_ledger::Page {
        offset: 0,
        rows: 3_000,
    };
    let all = node.read(|state| ids(&state.grants_to("0xaa", None, all).unwrap()));
    assert_eq!(found, all[1_500..1_520]);
}
