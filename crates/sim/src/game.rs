//! A world from its beginning to its end.

use std::{cell::RefCell, fmt, rc::Rc, time::Duration};

use idos_consensus::simulation::{Control, Report, simulate};

use crate::{
    adversary::Kind,
    auditor::Auditor,
    clients::Clients,
    faults::{self, Planned},
    final_check::{Expected, acknowledged, check_acknowledged, check_databases},
    plant::Plant,
    random::Random,
    world::{World, genesis, plan},
};

/// How long the network runs between two looks at it.
pub(crate) const STEP: Duration = Duration::from_millis(25);
/// How long a round of faults is, in milliseconds.
const ROUND_MS: u64 = 6_000;
/// How long nodes may take to catch up once the network is whole, in milliseconds.
const CATCH_UP_MS: u64 = 60_000;
/// How often a node remembers from where the network could go on, in milliseconds.
const FLOOR_MS: u64 = 10_000;

/// How a game is set up; what is not said follows from the seed.
pub struct Settings {
    /// Everything random follows from it.
    pub seed: u64,
    /// How many nodes: from 4 to 7.
    pub nodes: Option<usize>,
    /// Who betrays: no more than fewer than a third.
    pub adversaries: Option<Vec<Kind>>,
    /// How many rounds of faults.
    pub rounds: Option<u64>,
    /// A mistake of all honest nodes.
    pub plant: Option<Rc<dyn Plant>>,
}

impl Settings {
    /// All of it as the seed has it.
    pub fn of(seed: u64) -> Self {
        Self {
            seed,
            nodes: None,
            adversaries: None,
            rounds: None,
            plant: None,
        }
    }
}

/// How a game went.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Summary {
    /// The seed.
    pub seed: u64,
    /// How many nodes.
    pub nodes: usize,
    /// Who betrayed.
    pub adversaries: Vec<Kind>,
    /// What went wrong.
    pub faults: Vec<String>,
    /// Blocks, and what was in them.
    pub height: u64,
    /// Entries of all blocks.
    pub items: u64,
    /// Transactions that clients were told to be in a block.
    pub acknowledged: u64,
    /// Transactions that were refused.
    pub refused: u64,
    /// Answers with proof that were believed.
    pub believed: u64,
    /// Lies that were not.
    pub lies: u64,
    /// A digest of everything that happened, and when it was over: equal for equal seeds.
    pub report: Option<Report>,
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            seed,
            nodes,
            adversaries,
            faults,
            height,
            items,
            acknowledged,
            refused,
            believed,
            lies,
            ..
        } = self;
        write!(
            f,
            "seed {seed}: {nodes} nodes, {adversaries:?}, {} faults; {height} blocks with {items} \
             entries, {acknowledged} acknowledged, {refused} refused; {believed} proofs believed, \
             {lies} lies not",
            faults.len()
        )
    }
}

/// Plays a game. It panics as soon as something does not hold that must.
pub fn play(settings: Settings) -> Summary {
    let mut random = Random::new(settings.seed);
    let nodes = settings.nodes.unwrap_or(4 + random.at(4));
    assert!((4..=7).contains(&nodes), "a world has four to seven nodes");
    let faulty = (nodes - 1) / 3;
    let drawn: Vec<_> = (0..random.at(faulty + 2).min(faulty))
        .map(|_| *random.of(&Kind::ALL).expect("some"))
        .collect();
    let adversaries = settings.adversaries.unwrap_or(drawn);
    assert!(adversaries.len() <= faulty, "too many betray");
    let genesis = genesis(nodes);
    let summary = Rc::new(RefCell::new(Summary {
        seed: settings.seed,
        nodes,
        adversaries: adversaries.clone(),
        faults: Vec::new(),
        height: 0,
        items: 0,
        acknowledged: 0,
        refused: 0,
        believed: 0,
        lies: 0,
        report: None,
    }));
    let rounds = settings.rounds.unwrap_or(1 + random.below(3));
    let (shared, plant) = (Rc::clone(&summary), settings.plant);
    let plan = plan(settings.seed, &genesis);
    let report = simulate(plan, async move |control: Control| {
        let may_lose = faulty - adversaries.len();
        let world = World::begin(control, genesis, &adversaries, random.fork(), plant).await;
        let mut game = Game {
            clients: Clients::new(random.fork()),
            auditor: Auditor::new(random.fork()),
            world,
            random,
            summary: shared,
            next_floor_ms: 0,
            may_lose,
        };
        game.run(rounds).await;
    });
    let mut summary = summary.borrow().clone();
    summary.report = Some(report);
    summary
}

struct Game {
    world: World,
    clients: Clients,
    auditor: Auditor,
    random: Random,
    summary: Rc<RefCell<Summary>>,
    next_floor_ms: u64,
    may_lose: usize,
}

impl Game {
    async fn run(&mut self, rounds: u64) {
        self.clients.settle(&mut self.world).await;
        for _ in 0..rounds {
            self.round().await;
            self.world.heal().await;
            // Whatever disturbed the network, it goes on now, and soon.
            self.clients.probe(&mut self.world).await;
            self.all_catch_up().await;
            self.check();
        }
        self.summarize();
        for number in 0..self.world.peers.len() {
            self.world.crash(number).await;
        }
        check_databases(&self.world);
    }

    /// Clients act while things go wrong.
    async fn round(&mut self) {
        let faults = faults::draw(
            &mut self.world,
            &mut self.random,
            ROUND_MS,
            &mut self.may_lose,
        );
        let mut pending: Vec<(Planned, bool)> =
            faults.into_iter().map(|fault| (fault, false)).collect();
        let began = self.world.now().millis();
        loop {
            let at = self.world.now().millis() - began;
            if at >= ROUND_MS {
                break;
            }
            for (planned, has_begun) in &mut pending {
                if !*has_begun && planned.from_ms <= at {
                    *has_begun = true;
                    let note = format!("{:?}", planned.fault);
                    self.summary.borrow_mut().faults.push(note);
                    planned.fault.begin(&mut self.world).await;
                }
            }
            let mut over = Vec::new();
            pending.retain(|(planned, has_begun)| {
                let is_over = *has_begun && planned.until_ms <= at;
                if is_over {
                    over.push(planned.fault.clone());
                }
                !is_over
            });
            for fault in over {
                fault.end(&mut self.world).await;
            }
            self.step(&pending).await;
        }
    }

    /// Lets the network run for a moment, and looks at it.
    async fn step(&mut self, faults: &[(Planned, bool)]) {
        self.clients.act(&mut self.world);
        self.world.control.sleep(STEP).await;
        self.bury(faults).await;
        self.auditor.check_certificates(&mut self.world);
        if self.random.one_in(8) {
            self.auditor.ask(&mut self.world, &self.clients);
        }
        let now = self.world.now().millis();
        if now >= self.next_floor_ms {
            self.next_floor_ms = now + FLOOR_MS;
            for peer in &mut self.world.peers {
                peer.keep_floor().await;
            }
        }
    }

    /// A node ends by itself only if its disk fails.
    async fn bury(&mut self, faults: &[(Planned, bool)]) {
        for number in 0..self.world.peers.len() {
            let peer = &self.world.peers[number];
            if let Some(failure) = self.world.control.failure(peer.peer) {
                let is_planned = faults
                    .iter()
                    .any(|(planned, _)| planned.fault.may_end(number));
                let is_expected = is_planned || !peer.is_honest();
                assert!(is_expected, "node {number} ended by itself: {failure:?}");
                self.world.crash(number).await;
            }
        }
    }

    async fn all_catch_up(&mut self) {
        let (height, _) = self.world.truth.size();
        let end = self.world.now().millis() + CATCH_UP_MS;
        loop {
            let serving = self.world.serving();
            let has_come = |node: &idos_node::simulation::Node| {
                node.progress().tip.height >= height && node.certified() >= height
            };
            if serving.iter().all(|(_, node)| has_come(node)) {
                return;
            }
            self.world.control.sleep(STEP).await;
            self.bury(&[]).await;
            self.auditor.check_certificates(&mut self.world);
            let now = self.world.now().millis();
            let stands = || self.world.stands();
            assert!(now < end, "liveness: not all come to {height}{}", stands());
        }
    }

    /// What must hold on all honest nodes, now that they have come as far.
    fn check(&mut self) {
        let serving = self.world.serving();
        let (_, first) = serving.first().expect("most are honest");
        let expected = Expected::of(first, &self.clients);
        for (number, node) in &serving {
            check_acknowledged(*number, node, &self.clients);
            expected.check(*number, node);
        }
    }

    fn summarize(&self) {
        let mut summary = self.summary.borrow_mut();
        (summary.height, summary.items) = self.world.truth.size();
        summary.acknowledged = acknowledged(&self.clients);
        summary.refused = self.clients.refused;
        summary.believed = self.auditor.believed;
        summary.lies = self.auditor.lies;
    }
}
