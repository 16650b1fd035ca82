//! A toy application: blocks order short texts, of which some change the network.

use std::{
    collections::{BTreeMap, BTreeSet},
    net::SocketAddr,
    num::NonZeroU64,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use idos_consensus::{
    ApplicationError, Ballot, Block, Chain, Execution, Header, Item, Member, Membership, Outbox,
    Parts, PeerKey, Position, Proposal, Recipient, Service, SigningKey, Timing, Tip, Topic, Wake,
    simulation::{Control, Plan},
};
use idos_types::{BlockTime, Digest};

/// Blocks of an epoch in most tests.
pub(crate) const LONG: u64 = 1_000_000;

pub(crate) fn genesis() -> Header {
    let time = BlockTime::from_millis(1_700_000_000_000);
    Header::genesis(time, Digest::of(b"toy network"))
}

pub(crate) fn key(number: u8) -> SigningKey {
    SigningKey::from_seed([number; 32])
}

pub(crate) fn member(number: u8) -> Member {
    Member {
        key: key(number).peer_key(),
        address: SocketAddr::from(([10, 0, 0, number], 9_000)),
    }
}

pub(crate) fn plan(seed: u64, epoch_blocks: u64) -> Plan {
    Plan {
        seed,
        limit: Duration::from_secs(600),
        chain_id: "toy".to_owned(),
        start: genesis().time,
        genesis: genesis(),
        epoch_blocks: NonZeroU64::new(epoch_blocks).unwrap(),
        timing: Timing::default(),
    }
}

/// What a node has on its disk and in its memory.
struct State {
    epoch_blocks: u64,
    blocks: Vec<Block>,
    done: BTreeSet<Vec<u8>>,
    /// From which epoch on who takes part.
    members: BTreeMap<u64, Membership>,
    /// From which epoch on which version of the protocol counts.
    protocols: BTreeMap<u64, u64>,
    keep_from: u64,
    /// From where on the engine had blocks at the start.
    archived_from: Option<u64>,
    /// How many blocks came one after the other with nothing done between them, at last and at most.
    untended: usize,
    most_untended: usize,
    pool: BTreeSet<Vec<u8>>,
    /// Of those, which have not been sent to others.
    fresh: Vec<Vec<u8>>,
    /// When everything that waits is sent again, since it may have got lost.
    resend: BlockTime,
    /// Proposes what it must not.
    bad: bool,
    /// Fails when it executes.
    broken: bool,
    /// Panics when it executes.
    panics: bool,
}

impl State {
    fn tip(&self) -> Tip {
        let header = self.blocks.last().map_or(genesis(), |block| block.header);
        Tip {
            height: header.height,
            hash: header.hash(),
            time: header.time,
        }
    }

    fn epoch(&self, height: u64) -> u64 {
        height / self.epoch_blocks
    }

    fn members(&self, epoch: u64) -> Option<Membership> {
        let known = self.epoch(self.tip().height + 1) + 1;
        let (_, members) = self.members.range(..=epoch).next_back()?;
        (epoch <= known).then(|| members.clone())
    }

    /// `add n` and `remove n` change the members of the epoch after the next, `protocol n` the version
    /// of the protocol from the next epoch on.
    fn execute(&mut self, item: &[u8], height: u64) {
        self.done.insert(item.to_vec());
        let text = String::from_utf8_lossy(item).into_owned();
        let Some((verb, number)) = text.split_once(' ') else {
            return;
        };
        let Ok(number) = number.parse::<u8>() else {
            return;
        };
        if verb == "protocol" {
            let next = self.epoch(height) + 1;
            self.protocols.insert(next, number.into());
            return;
        }
        let from = self.epoch(height) + 2;
        let (_, before) = self.members.range(..=from).next_back().unwrap();
        let node = member(number);
        let keep = |members: &[Member]| -> Vec<Member> {
            let others = members.iter().filter(|member| member.key != node.key);
            others.copied().collect()
        };
        let mut validators = keep(before.validators());
        let mut observers = keep(before.observers());
        match verb {
            "add" => validators.push(node),
            "remove" => observers.push(node),
            _ => return,
        }
        let after = Membership::new(validators, observers).unwrap();
        self.members.insert(from, after);
    }
}

/// A node of the toy network; clones are the same node.
#[derive(Clone)]
pub(crate) struct Toy {
    pub(crate) key: SigningKey,
    state: Arc<Mutex<State>>,
    wake: Arc<Mutex<Wake>>,
    pub(crate) chain: Chain,
}

impl Toy {
    pub(crate) fn new(number: u8, members: &Membership, epoch_blocks: u64) -> Self {
        let state = State {
            epoch_blocks,
            blocks: Vec::new(),
            done: BTreeSet::new(),
            members: BTreeMap::from([(0, members.clone())]),
            protocols: BTreeMap::new(),
            keep_from: 0,
            archived_from: None,
            untended: 0,
            most_untended: 0,
            pool: BTreeSet::new(),
            fresh: Vec::new(),
            resend: BlockTime::default(),
            bad: false,
            broken: false,
            panics: false,
        };
        Self {
            key: key(number),
            state: Arc::new(Mutex::new(state)),
            wake: Arc::default(),
            chain: Chain::default(),
        }
    }

    /// Another node of the same key, with a state of its own.
    pub(crate) fn twin(&self) -> Self {
        let own = self.state();
        let (_, members) = own.members.first_key_value().unwrap();
        Self {
            key: self.key.clone(),
            ..Self::new(0, members, own.epoch_blocks)
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn peer_key(&self) -> PeerKey {
        self.key.peer_key()
    }

    /// New parts on the same disk, and the handle to wake them.
    pub(crate) fn parts(&self) -> (Parts, Wake) {
        let wake = Wake::default();
        *self.wake.lock().unwrap_or_else(PoisonError::into_inner) = wake.clone();
        let parts = Parts {
            execution: Box::new(self.clone()),
            ballot: Arc::new(self.clone()),
            services: vec![(Topic::Transactions, Box::new(self.clone()))],
            chain: self.chain.clone(),
        };
        (parts, wake)
    }

    pub(crate) async fn start_from(&self, control: &Control, floor: Vec<u8>) {
        let (parts, wake) = self.parts();
        control
            .start_from(&self.key, parts, &wake, Some(floor))
            .await;
    }

    pub(crate) async fn start(&self, control: &Control) {
        let (parts, wake) = self.parts();
        control.start(&self.key, parts, &wake).await;
    }

    pub(crate) fn wake(&self) -> Wake {
        self.wake
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    pub(crate) fn submit(&self, item: &str) {
        let item = item.as_bytes().to_vec();
        let mut state = self.state();
        state.pool.insert(item.clone());
        state.fresh.push(item);
        drop(state);
        self.wake().work();
    }

    pub(crate) fn height(&self) -> u64 {
        self.state().tip().height
    }

    pub(crate) fn headers(&self) -> Vec<Header> {
        self.state()
            .blocks
            .iter()
            .map(|block| block.header)
            .collect()
    }

    pub(crate) fn has(&self, item: &str) -> bool {
        self.state().done.contains(item.as_bytes())
    }

    pub(crate) fn keep_from(&self, height: u64) {
        self.state().keep_from = height;
        self.wake().work();
    }

    /// Takes over the state of another node, as by syncing.
    pub(crate) fn copy_state(&self, other: &Self) {
        let (mut own, other) = (self.state(), other.state());
        own.blocks = other.blocks.clone();
        own.done = other.done.clone();
        own.members = other.members.clone();
        own.protocols = other.protocols.clone();
    }

    /// From where on the engine had blocks at the last start.
    pub(crate) fn archived_from(&self) -> Option<u64> {
        self.state().archived_from
    }

    /// How many blocks came at most one after the other with nothing done between them, since this was asked.
    pub(crate) fn most_untended(&self) -> usize {
        std::mem::take(&mut self.state().most_untended)
    }

    pub(crate) fn turn_bad(&self) {
        self.state().bad = true;
    }

    pub(crate) fn panic_later(&self) {
        self.state().panics = true;
    }

    pub(crate) fn break_down(&self) {
        self.state().broken = true;
    }
}

impl Execution for Toy {
    fn tip(&self) -> Tip {
        self.state().tip()
    }

    fn header(&self, height: u64) -> Result<Option<Header>, ApplicationError> {
        let index = usize::try_from(height - 1).unwrap();
        Ok(self.state().blocks.get(index).map(|block| block.header))
    }

    fn members(&self, epoch: u64) -> Result<Option<Membership>, ApplicationError> {
        Ok(self.state().members(epoch))
    }

    fn protocol(&self, epoch: u64) -> Result<u64, ApplicationError> {
        let state = self.state();
        let newest = state.protocols.range(..=epoch).next_back();
        Ok(newest.map_or(1, |(_, version)| *version))
    }

    fn finalized(&mut self, block: Block) -> Result<(), ApplicationError> {
        let mut state = self.state();
        assert!(!state.panics, "a mistake of the application");
        if state.broken {
            return Err("the disk is full".into());
        }
        let tip = state.tip();
        assert_eq!(block.header.height, tip.height + 1);
        assert_eq!(block.header.parent, tip.hash);
        for item in &block.items {
            assert!(!state.done.contains(item.bytes.as_slice()), "twice");
            state.execute(&item.bytes, block.header.height);
            state.pool.remove(item.bytes.as_slice());
        }
        state.blocks.push(block);
        state.untended += 1;
        state.most_untended = state.most_untended.max(state.untended);
        Ok(())
    }

    fn tend(&mut self, now: BlockTime) -> Result<BlockTime, ApplicationError> {
        self.state().untended = 0;
        Ok(BlockTime::from_millis(now.millis() + 10_000))
    }

    fn archived_from(&mut self, height: u64) {
        self.state().archived_from = Some(height);
    }

    fn keep_from(&self) -> u64 {
        self.state().keep_from
    }
}

impl Ballot for Toy {
    fn propose(&self, position: Position<'_>, _: BlockTime) -> Result<Proposal, ApplicationError> {
        let state = self.state();
        let pending: BTreeSet<&[u8]> = items(position).collect();
        let mut texts: Vec<&[u8]> = state.pool.iter().map(Vec::as_slice).collect();
        texts.retain(|text| !pending.contains(text));
        if state.bad {
            texts = vec![b"bad"];
        }
        texts.truncate(500);
        // A change of the members makes blocks until it is in force.
        let next = state.epoch(position.parent.height + 1);
        let changing = state.members.range(next + 1..).next().is_some();
        if texts.is_empty() && !changing {
            return Ok(Proposal::Wait(None));
        }
        Ok(Proposal::Items(
            texts
                .into_iter()
                .map(|text| Item::new(text.to_vec()))
                .collect(),
        ))
    }

    fn verify(
        &self,
        position: Position<'_>,
        block: &Block,
    ) -> Result<Option<bool>, ApplicationError> {
        let state = self.state();
        let pending: BTreeSet<&[u8]> = items(position).collect();
        let good = |item: &Item| {
            let text = item.bytes.as_slice();
            text != b"bad" && !pending.contains(text) && !state.done.contains(text)
        };
        Ok(Some(block.items.iter().all(good)))
    }
}

fn items(position: Position<'_>) -> impl Iterator<Item = &[u8]> {
    let blocks = position.pending.iter();
    blocks.flat_map(|block| block.items.iter().map(|item| item.bytes.as_slice()))
}

impl Service for Toy {
    fn received(&mut self, _: PeerKey, bytes: &[u8], _: BlockTime, _: &mut Outbox) {
        let mut state = self.state();
        if state.done.contains(bytes) || !state.pool.insert(bytes.to_vec()) {
            return;
        }
        drop(state);
        self.wake().work();
    }

    fn tick(&mut self, now: BlockTime, outbox: &mut Outbox) -> BlockTime {
        let mut state = self.state();
        let mut send = std::mem::take(&mut state.fresh);
        if state.resend <= now {
            state.resend = BlockTime::from_millis(now.millis() + 500);
            send = state.pool.iter().cloned().collect();
        }
        for text in send {
            outbox.send(Recipient::All, text);
        }
        state.resend
    }
}

/// Waits until something is so, and fails if it is not soon.
pub(crate) async fn until(control: &Control, what: &str, mut so: impl FnMut() -> bool) {
    let end = control.now().millis() + 60_000;
    while !so() {
        assert!(control.now().millis() < end, "never: {what}");
        control.sleep(Duration::from_millis(20)).await;
    }
}

/// A network of validators with the numbers from 1, all started and connected.
pub(crate) async fn network(control: &Control, nodes: u8, epoch_blocks: u64) -> Vec<Toy> {
    let validators: Vec<Member> = (1..=nodes).map(member).collect();
    let members = Membership::new(validators, Vec::new()).unwrap();
    let toys: Vec<Toy> = (1..=nodes)
        .map(|number| Toy::new(number, &members, epoch_blocks))
        .collect();
    for toy in &toys {
        toy.start(control).await;
    }
    control.link_all(&keys(&toys), Default::default()).await;
    toys
}

pub(crate) fn keys(toys: &[Toy]) -> Vec<PeerKey> {
    toys.iter().map(Toy::peer_key).collect()
}

/// Checks that no two nodes disagree.
pub(crate) fn assert_agreement(toys: &[Toy]) {
    for toy in toys {
        for (one, other) in toy.headers().iter().zip(toys[0].headers()) {
            assert_eq!(*one, other);
        }
    }
}
