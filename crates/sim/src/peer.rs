//! One node of a world, running or not.

use std::{path::Path, rc::Rc, time::Duration};

use idos_consensus::{
    Parts, PeerKey, SigningKey,
    simulation::{Control, Half},
};
use idos_node::{
    NodeKey,
    genesis::Genesis,
    simulation::{Node, SimulationError, engine_key},
};
use idos_store::StoreError;
use idos_types::Digest;
use tempfile::TempDir;
use zeroize::Zeroizing;

use crate::{
    adversary::{Adversary, Kind, Traitor},
    plant::Plant,
    random::Random,
    support::validators::voting,
    truth::Truth,
    witness::{Disk, Witness},
};

/// The name that the key of this validator is made of, as `support` makes it.
fn key_of(number: usize) -> NodeKey {
    let key = NodeKey::from_seed(Zeroizing::new(
        Digest::of(format!("voting {number}").as_bytes()).0,
    ));
    assert_eq!(key.public(), voting(number).validator());
    key
}

/// A node that betrays.
pub(crate) struct Treason {
    pub(crate) kind: Kind,
    pub(crate) adversary: Box<dyn Adversary>,
    pub(crate) traitor: Traitor,
}

/// A node.
pub(crate) struct Peer {
    pub(crate) number: usize,
    pub(crate) peer: PeerKey,
    pub(crate) treason: Option<Treason>,
    /// While it runs.
    pub(crate) node: Option<Node>,
    /// How often it was started: whoever waits for an answer of an earlier life waits in vain.
    pub(crate) life: u32,
    pub(crate) disk: Disk,
    /// The height that was remembered as a floor.
    kept: u64,
    /// Certificates of this node that were checked.
    pub(crate) checked: u64,
    key: NodeKey,
    signing: SigningKey,
    folders: [TempDir; 2],
    has_lost_folder: bool,
}

fn folder() -> TempDir {
    // In memory, if there is such a place: every block waits for the disk.
    TempDir::new_in("/dev/shm").unwrap_or_else(|_| TempDir::new().expect("a temporary folder"))
}

impl Peer {
    /// The node with this number, which never ran.
    pub(crate) fn new(number: usize) -> Self {
        let key = key_of(number);
        let signing = engine_key(&key);
        Self {
            number,
            peer: signing.peer_key(),
            treason: None,
            node: None,
            life: 0,
            disk: Disk::default(),
            kept: 0,
            checked: 0,
            key,
            signing,
            folders: [folder(), folder()],
            has_lost_folder: false,
        }
    }

    /// Lets it betray these others.
    pub(crate) fn betray(&mut self, kind: Kind, others: Vec<PeerKey>, random: &mut Random) {
        self.treason = Some(Treason {
            kind,
            adversary: kind.make(random),
            traitor: Traitor {
                key: self.key.clone(),
                peer: self.peer,
                others,
                random: random.fork(),
            },
        });
    }

    pub(crate) fn is_honest(&self) -> bool {
        self.treason.is_none()
    }

    /// The folder of its database.
    pub(crate) fn folder(&self) -> &Path {
        self.folders[0].path()
    }

    /// Starts it on the files that it has.
    pub(crate) async fn start(
        &mut self,
        control: &Control,
        genesis: &Genesis,
        truth: &Truth,
        plant: Option<&Rc<dyn Plant>>,
    ) {
        assert!(self.node.is_none(), "it runs");
        self.life += 1;
        let (node, mut parts) = open(control, self.folders[0].path(), genesis, &self.key).await;
        let wake = node.wake();
        self.node = Some(node.clone());
        let Some(treason) = &mut self.treason else {
            let floor = self.has_lost_folder.then(|| node.floor()).flatten();
            self.has_lost_folder = false;
            parts.execution = Box::new(Witness {
                inner: parts.execution,
                number: self.number,
                node,
                truth: truth.clone(),
                disk: self.disk.clone(),
            });
            if let Some(plant) = plant {
                parts.ballot = plant.ballot(parts.ballot);
            }
            control.start_from(&self.signing, parts, &wake, floor).await;
            return;
        };
        let Treason {
            adversary, traitor, ..
        } = treason;
        control.skew(self.peer, adversary.skew());
        if self.life == 1 {
            adversary.meddle(traitor, control);
        }
        let Some([to, to_second]) = adversary.halves(traitor) else {
            let parts = adversary.corrupt(traitor, parts);
            control.start(&self.signing, parts, &wake).await;
            return;
        };
        let (second, second_parts) =
            open(control, self.folders[1].path(), genesis, &self.key).await;
        let first = Half { parts, wake, to };
        let second = Half {
            parts: second_parts,
            wake: second.wake(),
            to: to_second,
        };
        control.start_halves(&self.signing, [first, second]).await;
    }

    /// Ends it as a power failure does.
    pub(crate) async fn crash(&mut self, control: &Control, plant: Option<&Rc<dyn Plant>>) {
        control.crash(self.peer).await;
        self.node = None;
        if let Some(plant) = plant.filter(|_| self.is_honest()) {
            plant.crashed(&self.folder().join("state.db"));
        }
    }

    /// Loses what its engine kept, and its database too if `all`. It must not run.
    pub(crate) fn lose(&mut self, control: &Control, all: bool) {
        assert!(self.node.is_none(), "it runs");
        control.lose_folder(self.peer);
        self.has_lost_folder = true;
        if all {
            self.folders[0] = folder();
            self.kept = 0;
            self.checked = 0;
        }
    }

    /// Does what a node does from time to time.
    pub(crate) async fn keep_floor(&mut self) {
        if let Some(node) = &self.node {
            node.keep_floor(&mut self.kept).await;
        }
    }
}

/// Opens a database as soon as whoever had it has let it go.
async fn open(control: &Control, folder: &Path, genesis: &Genesis, key: &NodeKey) -> (Node, Parts) {
    for _ in 0..100 {
        match Node::open(folder, genesis, key) {
            Err(SimulationError::Store(StoreError::Locked { .. })) => {
                control.sleep(Duration::from_millis(5)).await;
            }
            opened => return opened.expect("a node starts on what it left"),
        }
    }
    panic!("a crashed node does not let its database go");
}
