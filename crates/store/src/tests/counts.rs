//! The counts of grants are what counting gives, whatever happens.

use std::collections::BTreeMap;

use idos_ledger::{Key, State};
use proptest::prelude::*;

use super::*;

const GRANTEES: [&str; 4] = ["0xaa", "0xAA", "0xbb", "0xbb\0"];
/// The owner of only zero bytes is one like any other.
const OWNERS: [u128; 3] = [0, 1, 2];

fn change() -> impl Strategy<Value = Change> {
    let put = (1..12_u128, 0..GRANTEES.len(), 0..OWNERS.len(), 1..4_u64).prop_map(
        |(number, grantee, owner, height)| {
            let grant = grant(number, OWNERS[owner], GRANTEES[grantee], 100, height);
            Change::Put(Row::AccessGrant(grant))
        },
    );
    let delete = (1..12_u128).prop_map(|number| Change::Delete(Key::AccessGrant(id(number))));
    prop_oneof![2 => put, 1 => delete]
}

type Counts = BTreeMap<(String, Vec<u8>), i64>;

fn stored(conn: &Connection) -> Counts {
    counts(
        conn,
        "SELECT grantee, owner_user_id, grants FROM grant_counts",
    )
}

fn counted(conn: &Connection) -> Counts {
    counts(
        conn,
        "SELECT lower(grantee), owner_user_id, count(*) FROM access_grants GROUP BY 1, 2 \
         UNION ALL SELECT lower(grantee), x'', count(*) FROM access_grants GROUP BY 1",
    )
}

fn counts(conn: &Connection, sql: &str) -> Counts {
    let mut statement = conn.prepare(sql).unwrap();
    let rows = statement.query_map([], |row| Ok(((row.get(0)?, row.get(1)?), row.get(2)?)));
    rows.unwrap().map(Result::unwrap).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..Default::default() })]

    #[test]
    fn counts_equal_counting(
        blocks in prop::collection::vec(
            (prop::collection::vec(change(), 1..12), any::<bool>()),
            1..6,
        ),
    ) {
        let mut node = Node::new();
        node.put(OWNERS.map(|owner| Row::User(user(owner))));
        node.put([Row::Credential(credential(100, 1))]);
        for (changes, succeeds) in blocks {
            node.block(|block| {
                let _ = block.attempt(|block| {
                    block.apply(&changes, &SEED).unwrap();
                    if succeeds { Ok(()) } else { Err(()) }
                }).unwrap();
            });
            let conn = node.raw();
            prop_assert_eq!(stored(&conn), counted(&conn));
        }
        node.read(|state| {
            for owner in [None, Some(id(0)), Some(id(1))] {
                let page = idos_ledger::Page { offset: 0, rows: 100 };
                let listed = state.grants_to("0xAa", owner, page).unwrap().len();
                let count = state.count_grants_to("0xAa", owner).unwrap();
                assert_eq!(i64::try_from(listed).unwrap(), count);
            }
        });
    }
}
