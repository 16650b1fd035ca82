//! A network with its nodes, lines and losses.

use std::{collections::BTreeSet, rc::Rc, time::Duration};

use idos_consensus::{
    ConsensusError, PeerKey,
    simulation::{Control, Line},
};
use idos_node::{
    genesis::{FirstValidators, Genesis},
    simulation::{Node, first_header},
};
use idos_types::{BlockTime, EpochLength, limits::FEWEST_EPOCH_BLOCKS};

use crate::{
    adversary::Kind,
    peer::{Around, Ended, Peer},
    plant::Plant,
    random::Random,
    support::{
        network::{CHAIN, Network, START},
        validators::first,
    },
    truth::Truth,
    votes::Votes,
};

/// How long blocks are kept, in seconds: so short that a node that is away for half a minute may not
/// find them any more.
const RETENTION_SECONDS: u64 = 8;

/// How many blocks the engine removes at once, and how many it has in any case: see
/// [`idos_consensus::Execution::keep_from`].
const BLOCKS_OF_FILE: u64 = 16;
const BLOCKS_IN_MEMORY: u64 = 96;

/// What all nodes of a world start from, of which so many validate.
pub(crate) fn genesis(nodes: usize) -> Genesis {
    let start = u64::try_from(START).expect("after 1970") * 1_000;
    let genesis = Genesis::new(CHAIN, Network::owner().text(), start).expect("a genesis");
    Genesis {
        epoch_blocks: EpochLength::new(FEWEST_EPOCH_BLOCKS).expect("within its limits"),
        validators: FirstValidators::new(first(nodes)).expect("a few validators"),
        body_retention_seconds: RETENTION_SECONDS,
        ..genesis
    }
}

/// The plan of the runtime for a world.
pub(crate) fn plan(seed: u64, genesis: &Genesis) -> idos_consensus::simulation::Plan {
    let header = first_header(genesis);
    idos_consensus::simulation::Plan {
        seed,
        limit: Duration::from_secs(3_600),
        chain_id: genesis.chain_id.clone(),
        start: header.time,
        genesis: header,
        epoch_blocks: genesis.epoch_blocks.non_zero(),
        timing: idos_consensus::Timing::default(),
    }
}

/// The network.
pub(crate) struct World {
    pub(crate) control: Control,
    pub(crate) genesis: Genesis,
    pub(crate) peers: Vec<Peer>,
    pub(crate) truth: Truth,
    pub(crate) random: Random,
    pub(crate) plant: Option<Rc<dyn Plant>>,
    pub(crate) votes: Votes,
    /// Nodes that ended by themselves, and why, until somebody looks.
    failed: Vec<(usize, Option<ConsensusError>)>,
    /// How messages travel while nothing is wrong.
    usual: Line,
    /// Pairs that do not hear each other.
    cuts: BTreeSet<(usize, usize)>,
    /// Of how many messages in a thousand none arrives.
    lost_of_thousand: u16,
    /// How long messages take beyond the usual.
    delay: Duration,
}

impl World {
    /// A world with the nodes of its genesis, of which some betray, all started and connected, and
    /// with so many more that may come later, who betray in this way.
    pub(crate) async fn begin(
        control: Control,
        genesis: Genesis,
        traitors: &[Kind],
        (more, later_traitor): (usize, Option<Kind>),
        random: Random,
        plant: Option<Rc<dyn Plant>>,
    ) -> Self {
        let nodes = genesis.validators.len();
        let mut world = Self {
            control,
            genesis,
            peers: (0..nodes + more).map(Peer::new).collect(),
            truth: Truth::default(),
            random,
            plant,
            votes: Votes::default(),
            failed: Vec::new(),
            usual: Line::default(),
            cuts: BTreeSet::new(),
            lost_of_thousand: 0,
            delay: Duration::ZERO,
        };
        let mut numbers: Vec<usize> = (0..nodes).collect();
        for kind in traitors {
            let number = numbers.remove(world.random.at(numbers.len()));
            world.betray(number, *kind);
        }
        for number in nodes..nodes + more {
            world.peers[number].is_away = true;
            if let Some(kind) = later_traitor {
                world.betray(number, kind);
            }
        }
        let honest = world.peers.iter().filter(|peer| peer.is_honest());
        let honest = honest.map(|peer| (peer.peer, peer.number)).collect();
        world.votes.watch(&world.control, honest);
        for number in 0..nodes {
            world.start(number).await;
        }
        world.relink().await;
        world
    }

    fn betray(&mut self, number: usize, kind: Kind) {
        let own = self.peers[number].peer;
        let others = self.keys().into_iter().filter(|key| *key != own);
        let others = others.collect();
        self.peers[number].betray(kind, others, &mut self.random);
    }

    /// Lets the network run for a moment. Nodes go on with what comes next for them.
    pub(crate) async fn pass(&mut self, time: Duration) {
        self.control.sleep(time).await;
        self.votes.check(self.now().millis());
        for number in 0..self.peers.len() {
            let peer = &mut self.peers[number];
            if let Some(ended) = self.control.ended(peer.peer) {
                let around = Around {
                    control: &self.control,
                    genesis: &self.genesis,
                    truth: &self.truth,
                    plant: self.plant.as_ref(),
                };
                if let Ended::Failed(failure) = peer.turn(&around, ended).await {
                    self.failed.push((number, failure));
                }
            }
            self.peers[number].hand_out_floor().await;
        }
    }

    /// Nodes that ended by themselves since the last time, and why.
    pub(crate) fn take_failed(&mut self) -> Vec<(usize, Option<ConsensusError>)> {
        std::mem::take(&mut self.failed)
    }

    pub(crate) fn now(&self) -> BlockTime {
        self.control.now()
    }

    pub(crate) fn keys(&self) -> Vec<PeerKey> {
        self.peers.iter().map(|peer| peer.peer).collect()
    }

    /// The numbers of honest nodes that are not away.
    pub(crate) fn honest(&self) -> Vec<usize> {
        let honest = self.peers.iter();
        let honest = honest.filter(|peer| peer.is_honest() && !peer.is_away);
        honest.map(|peer| peer.number).collect()
    }

    /// Honest nodes that run.
    pub(crate) fn serving(&self) -> Vec<(usize, Node)> {
        let honest = self.peers.iter().filter(|peer| peer.is_honest());
        honest
            .filter_map(|peer| Some((peer.number, peer.node.clone()?)))
            .collect()
    }

    /// An honest node that runs.
    pub(crate) fn any_serving(&mut self) -> Option<(usize, Node)> {
        let serving = self.serving();
        self.random.of(&serving).cloned()
    }

    /// Starts a node, unless it runs or is away.
    pub(crate) async fn start(&mut self, number: usize) {
        let peer = &mut self.peers[number];
        if !peer.runs() && !peer.is_away {
            peer.disk.repair();
            let around = Around {
                control: &self.control,
                genesis: &self.genesis,
                truth: &self.truth,
                plant: self.plant.as_ref(),
            };
            peer.start(&around).await;
        }
    }

    pub(crate) async fn crash(&mut self, number: usize) {
        self.peers[number]
            .crash(&self.control, self.plant.as_ref())
            .await;
    }

    /// Lets a node that does not run lose what its engine kept, and its database too if `all`.
    pub(crate) fn lose(&mut self, number: usize, all: bool) {
        let now = self.now().millis();
        let peer = &mut self.peers[number];
        self.votes.lost(peer.peer, now);
        peer.lose(&self.control, all, self.plant.as_ref());
    }

    /// Whether honest nodes have removed this block and those around it, so that whoever lacks it has
    /// to fetch the state.
    pub(crate) fn is_removed(&self, height: u64) -> bool {
        let (newest, _) = self.truth.size();
        let mut serving = self.serving().into_iter();
        let has_removed = |node: &Node| node.kept_from() > height + BLOCKS_OF_FILE;
        newest > height + BLOCKS_IN_MEMORY && serving.all(|(_, node)| has_removed(&node))
    }

    /// A node goes away until it is told to come.
    pub(crate) async fn send_away(&mut self, number: usize) {
        self.crash(number).await;
        self.peers[number].is_away = true;
    }

    /// A node comes, for the first time or back.
    pub(crate) async fn let_come(&mut self, number: usize) {
        self.peers[number].is_away = false;
        self.start(number).await;
        self.relink().await;
    }

    /// Cuts two groups from each other.
    pub(crate) async fn cut(&mut self, group: &[usize]) {
        for a in 0..self.peers.len() {
            for b in 0..self.peers.len() {
                if group.contains(&a) != group.contains(&b) {
                    self.cuts.insert((a, b));
                }
            }
        }
        self.relink().await;
    }

    /// Lets nobody hear one node, or it nobody.
    pub(crate) async fn cut_one_way(&mut self, number: usize, is_mute: bool) {
        for other in (0..self.peers.len()).filter(|other| *other != number) {
            self.cuts.insert(match is_mute {
                true => (number, other),
                false => (other, number),
            });
        }
        self.relink().await;
    }

    /// Makes all lines worse.
    pub(crate) async fn worsen(&mut self, lost_of_thousand: u16, delay: Duration) {
        self.lost_of_thousand = lost_of_thousand;
        self.delay = delay;
        self.relink().await;
    }

    /// Lets messages travel otherwise while nothing is wrong.
    pub(crate) async fn set_lines(&mut self, usual: Line) {
        self.usual = usual;
        self.relink().await;
    }

    /// Repairs all lines, and starts all nodes.
    pub(crate) async fn heal(&mut self) {
        self.control.lose_nothing();
        self.cuts.clear();
        self.lost_of_thousand = 0;
        self.delay = Duration::ZERO;
        for number in 0..self.peers.len() {
            self.peers[number].disk.repair();
            self.start(number).await;
        }
        self.relink().await;
    }

    async fn relink(&self) {
        for a in &self.peers {
            for b in self.peers.iter().filter(|b| b.number != a.number) {
                let mut line = Line {
                    lost_of_thousand: self.lost_of_thousand,
                    ..self.usual
                };
                line.latency += self.delay;
                line.jitter += self.delay / 2;
                if let Some(treason) = &a.treason {
                    line = treason.adversary.line().unwrap_or(line);
                }
                if self.cuts.contains(&(a.number, b.number)) {
                    line.lost_of_thousand = 1_000;
                }
                self.control.link_one_way(a.peer, b.peer, line).await;
            }
        }
    }

    /// Where everybody stands, for whoever looks for the reason of a failure.
    pub(crate) fn stands(&self) -> String {
        let mut stands = String::new();
        for peer in &self.peers {
            let who = match &peer.treason {
                Some(treason) => format!("{:?}", treason.kind),
                None => "honest".to_owned(),
            };
            let stand = peer.node.as_ref().map(|node| {
                let height = node.progress().tip.height;
                (height, node.certified(), node.chain().status())
            });
            let does = match (peer.is_away, peer.is_fetching()) {
                (true, _) => ", away",
                (false, true) => ", fetches the state",
                (false, false) => "",
            };
            stands += &format!("\n  node {} ({who}{does}): {stand:?}", peer.number);
        }
        stands
    }
}
