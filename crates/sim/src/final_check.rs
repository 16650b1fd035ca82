//! What is looked at when a world is over.

use std::collections::{BTreeMap, BTreeSet};

use idos_ledger::State;
use idos_node::{Executor, simulation::Node};
use idos_store::{Database, Options};
use idos_types::{AttributeId, CredentialId, Digest};
use idos_wire::TxCode;

use crate::{
    clients::{Clients, Effect, Row, Sent},
    truth::Truth,
    world::World,
};

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

/// What must be there, and what must not: what was made is there unless it was erased, and what
/// was erased does not come back.
pub(crate) struct Expected {
    there: BTreeSet<Row>,
    gone: BTreeSet<Row>,
}

impl Expected {
    /// As the receipts of honest nodes had it, in the order of blocks. Clients that heard nothing
    /// know it from there too.
    pub(crate) fn of(truth: &Truth, clients: &Clients) -> Self {
        let mut done: Vec<(u64, u32, &Sent)> = Vec::new();
        for (hash, sent) in &clients.sent {
            done.extend(place(truth, hash).map(|(height, position)| (height, position, sent)));
        }
        done.sort_by_key(|(height, position, _)| (*height, *position));
        let mut made: BTreeMap<Row, (Option<usize>, Option<Row>)> = BTreeMap::new();
        let (mut there, mut gone) = (BTreeSet::new(), BTreeSet::new());
        for (_, _, sent) in done {
            match sent.effect {
                Effect::Other => {}
                Effect::Makes { row, by, original } => {
                    made.insert(row, (by, original));
                    // A copy of a credential goes with the grant that it was made for.
                    if !matches!((row, original), (Row::Credential(_), Some(_))) {
                        there.insert(row);
                    }
                }
                Effect::Erases(row, person) => {
                    let by = made.get(&row).map(|(by, _)| *by);
                    match by {
                        Some(Some(by)) if by == person => {
                            there.remove(&row);
                            gone.insert(row);
                        }
                        // It may be another profile's.
                        Some(None) => {
                            there.remove(&row);
                        }
                        Some(Some(_)) | None => {}
                    }
                    // What becomes of copies is the rules' business.
                    there.retain(|copy| made[copy].1 != Some(row));
                }
                Effect::ErasesAll(person) => {
                    for (row, (by, _)) in &made {
                        match by {
                            Some(by) if *by == person => {
                                there.remove(row);
                                gone.insert(*row);
                            }
                            Some(_) => {}
                            None => {
                                there.remove(row);
                            }
                        }
                    }
                }
            }
        }
        Self { there, gone }
    }

    /// Checks it on a node.
    pub(crate) fn check(&self, number: usize, node: &Node) {
        let has = |row: &Row| {
            let found = node.read(|state| match row {
                Row::Attribute(id) => {
                    let found = state.attribute(AttributeId::from(*id));
                    found.map(|found| found.is_some())
                }
                Row::Credential(id) => {
                    let found = state.credential(CredentialId::from(*id));
                    found.map(|found| found.is_some())
                }
            });
            found.expect("an honest node reads").expect("it reads")
        };
        for row in &self.there {
            assert!(has(row), "acknowledged: node {number} lost {row:?}");
        }
        for row in &self.gone {
            assert!(!has(row), "erasure: {row:?} came back on node {number}");
        }
    }
}

/// Where a transaction took effect.
fn place(truth: &Truth, hash: &Digest) -> Option<(u64, u32)> {
    let receipt = truth.receipt(hash)?;
    (receipt.code == TxCode::Ok.code()).then_some((receipt.height, receipt.position))
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
