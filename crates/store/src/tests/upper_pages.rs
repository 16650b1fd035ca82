//! What a writer keeps of the state tree is what the database holds.

use idos_proof::PageId;

use super::{tree::spec, *};
use crate::state_tree;

/// Checks that the pages that a writer keeps are those of the database.
pub(super) fn check_kept(node: &Node) {
    let (conn, kept) = (node.raw(), node.writer.upper.bodies());
    for (id, body) in kept {
        assert!(id.prefix().bits() <= 12);
        assert_eq!(
            state_tree::page(&conn, id).unwrap().as_ref(),
            Some(body),
            "{id:?}"
        );
    }
}

#[test]
fn kept_pages_do_not_outlive_a_commit_that_fails() {
    let mut node = Node::new();
    node.put((1..40).map(|number| Row::User(user(number))));
    check_kept(&node);
    assert!(node.writer.upper.bodies().contains_key(&PageId::TOP));
    let before = node.root();
    let full =
        "CREATE TEMP TRIGGER full BEFORE INSERT ON blocks BEGIN SELECT RAISE(ABORT, 'full'); END";
    node.writer.conn.execute_batch(full).unwrap();
    let mut block = node.begin();
    let change = Change::Put(Row::User(user(77)));
    block.apply(&[change], &SEED).unwrap();
    block.commit(new_block(2)).unwrap_err();
    assert!(node.writer.upper.bodies().is_empty());
    assert_eq!(node.root(), before);
    node.writer.conn.execute_batch("DROP TRIGGER full").unwrap();
    node.put([Row::User(user(78))]);
    check_kept(&node);
    assert_eq!(node.root(), spec(&node));
}

/// Whoever else writes the tree leaves another root.
#[test]
fn kept_pages_of_another_tree_are_not_used() {
    let mut node = Node::new();
    node.put((1..40).map(|number| Row::User(user(number))));
    let stale = std::mem::take(&mut node.writer.upper);
    node.put((40..80).map(|number| Row::User(user(number))));
    node.writer.upper = stale;
    node.put((80..90).map(|number| Row::User(user(number))));
    check_kept(&node);
    assert_eq!(node.root(), spec(&node));
}
