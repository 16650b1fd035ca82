//! A world from its beginning to its end.

use std::{cell::RefCell, fmt, rc::Rc, time::Duration};

use idos_consensus::simulation::{Control, Report, simulate};

use crate::{
    absence::{Absence, Interruptions},
    adversary::Kind,
    auditor::Auditor,
    clients::Clients,
    expected::Expected,
    faults::{self, Planned},
    final_check::{acknowledged, check_acknowledged, check_databases},
    plant::Plant,
    random::Random,
    turnover::{Newcomer, Turnover},
    world::{World, genesis, plan},
};

/// How long the network runs between two looks at it.
pub(crate) const STEP: Duration = Duration::from_millis(25);
/// How long a round of faults is, in milliseconds.
const ROUND_MS: u64 = 6_000;
/// How long nodes may take to catch up once the network is whole, in milliseconds.
const CATCH_UP_MS: u64 = 60_000;
/// How long the network may make no block while a change of the validators is under way and no faults
/// come any more, in milliseconds: an idle one makes one in a minute.
const IDLE_MS: u64 = 90_000;
/// In how many games one has a node that joins.
const NEWCOMERS: u64 = 4;
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
    /// How a node joins, if one does.
    pub newcomer: Option<Option<Newcomer>>,
    /// Whether a node is away for longer than blocks are kept; not in a network that cannot spare one.
    pub absence: Option<bool>,
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
            newcomer: None,
            absence: None,
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
    /// Copies of attributes that people made for consumers.
    pub shared: u64,
    /// Answers with proof that were believed.
    pub believed: u64,
    /// Lies that were not.
    pub lies: u64,
    /// States that honest nodes got from others.
    pub syncs: u64,
    /// How often a node was ended while it got one.
    pub interruptions: u64,
    /// Answers to nodes that get a state which were lies.
    pub sync_lies: u64,
    /// Epochs in which others validate than in the one before.
    pub changes: u64,
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
            shared,
            believed,
            lies,
            syncs,
            interruptions,
            sync_lies,
            changes,
            ..
        } = self;
        write!(
            f,
            "seed {seed}: {nodes} nodes, {adversaries:?}, {} faults; {height} blocks with {items} \
             entries, {acknowledged} acknowledged, {refused} refused, {shared} attributes shared; \
             {believed} proofs believed, {lies} lies not; {syncs} states fetched with {interruptions} \
             interruptions and {sync_lies} lies; {changes} changes of validators",
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
    let mut may_lose = faulty - adversaries.len();
    let newcomer = match random.one_in(NEWCOMERS) {
        true => random.of(&Newcomer::ALL).copied(),
        false => None,
    };
    let newcomer = settings.newcomer.unwrap_or(newcomer);
    // Without a newcomer there are not enough blocks for anybody to miss.
    let absence = random.one_in(2) && newcomer.is_some();
    let absence = settings.absence.unwrap_or(absence) && may_lose > 0;
    may_lose -= usize::from(absence);
    let traitor = random.of(&Kind::ALL).copied();
    let traitor = traitor.filter(|_| newcomer == Some(Newcomer::Early) && may_lose > 0);
    let traitor = traitor.filter(|_| random.one_in(2));
    may_lose -= usize::from(traitor.is_some());
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
        shared: 0,
        believed: 0,
        lies: 0,
        syncs: 0,
        interruptions: 0,
        sync_lies: 0,
        changes: 0,
        report: None,
    }));
    let rounds = settings.rounds.unwrap_or(1 + random.below(3));
    let (shared, plant) = (Rc::clone(&summary), settings.plant);
    let plan = plan(settings.seed, &genesis);
    let report = simulate(plan, async move |control: Control| {
        let more = (usize::from(newcomer.is_some()), traitor);
        let own = random.fork();
        let world = World::begin(control, genesis, &adversaries, more, own, plant).await;
        let mut game = Game {
            clients: Clients::new(random.fork()),
            auditor: Auditor::new(random.fork(), &world),
            interruptions: Interruptions::new(random.fork()),
            world,
            random,
            summary: shared,
            next_floor_ms: 0,
            may_lose,
            absence: None,
            turnover: None,
        };
        game.run(rounds, newcomer, absence).await;
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
    absence: Option<Absence>,
    turnover: Option<Turnover>,
    interruptions: Interruptions,
}

impl Game {
    async fn run(&mut self, rounds: u64, newcomer: Option<Newcomer>, absence: bool) {
        self.clients.settle(&mut self.world).await;
        self.let_change(newcomer, absence).await;
        for _ in 0..rounds {
            self.round().await;
            self.heal().await;
        }
        if self.turnover.is_some() || self.absence.is_some() {
            self.end_changes().await;
            self.heal().await;
        }
        self.summarize();
        for number in 0..self.world.peers.len() {
            self.world.crash(number).await;
        }
        check_databases(&self.world);
    }

    /// Lets nodes come and go, from now on and while everything else happens.
    async fn let_change(&mut self, newcomer: Option<Newcomer>, absence: bool) {
        let validators = self.world.genesis.validators.len();
        let leaver = self.random.at(validators);
        let now = self.world.now().millis();
        self.turnover = newcomer.map(|how| {
            let nodes = (validators, leaver);
            Turnover::new(how, nodes, &mut self.random, now)
        });
        let mut honest = self.world.honest();
        honest.retain(|number| *number != leaver);
        if let Some(node) = self.random.of(&honest).copied().filter(|_| absence) {
            let away = Absence::begin(&mut self.world, &mut self.random, node).await;
            self.absence = Some(away);
        }
    }

    /// Whatever disturbed the network, it goes on now, and soon.
    async fn heal(&mut self) {
        self.world.heal().await;
        self.clients.probe(&mut self.world).await;
        self.all_catch_up().await;
        self.check();
    }

    /// Without further faults, who comes has come and who goes has gone after a while.
    async fn end_changes(&mut self) {
        let (mut height, mut end) = (0, 0);
        loop {
            let is_back = self
                .absence
                .as_ref()
                .is_none_or(|away| away.is_over(&self.world));
            let is_over = self.turnover.as_ref().is_none_or(Turnover::is_over);
            if is_back && is_over && self.interruptions.is_over() {
                return;
            }
            self.clients.hear(&self.world);
            self.pass(&[]).await;
            let (newest, _) = self.world.truth.size();
            let now = self.world.now().millis();
            if newest > height {
                (height, end) = (newest, now + IDLE_MS);
            }
            let stands = || self.world.stands();
            let next = self.turnover.as_ref().map(Turnover::stand);
            assert!(
                now < end,
                "liveness: no change of nodes ends ({next:?}){}",
                stands()
            );
        }
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
        self.pass(faults).await;
    }

    /// The same, while clients do nothing new.
    async fn pass(&mut self, faults: &[(Planned, bool)]) {
        self.world.pass(STEP).await;
        self.bury(faults).await;
        self.interruptions.go_on(&mut self.world).await;
        if let Some(absence) = &mut self.absence {
            absence.go_on(&mut self.world).await;
        }
        if let Some(turnover) = &mut self.turnover {
            turnover.go_on(&mut self.world, &mut self.clients).await;
        }
        self.auditor.check_certificates(&mut self.world);
        self.auditor.check_voters(&self.world);
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
        for (number, failure) in self.world.take_failed() {
            let is_planned = faults
                .iter()
                .any(|(planned, _)| planned.fault.may_end(number));
            let is_expected = is_planned || !self.world.peers[number].is_honest();
            assert!(is_expected, "node {number} ended by itself: {failure:?}");
            self.world.crash(number).await;
        }
    }

    async fn all_catch_up(&mut self) {
        let (height, _) = self.world.truth.size();
        let end = self.world.now().millis() + CATCH_UP_MS;
        loop {
            let has_come = |number: &usize| {
                let node = self.world.peers[*number].node.as_ref();
                node.is_some_and(|node| {
                    node.progress().tip.height >= height && node.certified() >= height
                })
            };
            let have_come = self.world.honest().iter().all(has_come);
            // Certificates that a node missed, it asks for.
            let proved = self.auditor.prove_sets(&self.world);
            if have_come && proved.is_ok() {
                return;
            }
            self.world.pass(STEP).await;
            self.bury(&[]).await;
            self.auditor.check_certificates(&mut self.world);
            let now = self.world.now().millis();
            let stands = || self.world.stands();
            let proved = proved.err().unwrap_or_default();
            assert!(
                now < end,
                "liveness: not all come to {height}, {proved}{}",
                stands()
            );
        }
    }

    /// What must hold on all honest nodes, now that they have come as far.
    fn check(&mut self) {
        let expected = Expected::of(&self.world.truth, &self.clients);
        self.summary.borrow_mut().shared = expected.count_shares();
        for (number, node) in &self.world.serving() {
            check_acknowledged(*number, &self.world, node, &self.clients);
            expected.check(*number, node);
            expected.check_shares(*number, node, &self.clients, self.world.now());
        }
        self.auditor.check_voters(&self.world);
    }

    fn summarize(&self) {
        let mut summary = self.summary.borrow_mut();
        (summary.height, summary.items) = self.world.truth.size();
        summary.acknowledged = acknowledged(&self.clients);
        summary.refused = self.clients.refused;
        summary.believed = self.auditor.believed;
        summary.lies = self.auditor.lies;
        let peers = self.world.peers.iter();
        summary.syncs = peers.map(|peer| peer.syncs).sum();
        summary.interruptions = self.interruptions.count;
        let traitors = self
            .world
            .peers
            .iter()
            .filter_map(|peer| peer.treason.as_ref());
        summary.sync_lies = traitors.map(|treason| treason.traitor.told()).sum();
        summary.changes = self.auditor.changes();
    }
}
