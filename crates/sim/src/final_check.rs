//! What must be on every honest node when all have come as far, and when a world is over.

use idos_node::{Executor, simulation::Node};
use idos_store::{Database, Options};
use idos_wire::TxCode;

use crate::{clients::Clients, world::World};

/// How many acknowledged transactions there were.
pub(crate) fn acknowledged(clients: &Clients) -> u64 {
    let sent = clients.sent.values();
    let count = sent.filter(|sent| sent.acknowledged.is_some()).count();
    u64::try_from(count).expect("a count")
}

/// Every acknowledged transaction is where it was said to be, on this node. One that got its state
/// from others has no receipts of what was before, but the same state.
pub(crate) fn check_acknowledged(number: usize, world: &World, node: &Node, clients: &Clients) {
    let since = world.peers[number].since;
    for (hash, sent) in &clients.sent {
        let Some(code) = sent.acknowledged else {
            continue;
        };
        let known = world.truth.receipt(hash);
        if known.is_some_and(|known| known.height <= since) {
            continue;
        }
        let receipt = node.read(|snapshot| snapshot.receipt(hash));
        let receipt = receipt.expect("an honest node reads").expect("it reads");
        let found = receipt.map(|receipt| receipt.code);
        // What fails of somebody unknown leaves nothing behind.
        let is_there = found == Some(code.code()) || (code != TxCode::Ok && found.is_none());
        let action = &sent.action;
        assert!(
            is_there,
            "acknowledged: node {number} lost {action} {hash}, said {code:?}, found {found:?}"
        );
    }
}

/// Opens what honest nodes left: every row is in the tree, whose root is the one that all computed.
pub(crate) fn check_databases(world: &World) {
    for number in world.honest() {
        let options = Options {
            cache_mib: 2,
            readers: 1,
        };
        let folder = world.peers[number].folder();
        let (writer, _readers) = Database::open(folder, &options).expect("it was let go");
        let executor = Executor::new(writer, &world.genesis).expect("it is whole");
        let rows = executor.check_rows();
        let rows = rows.unwrap_or_else(|error| panic!("rows: those of node {number}: {error}"));
        let progress = executor.progress();
        assert_eq!(
            rows, progress.root,
            "rows: node {number} has others than its tree"
        );
        let height = progress.tip.height;
        if let Some(fact) = world.truth.at(height) {
            assert_eq!(fact.root, rows, "agreement: node {number} at {height}");
        }
    }
}
