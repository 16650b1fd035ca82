//! What a scenario can do to a network.

use std::{
    cell::RefCell,
    collections::{BTreeMap, BTreeSet},
    net::SocketAddr,
    path::PathBuf,
    rc::Rc,
    sync::{Arc, PoisonError},
    time::Duration,
};

use commonware_p2p::simulated::{self, Link, Oracle, SplitTarget};
use commonware_runtime::{Clock as _, Spawner as _, Supervisor as _, deterministic};
use commonware_utils::{NZUsize, Probability};
use idos_types::BlockTime;
use rand_core::Rng as _;

use super::{
    Fate, Message, NODES, Plan, Skew,
    filter::{Filtered, Rules},
    line::Line,
    node::{Outcome, Running, SimulatedNode, take_result},
    skewed::Skewed,
    towards::Towards,
    voice::Voice,
};
use crate::{
    Chain, ConsensusError, Membership, Options, PROTOCOLS, Parts, PeerKey, Protocols, Service,
    SigningKey, Topic, Wake,
    channel::{Channel, Channels},
    converse::talk,
    engine::{self, Network, Node},
    marker::Slots,
    shared::{EngineKey, now},
};

pub(super) type Context = deterministic::Context;
pub(super) type Speaking = simulated::Sender<EngineKey, Context>;
pub(super) type Hearing = simulated::Receiver<EngineKey>;
type Blocking = simulated::Control<EngineKey, Context>;
type SimulatedChannels = Channels<(Towards<Speaking>, Filtered<Hearing>)>;
type SimulatedNetwork = Network<
    simulated::SocketManager<EngineKey, Context>,
    Blocking,
    Towards<Speaking>,
    Filtered<Hearing>,
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

/// One of the halves of a node that says different things to different peers.
pub struct Half {
    /// What it runs.
    pub parts: Parts,
    /// How it is woken.
    pub wake: Wake,
    /// Whom it speaks to; it hears everybody.
    pub to: Vec<PeerKey>,
}

/// What a node runs, or one of its halves.
struct Begin {
    parts: Parts,
    wake: Wake,
    floor: Option<Vec<u8>>,
    /// Which half.
    half: usize,
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
        let Some(network) = self.network(me, None).await else {
            return;
        };
        let begin = Begin {
            parts,
            wake: wake.clone(),
            floor,
            half: 0,
        };
        self.begin(key, begin, network);
    }

    /// Starts a node that betrays the network: two halves with one key, each of which is an honest
    /// node by itself and speaks to some of the peers. Whatever they say differs as it does between
    /// two nodes: blocks of one turn, and votes for them.
    pub async fn start_halves(&self, key: &SigningKey, halves: [Half; 2]) {
        let me = key.peer_key();
        self.crash(me).await;
        let to = [&halves[0].to, &halves[1].to].map(|to| {
            let keys = to.iter().filter_map(PeerKey::engine);
            Arc::new(keys.collect::<BTreeSet<_>>())
        });
        let Some(networks) = self.networks(me, to).await else {
            return;
        };
        for (number, (half, network)) in halves.into_iter().zip(networks).enumerate() {
            let begin = Begin {
                parts: half.parts,
                wake: half.wake,
                floor: None,
                half: number,
            };
            self.begin(key, begin, network);
        }
    }

    /// Lets a node talk with these members without taking part, see [`crate::converse`]: it reaches
    /// nobody else.
    pub async fn converse(
        &self,
        key: &SigningKey,
        members: &Membership,
        services: Vec<(Topic, Box<dyn Service>)>,
        chain: Chain,
        wake: &Wake,
    ) {
        let me = key.peer_key();
        self.crash(me).await;
        let known = members.validators().iter().chain(members.observers());
        let known = known.filter_map(|member| member.key.engine()).collect();
        let Some(network) = self.network(me, Some(Arc::new(known))).await else {
            return;
        };
        let waits = wake.clone();
        self.run(me, 0, wake.clone(), move |context| async move {
            talk(&context, network.channels, services, chain, &waits).await
        });
    }

    /// Speaks on a channel in the name of a node that does not run and may say anything.
    pub async fn voice(&self, of: PeerKey, channel: Channel) -> Option<Voice> {
        self.crash(of).await;
        let (sender, receiver) = self.register(of, channel).await?;
        Some(Voice {
            sender,
            receiver: self.filtered(of, channel, receiver),
        })
    }

    /// Gives a node a release that follows these versions of the protocol, from its next start on.
    pub fn install(&self, node: PeerKey, protocols: Protocols) {
        let mut nodes = self.0.nodes.borrow_mut();
        SimulatedNode::of(&mut nodes, node).protocols = protocols;
    }

    /// Sets the clock of a node wrong, from its next start on.
    pub fn skew(&self, node: PeerKey, skew: Skew) {
        let mut nodes = self.0.nodes.borrow_mut();
        SimulatedNode::of(&mut nodes, node).skew = skew;
    }

    fn begin(&self, key: &SigningKey, begin: Begin, network: SimulatedNetwork) {
        let me = key.peer_key();
        let Begin {
            parts,
            wake,
            floor,
            half,
        } = begin;
        let mut nodes = self.0.nodes.borrow_mut();
        let simulated = SimulatedNode::of(&mut nodes, me);
        let Some(files) = simulated.halves.get(half) else {
            return;
        };
        let slots = Slots {
            marker: Box::new(files.marker.clone()),
            folder: Box::new(files.folder.clone()),
        };
        let number = simulated.number;
        let node = Node {
            options: Options {
                floor,
                protocols: simulated.protocols,
                ..self.options(key)
            },
            prefix: format!("node{number}-{half}-{}-", simulated.folders),
            slots,
            parts,
            wake: wake.clone(),
        };
        drop(nodes);
        self.run(me, half, wake, move |context| async move {
            engine::run(context.child("engine"), node, network).await
        });
    }

    /// Runs what a node, or one of its halves, does.
    fn run<F>(
        &self,
        me: PeerKey,
        half: usize,
        wake: Wake,
        work: impl FnOnce(Skewed) -> F + Send + 'static,
    ) where
        F: Future<Output = Result<(), ConsensusError>> + Send + 'static,
    {
        let mut nodes = self.0.nodes.borrow_mut();
        let simulated = SimulatedNode::of(&mut nodes, me);
        let result = Outcome::default();
        let cell = Arc::clone(&result);
        let context = Skewed {
            inner: self.0.context.child("node"),
            skew: simulated.skew,
        };
        let context = context
            .with_attribute("number", simulated.number)
            .with_attribute("half", half);
        let task = context.spawn(move |context| async move {
            let ended = work(context).await;
            *cell.lock().unwrap_or_else(PoisonError::into_inner) = Some(ended);
        });
        simulated.running.push(Running { wake, task, result });
    }

    /// Ends a node without warning, as a power failure does.
    pub async fn crash(&self, node: PeerKey) {
        for running in self.take(node) {
            running.task.abort();
            let _ = running.task.await;
            // Its tasks are told to end, and end when it is their turn.
            self.sleep(Duration::from_millis(1)).await;
        }
    }

    /// Ends a node in order, and says how it ended.
    pub async fn stop(&self, node: PeerKey) -> Result<(), ConsensusError> {
        for running in self.take(node) {
            running.wake.stop();
            let _ = running.task.await;
            self.sleep(Duration::from_millis(1)).await;
            take_result(&running.result).unwrap_or(Ok(()))?;
        }
        Ok(())
    }

    /// Why a node ended by itself, if it did; said once.
    pub fn failure(&self, node: PeerKey) -> Option<ConsensusError> {
        self.ended(node)?.err()
    }

    /// How a node, or one of its halves, ended by itself, if it did; said once.
    pub fn ended(&self, node: PeerKey) -> Option<Result<(), ConsensusError>> {
        let nodes = self.0.nodes.borrow();
        let mut running = nodes.get(&node)?.running.iter();
        running.find_map(|running| take_result(&running.result))
    }

    /// Loses the folder of a node that does not run: its journals, archives and incarnation.
    pub fn lose_folder(&self, node: PeerKey) {
        if let Some(node) = self.0.nodes.borrow_mut().get_mut(&node) {
            node.folders += 1;
            node.halves.iter().for_each(|files| files.folder.clear());
        }
    }

    /// Loses the vote marker of a node that does not run.
    pub fn lose_marker(&self, node: PeerKey) {
        if let Some(node) = self.0.nodes.borrow_mut().get_mut(&node) {
            node.halves.iter().for_each(|files| files.marker.clear());
        }
    }

    /// Puts the marker of a key that was just made in the place of the one of a node that does not
    /// run: what nobody must do with a key that voted.
    pub fn renew_marker(&self, node: PeerKey) {
        if let Some(simulated) = self.0.nodes.borrow_mut().get_mut(&node) {
            simulated.renew_markers(node);
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
    pub fn lose(&self, mut rule: impl FnMut(&Message<'_>) -> bool + Send + 'static) {
        self.0
            .rules
            .add(Box::new(move |message| match rule(message) {
                true => Fate::Lost,
                false => Fate::Arrives,
            }));
    }

    /// Lets somebody meddle with messages for good, as adversaries do with those that they send.
    pub fn meddle(&self, rule: impl FnMut(&Message<'_>) -> Fate + Send + 'static) {
        self.0.rules.add_lasting(Box::new(rule));
    }

    /// Ends the losses of [`Control::lose`].
    pub fn lose_nothing(&self) {
        self.0.rules.clear();
    }

    /// Connects one direction of two nodes, or changes its line.
    pub async fn link_one_way(&self, from: PeerKey, to: PeerKey, line: Line) {
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

    fn take(&self, node: PeerKey) -> Vec<Running> {
        let mut nodes = self.0.nodes.borrow_mut();
        let node = nodes.get_mut(&node);
        node.map_or_else(Vec::new, |node| std::mem::take(&mut node.running))
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
            protocols: PROTOCOLS,
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

    /// The connections of a node, which reach only some if that is said.
    async fn network(
        &self,
        me: PeerKey,
        only: Option<Arc<BTreeSet<EngineKey>>>,
    ) -> Option<SimulatedNetwork> {
        let control = self.0.oracle.control(me.engine()?);
        let channels = Channels::with(async |channel: Channel| {
            let (sender, receiver) = self.register(me, channel).await?;
            Some((
                Towards {
                    inner: sender,
                    only: only.clone(),
                },
                self.filtered(me, channel, receiver),
            ))
        });
        Some(self.network_of(control, channels.await.all()?))
    }

    /// The connections of the halves of a node: both hear everything, and each speaks to some.
    async fn networks(
        &self,
        me: PeerKey,
        to: [Arc<BTreeSet<EngineKey>>; 2],
    ) -> Option<[SimulatedNetwork; 2]> {
        let control = self.0.oracle.control(me.engine()?);
        let mut second = Vec::new();
        let [to_first, to_second] = to;
        let first = Channels::with(async |channel: Channel| {
            let (sender, receiver) = self.register(me, channel).await?;
            let context = self.0.context.child("halves");
            let (first, other) = receiver.split_with(context, |_| SplitTarget::Both);
            let towards = |only: &Arc<_>| Towards {
                inner: sender.clone(),
                only: Some(Arc::clone(only)),
            };
            second.push((towards(&to_second), self.filtered(me, channel, other)));
            Some((towards(&to_first), self.filtered(me, channel, first)))
        });
        let first = first.await.all()?;
        let mut second = second.into_iter();
        let second = Channels::with(async |_| second.next()).await.all()?;
        let first = self.network_of(control.clone(), first);
        Some([first, self.network_of(control, second)])
    }

    fn network_of(&self, blocker: Blocking, channels: SimulatedChannels) -> SimulatedNetwork {
        Network {
            manager: self.0.oracle.socket_manager(),
            blocker,
            channels,
        }
    }

    #[allow(
        clippy::expect_used,
        reason = "a simulation that cannot go on has to fail loudly"
    )]
    async fn register(&self, me: PeerKey, channel: Channel) -> Option<(Speaking, Hearing)> {
        let control = self.0.oracle.control(me.engine()?);
        let registered = control.register(channel.number(), channel.quota()).await;
        Some(registered.expect("the network outlives the scenario"))
    }

    fn filtered(&self, to: PeerKey, channel: Channel, inner: Hearing) -> Filtered<Hearing> {
        Filtered {
            inner,
            channel,
            to,
            rules: self.0.rules.clone(),
        }
    }
}
