//! A network with its nodes, lines and losses.

use std::{collections::BTreeSet, rc::Rc, time::Duration};

use idos_consensus::{
    PeerKey,
    simulation::{Control, Line},
};
use idos_node::{
    genesis::{FirstValidators, Genesis},
    simulation::{Node, first_header},
};
use idos_types::{BlockTime, EpochLength, limits::FEWEST_EPOCH_BLOCKS};

use crate::{
    adversary::Kind,
    peer::Peer,
    plant::Plant,
    random::Random,
    support::{
        network::{CHAIN, Network, START},
        validators::first,
    },
    truth::Truth,
};

/// What all nodes of a world start from.
pub(crate) fn genesis(nodes: usize) -> Genesis {
    let start = u64::try_from(START).expect("after 1970") * 1_000;
    let genesis = Genesis::new(CHAIN, Network::owner().text(), start).expect("a genesis");
    Genesis {
        epoch_blocks: EpochLength::new(FEWEST_EPOCH_BLOCKS).expect("within its limits"),
        validators: FirstValidators::new(first(nodes)).expect("a few validators"),
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
    /// A world of so many nodes, of which some betray, all started and connected.
    pub(crate) async fn begin(
        control: Control,
        genesis: Genesis,
        traitors: &[Kind],
        random: Random,
        plant: Option<Rc<dyn Plant>>,
    ) -> Self {
        let nodes = genesis.validators.len();
        let mut world = Self {
            control,
            genesis,
            peers: (0..nodes).map(Peer::new).collect(),
            truth: Truth::default(),
            random,
            plant,
            usual: Line::default(),
            cuts: BTreeSet::new(),
            lost_of_thousand: 0,
            delay: Duration::ZERO,
        };
        let mut numbers: Vec<usize> = (0..nodes).collect();
        for kind in traitors {
            let number = numbers.remove(world.random.at(numbers.len()));
            let keys = world.keys();
            let others = keys
                .into_iter()
                .filter(|key| *key != world.peers[number].peer);
            let others = others.collect();
            world.peers[number].betray(*kind, others, &mut world.random);
        }
        for number in 0..nodes {
            world.start(number).await;
        }
        world.relink().await;
        world
    }

    pub(crate) fn now(&self) -> BlockTime {
        self.control.now()
    }

    pub(crate) fn keys(&self) -> Vec<PeerKey> {
        self.peers.iter().map(|peer| peer.peer).collect()
    }

    /// The numbers of honest nodes.
    pub(crate) fn honest(&self) -> Vec<usize> {
        let honest = self.peers.iter().filter(|peer| peer.is_honest());
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

    pub(crate) async fn start(&mut self, number: usize) {
        let peer = &mut self.peers[number];
        if peer.node.is_none() {
            peer.disk.repair();
            peer.start(
                &self.control,
                &self.genesis,
                &self.truth,
                self.plant.as_ref(),
            )
            .await;
        }
    }

    pub(crate) async fn crash(&mut self, number: usize) {
        self.peers[number]
            .crash(&self.control, self.plant.as_ref())
            .await;
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
            stands += &format!("\n  node {} ({who}): {stand:?}", peer.number);
        }
        stands
    }
}
