//! What a scenario can do to a network.

use std::{
    cell::RefCell,
    collections::BTreeMap,
    net::SocketAddr,
    path::PathBuf,
    rc::Rc,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use commonware_p2p::simulated::{self, Link, Oracle};
use commonware_runtime::{Clock as _, Handle, Spawner as _, Supervisor as _, deterministic};
use commonware_utils::{NZUsize, Probability};
use idos_types::BlockTime;
use rand_core::Rng as _;

use super::{
    Message, NODES, Plan,
    filter::{Filtered, Rules},
};
use crate::{
    ConsensusError, Options, Parts, PeerKey, SigningKey, Wake,
    channel::{Channel, Channels},
    engine::{self, Network, Node},
    marker::{MemorySlot, Slot as _, Slots, never_voted},
    shared::{EngineKey, now},
};

type Context = deterministic::Context;
type SimulatedNetwork = Network<
    simulated::SocketManager<EngineKey, Context>,
    simulated::Control<EngineKey, Context>,
    simulated::Sender<EngineKey, Context>,
    Filtered<simulated::Receiver<EngineKey>>,
>;

/// A handle to a simulated network; clones are the same handle.
#[derive(Clone)]
pub struct Control(pub(super) Rc<State>);

pub(super) struct State {
    pub(super) context: Rc<Context>,
    pub(super) oracle: Oracle<EngineKey, Context>,
    pub(super) plan: Plan,
    pub(super) rules: Rules,
    pub(super) nodes: RefCell<BTreeMap<PeerKey, SimulatedNode>>,
}

/// A node, running or not.
pub(super) struct SimulatedNode {
    /// Its number, for the names of its files.
    number: usize,
    /// How often its folder was lost.
    folders: u32,
    marker: MemorySlot,
    folder: MemorySlot,
    running: Option<Running>,
}

struct Running {
    wake: Wake,
    task: Handle<()>,
    result: Outcome,
}

type Outcome = Arc<Mutex<Option<Result<(), ConsensusError>>>>;

/// How messages travel from one node to another.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Line {
    /// How long a message takes on average.
    pub latency: Duration,
    /// How much that differs from message to message.
    pub jitter: Duration,
    /// Of how many messages in a thousand none arrives.
    pub lost_of_thousand: u16,
}

impl Default for Line {
    fn default() -> Self {
        Self {
            latency: Duration::from_millis(10),
            jitter: Duration::from_millis(2),
            lost_of_thousand: 0,
        }
    }
}

impl Control {
    /// What time it is.
    pub fn now(&self) -> BlockTime {
        now(self.0.context.as_ref())
    }

    /// Lets virtual time pass.
    pub async fn sleep(&self, duration: Duration) {
        self.0.context.sleep(duration).await;
    }

    /// A random number that follows from the seed.
    pub fn random(&self) -> u64 {
        self.0.context.child("scenario").next_u64()
    }

    /// Starts a node, for the first time or again, on the files that it had. A node that was never
    /// started gets the marker of a key that never voted, as whoever makes a key writes it.
    pub async fn start(&self, key: &SigningKey, parts: Parts, wake: &Wake) {
        self.start_from(key, parts, wake, None).await;
    }

    /// Starts a node whose state came from others, see [`Options::floor`].
    pub async fn start_from(
        &self,
        key: &SigningKey,
        parts: Parts,
        wake: &Wake,
        floor: Option<Vec<u8>>,
    ) {
        let me = key.peer_key();
        self.crash(me).await;
        let (number, prefix, slots) = {
            let mut nodes = self.0.nodes.borrow_mut();
            let number = nodes.len();
            let node = nodes
                .entry(me)
                .or_insert_with(|| SimulatedNode::new(number, me));
            let slots = Slots {
                marker: Box::new(node.marker.clone()),
                folder: Box::new(node.folder.clone()),
            };
            let prefix = format!("node{}-{}-", node.number, node.folders);
            (node.number, prefix, slots)
        };
        let node = Node {
            options: Options {
                floor,
                ..self.options(key)
            },
            prefix,
            slots,
            parts,
            wake: wake.clone(),
        };
        let Some(network) = self.network(me).await else {
            return;
        };
        let result = Outcome::default();
        let cell = Arc::clone(&result);
        let context = self.0.context.child("node");
        let context = context.with_attribute("number", number);
        let task = context.spawn(move |context| async move {
            let ended = engine::run(context.child("engine"), node, network).await;
            *cell.lock().unwrap_or_else(PoisonError::into_inner) = Some(ended);
        });
        if let Some(node) = self.0.nodes.borrow_mut().get_mut(&me) {
            node.running = Some(Running {
                wake: wake.clone(),
                task,
                result,
            });
        }
    }

    /// Ends a node without warning, as a power failure does.
    pub async fn crash(&self, node: PeerKey) {
        if let Some(running) = self.take(node) {
            running.task.abort();
            let _ = running.task.await;
            // Its tasks are told to end, and end when it is their turn.
            self.sleep(Duration::from_millis(1)).await;
        }
    }

    /// Ends a node in order, and says how it ended.
    pub async fn stop(&self, node: PeerKey) -> Result<(), ConsensusError> {
        let Some(running) = self.take(node) else {
            return Ok(());
        };
        running.wake.stop();
        let _ = running.task.await;
        self.sleep(Duration::from_millis(1)).await;
        take_result(&running.result).unwrap_or(Ok(()))
    }

    /// Why a node ended by itself, if it did; said once.
    pub fn failure(&self, node: PeerKey) -> Option<ConsensusError> {
        let nodes = self.0.nodes.borrow();
        let running = nodes.get(&node)?.running.as_ref()?;
        take_result(&running.result)?.err()
    }

    /// Loses the folder of a node that does not run: its journals, archives and incarnation.
    pub fn lose_folder(&self, node: PeerKey) {
        if let Some(node) = self.0.nodes.borrow_mut().get_mut(&node) {
            node.folders += 1;
            node.folder.clear();
        }
    }

    /// Loses the vote marker of a node that does not run.
    pub fn lose_marker(&self, node: PeerKey) {
        if let Some(node) = self.0.nodes.borrow_mut().get_mut(&node) {
            node.marker.clear();
        }
    }

    /// Connects two nodes in both directions, or changes their line.
    pub async fn link(&self, a: PeerKey, b: PeerKey, line: Line) {
        self.link_one_way(a, b, line).await;
        self.link_one_way(b, a, line).await;
    }

    /// Connects every node with every other.
    pub async fn link_all(&self, nodes: &[PeerKey], line: Line) {
        for (index, a) in nodes.iter().enumerate() {
            for b in nodes.iter().skip(index + 1) {
                self.link(*a, *b, line).await;
            }
        }
    }

    /// Cuts two nodes from each other.
    pub async fn cut(&self, a: PeerKey, b: PeerKey) {
        self.cut_one_way(a, b).await;
        self.cut_one_way(b, a).await;
    }

    /// Cuts every node of one group from every node of the other.
    pub async fn cut_groups(&self, left: &[PeerKey], right: &[PeerKey]) {
        for a in left {
            for b in right {
                self.cut(*a, *b).await;
            }
        }
    }

    /// Loses the messages that a rule chooses, from now on.
    pub fn lose(&self, rule: impl FnMut(&Message<'_>) -> bool + Send + 'static) {
        self.0.rules.add(Box::new(rule));
    }

    /// Ends all rules.
    pub fn lose_nothing(&self) {
        self.0.rules.clear();
    }

    async fn link_one_way(&self, from: PeerKey, to: PeerKey, line: Line) {
        self.cut_one_way(from, to).await;
        let (Some(from), Some(to)) = (from.engine(), to.engine()) else {
            return;
        };
        let arrive = 1_000_u64.saturating_sub(line.lost_of_thousand.into());
        let Some(success_rate) = Probability::new(arrive, 1_000) else {
            return;
        };
        let link = Link {
            latency: line.latency,
            jitter: line.jitter,
            success_rate,
        };
        // Fails only for a node and itself.
        let _ = self.0.oracle.add_link(from, to, link).await;
    }

    async fn cut_one_way(&self, from: PeerKey, to: PeerKey) {
        if let (Some(from), Some(to)) = (from.engine(), to.engine()) {
            // There may be none.
            let _ = self.0.oracle.remove_link(from, to).await;
        }
    }

    fn take(&self, node: PeerKey) -> Option<Running> {
        self.0.nodes.borrow_mut().get_mut(&node)?.running.take()
    }

    fn options(&self, key: &SigningKey) -> Options {
        let Plan {
            chain_id,
            genesis,
            epoch_blocks,
            timing,
            ..
        } = self.0.plan.clone();
        Options {
            key: key.clone(),
            chain_id,
            genesis,
            epoch_blocks,
            timing,
            floor: None,
            max_peers: NODES,
            // What follows has no meaning here.
            listen: SocketAddr::from(([0, 0, 0, 0], 0)),
            directory: PathBuf::new(),
            vote_marker: PathBuf::new(),
            private_addresses: true,
            any_source: true,
            workers: NZUsize!(1),
        }
    }

    #[allow(
        clippy::expect_used,
        reason = "a simulation that can not go on has to fail loudly"
    )]
    async fn network(&self, me: PeerKey) -> Option<SimulatedNetwork> {
        let control = self.0.oracle.control(me.engine()?);
        let channels = Channels::with(async |channel: Channel| {
            let registered = control.register(channel.number(), channel.quota()).await;
            let (sender, inner) = registered.expect("the network outlives the scenario");
            let receiver = Filtered {
                inner,
                channel,
                to: me,
                rules: self.0.rules.clone(),
            };
            (sender, receiver)
        });
        Some(Network {
            manager: self.0.oracle.socket_manager(),
            blocker: control.clone(),
            channels: channels.await,
        })
    }
}

impl SimulatedNode {
    fn new(number: usize, key: PeerKey) -> Self {
        let marker = MemorySlot::default();
        // Memory does not fail.
        let _ = marker.write(&never_voted(key));
        Self {
            number,
            folders: 0,
            marker,
            folder: MemorySlot::default(),
            running: None,
        }
    }
}

fn take_result(result: &Outcome) -> Option<Result<(), ConsensusError>> {
    result.lock().unwrap_or_else(PoisonError::into_inner).take()
}
