//! One node of a world, running or not.

use std::{path::Path, rc::Rc, sync::Arc, time::Duration};

use idos_consensus::{
    ConsensusError, Parts, PeerKey, SigningKey,
    simulation::{Control, Half},
};
use idos_node::{
    NodeKey,
    genesis::Genesis,
    simulation::{Fetching, Node, Opened, SimulationError, engine_key},
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

impl Treason {
    fn has_halves(&self) -> bool {
        self.kind == Kind::Equivocator
    }
}

/// A node.
pub(crate) struct Peer {
    pub(crate) number: usize,
    pub(crate) peer: PeerKey,
    pub(crate) treason: Option<Treason>,
    /// While it takes part.
    pub(crate) node: Option<Node>,
    /// While it fetches the state of others.
    fetching: Option<Fetching>,
    /// Whether it is away, or was not there yet: nobody starts it, and nobody waits for it.
    pub(crate) is_away: bool,
    /// The height of the newest state that it got from others: it has no receipts up to there.
    pub(crate) since: u64,
    /// How often it got one.
    pub(crate) syncs: u64,
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
    /// The height whose certificate was handed out last.
    handed: u64,
}

/// What becomes of a node that ended by itself.
pub(crate) enum Ended {
    /// It goes on with something else.
    Turned,
    /// It should not have ended.
    Failed(Option<ConsensusError>),
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
            fetching: None,
            is_away: false,
            since: 0,
            syncs: 0,
            life: 0,
            disk: Disk::default(),
            kept: 0,
            checked: 0,
            key,
            signing,
            folders: [folder(), folder()],
            handed: 0,
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
                sync_lies: Arc::default(),
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

    pub(crate) fn runs(&self) -> bool {
        self.node.is_some() || self.fetching.is_some()
    }

    /// Whether it fetches the state of others.
    pub(crate) fn is_fetching(&self) -> bool {
        self.fetching.is_some()
    }

    /// Starts it on the files that it has.
    pub(crate) async fn start(&mut self, around: &Around<'_>) {
        self.start_after(around, false).await;
    }

    /// The same, after its part in the network ended for lack of blocks if that is so.
    async fn start_after(&mut self, around: &Around<'_>, lacks_blocks: bool) {
        assert!(!self.runs(), "it runs");
        self.life += 1;
        self.handed = 0;
        let folder = self.folders[0].path();
        match open(around, folder, &self.key, lacks_blocks).await {
            Opened::Part(node, parts) => self.take_part(around, node, parts).await,
            Opened::Fetch(fetching) => self.fetch(around, *fetching).await,
        }
    }

    async fn fetch(&mut self, around: &Around<'_>, mut fetching: Fetching) {
        let members = fetching.members().expect("it knows some");
        let services = fetching.services();
        let (chain, wake) = (fetching.chain(), fetching.wake());
        self.fetching = Some(fetching);
        let control = around.control;
        control
            .converse(&self.signing, &members, services, chain, &wake)
            .await;
    }

    async fn take_part(&mut self, around: &Around<'_>, node: Node, mut parts: Parts) {
        let control = around.control;
        let wake = node.wake();
        let progress = node.progress();
        self.node = Some(node.clone());
        let Some(treason) = &mut self.treason else {
            let tip = progress.tip;
            around
                .truth
                .confirm(self.number, tip.height, tip.hash, progress.root);
            let floor = node.floor();
            parts.execution = Box::new(Witness {
                inner: parts.execution,
                number: self.number,
                node,
                truth: around.truth.clone(),
                disk: self.disk.clone(),
            });
            if let Some(plant) = around.plant {
                parts = plant.parts(parts);
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
            let floor = node.floor();
            let parts = adversary.corrupt(traitor, parts);
            control.start_from(&self.signing, parts, &wake, floor).await;
            return;
        };
        let folder = self.folders[1].path();
        let Opened::Part(second, second_parts) = open(around, folder, &self.key, false).await
        else {
            panic!("halves fetch nothing");
        };
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
        let had_state = self.node.take().is_some();
        self.fetching = None;
        if let Some(plant) = plant.filter(|_| self.is_honest() && had_state) {
            plant.crashed(&self.folder().join("state.db"));
        }
    }

    /// Goes on after it ended by itself, if that is what it ended for.
    pub(crate) async fn turn(
        &mut self,
        around: &Around<'_>,
        ended: Result<(), ConsensusError>,
    ) -> Ended {
        let has_halves = self.treason.as_ref().is_some_and(Treason::has_halves);
        let lacks_blocks = match &self.node {
            Some(node) => node.lacks_blocks(&ended) && !has_halves,
            None => false,
        };
        let is_done = self.fetching.is_some() && ended.is_ok();
        if !lacks_blocks && !is_done {
            return Ended::Failed(ended.err());
        }
        // What ended lets go of its files.
        around.control.crash(self.peer).await;
        self.node = None;
        let has_state = match self.fetching.take() {
            Some(fetching) => fetching.finish().expect("a state that was fetched holds"),
            None => false,
        };
        if let Some(plant) = around.plant.filter(|_| self.is_honest() && has_state) {
            plant.fetched(&self.folder().join("state.db"));
        }
        self.start_after(around, lacks_blocks).await;
        if has_state && let Some(node) = &self.node {
            self.since = node.progress().tip.height;
            self.checked = self.checked.max(self.since.saturating_sub(1));
            self.syncs += 1;
        }
        Ended::Turned
    }

    /// Loses what its engine kept, and its database too if `all`. It must not run.
    pub(crate) fn lose(&mut self, control: &Control, all: bool, plant: Option<&Rc<dyn Plant>>) {
        assert!(!self.runs(), "it runs");
        control.lose_folder(self.peer);
        if all {
            self.folders[0] = folder();
            self.kept = 0;
            self.checked = 0;
            self.since = 0;
        }
        if plant.is_some_and(|plant| plant.forgets_votes()) {
            control.renew_marker(self.peer);
        }
    }

    /// Does what a node does as soon as somebody fetches its state.
    pub(crate) async fn hand_out_floor(&mut self) {
        if let Some(node) = &self.node {
            node.hand_out_floor(&mut self.handed).await;
        }
    }

    /// Does what a node does from time to time.
    pub(crate) async fn keep_floor(&mut self) {
        if let Some(node) = &self.node {
            node.keep_floor(&mut self.kept).await;
        }
    }
}

/// What is around a node.
#[derive(Clone, Copy)]
pub(crate) struct Around<'w> {
    pub(crate) control: &'w Control,
    pub(crate) genesis: &'w Genesis,
    pub(crate) truth: &'w Truth,
    pub(crate) plant: Option<&'w Rc<dyn Plant>>,
}

/// Opens a database as soon as whoever had it has let it go.
async fn open(around: &Around<'_>, folder: &Path, key: &NodeKey, lacks_blocks: bool) -> Opened {
    for _ in 0..100 {
        match Node::open(folder, around.genesis, key, lacks_blocks) {
            Err(SimulationError::Store(StoreError::Locked { .. })) => {
                around.control.sleep(Duration::from_millis(5)).await;
            }
            opened => return opened.expect("a node starts on what it left"),
        }
    }
    panic!("a crashed node does not let its database go");
}
