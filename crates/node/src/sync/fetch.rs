//! Fetches the state of others: compares its own tree with a certified one from the root down, and
//! puts the rows that differ, until its root is that of the certificate.
//!
//! One peer's state is the target; the others help where theirs is the same. Whatever a peer sends is
//! checked against the certificate before it is written. When the target is not handed out any more,
//! the next one is looked at where nobody has looked yet, and then all of it once more: what is there
//! already is not fetched twice.

mod answers;
mod blame;
mod targets;
mod walk;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex, PoisonError},
};

use idos_consensus::{Header, HeaderError, Outbox, PeerKey, Recipient, Service, Wake};
use idos_proof::{Leaf, Prefix, Root, SetChange, ValidatorSet};
use idos_store::{Head, StoreError, StoredRow, SyncWriter};
use idos_types::{
    BlockTime, EpochLength,
    limits::{SYNC_REGIONS, SYNC_ROWS},
};
use tracing::{debug, warn};

use super::{
    flights::{Asked, Flights, Wanted},
    mark::{Mark, MarkError},
    meter::Meter,
    trust::Trust,
};
use crate::{
    other_version::OtherVersions,
    sync_message::{Message, MessageError, Region, Target, VERSION},
};
use walk::Walk;

/// How often targets are asked for while there is none.
const ASK_MS: u64 = 1_000;
/// How often while there is one.
const ASK_HELP_MS: u64 = 5_000;
/// Rows that are put in one transaction, and how many bytes of contents at most: what a commit costs
/// beside its rows counts little, and it takes less time than peers hold on to what nobody asks for. Few
/// in tests, so that it takes several.
const BATCH_ROWS: usize = if cfg!(test) { 32 } else { 4_096 };
const BATCH_BYTES: usize = 8_000_000;
/// Rows that wait to be put, and leaves that wait for theirs, beyond which no further regions are asked
/// for.
const MOST_WANTED: usize = if cfg!(test) { 256 } else { 8_192 };
/// After how many transactions the write-ahead log is moved to the database.
const CHECKPOINT_EVERY: u32 = 4;
/// How often the tree is compared from the root without a change of it.
const MOST_ROUNDS: u32 = 4;
/// How long what is asked for may take to leave this node. While rows are put, nothing does.
const SEND_MS: u64 = 2;
/// How often it looks for what is late.
const LOOK_MS: u64 = 100;
/// How often it says how far it has come.
const REPORT_MS: u64 = 5_000;

/// A state that is there, and is that of the network.
pub(crate) struct Fetched {
    pub(crate) writer: SyncWriter,
    pub(crate) target: Target,
    /// Whether its certificate is one. Else one honest validator at least vouches for it.
    pub(crate) is_certified: bool,
    /// The last block of the epoch before, unless this node was in that epoch and has it.
    pub(crate) before: Option<Head>,
    /// The newest changes of validators that this node knows; those before them are in the database.
    pub(crate) changes: Vec<SetChange>,
}

/// A state that a peer hands out, and that holds.
struct Offer {
    target: Target,
    /// See [`Fetched::before`].
    before: Option<Head>,
}

/// How it ended.
pub(crate) enum Outcome {
    /// The state is there.
    Fetched(Box<Fetched>),
    /// There are nodes to connect to that were not known.
    Nodes,
    /// The database failed.
    Failed(StoreError),
}

/// Where the outcome is found when the conversation has ended; nothing if it was stopped.
pub(crate) type Slot = Arc<Mutex<Option<Outcome>>>;

/// Whether a certificate of the engine, by these validators of an epoch, is of the block with a header.
pub(crate) type IsFinal = Box<dyn Fn(u64, &ValidatorSet, &Header, &[u8]) -> bool + Send>;

/// The service of a node that fetches a state.
pub(crate) struct Fetch {
    /// Gone once the state is there.
    writer: Option<SyncWriter>,
    is_final: IsFinal,
    epochs: EpochLength,
    /// The newest height that was executed here.
    height: u64,
    mark: Mark,
    trust: Trust,
    wake: Wake,
    slot: Slot,
    meter: Arc<Meter>,
    flights: Flights,
    /// Targets that are not chosen yet, and since when there are any.
    candidates: BTreeMap<PeerKey, Offer>,
    candidates_ms: u64,
    /// States that nobody has a certificate of, and since when, in the time that this node looks,
    /// there is nothing better.
    vouched: BTreeMap<PeerKey, Offer>,
    vouched_ms: u64,
    asked_ms: u64,
    target: Option<(PeerKey, Offer)>,
    is_certified: bool,
    /// Since when it is the target, in the time that this node looks.
    since_ms: u64,
    /// Whose targets were fetched, until everybody who hands one out had a turn.
    had_a_turn: BTreeSet<PeerKey>,
    /// How far the look at the state has come, and what is to be asked for next: all of one state.
    walk: Walk,
    regions: Vec<Wanted<Region>>,
    leaves: Vec<Wanted<Leaf>>,
    rows: Vec<StoredRow>,
    /// How many of them are put in one transaction.
    batch: usize,
    bytes: usize,
    /// When they are put, once they are enough.
    put_ms: Option<u64>,
    transactions: u32,
    rounds: u32,
    round_root: Root,
    report_ms: u64,
    others: OtherVersions,
}

impl Fetch {
    /// Goes on with what is in the database. `height` is the newest that was executed here.
    pub(crate) fn new(
        writer: SyncWriter,
        mark: Mark,
        chain_id: idos_proof::ChainId,
        is_final: IsFinal,
        epochs: EpochLength,
        height: u64,
        (wake, slot, meter): (Wake, Slot, Arc<Meter>),
    ) -> Result<Self, MarkError> {
        let [first, second] = mark.sets.clone();
        let set = |set| ValidatorSet::of(set).map_err(|_| MarkError::Damaged);
        let round_root = *writer.root();
        Ok(Self {
            is_final,
            trust: Trust::new(chain_id, mark.epoch, set(first)?, set(second)?),
            writer: Some(writer),
            epochs,
            height,
            mark,
            wake,
            slot,
            meter,
            flights: Flights::default(),
            candidates: BTreeMap::new(),
            candidates_ms: 0,
            vouched: BTreeMap::new(),
            vouched_ms: 0,
            asked_ms: 0,
            target: None,
            is_certified: false,
            since_ms: 0,
            had_a_turn: BTreeSet::new(),
            walk: Walk::default(),
            regions: Vec::new(),
            leaves: Vec::new(),
            rows: Vec::new(),
            batch: BATCH_ROWS,
            bytes: 0,
            put_ms: None,
            transactions: 0,
            rounds: 0,
            round_root,
            report_ms: 0,
            others: OtherVersions::default(),
        })
    }

    /// Puts fewer rows in one transaction, so that few rows take several.
    #[cfg(feature = "simulation")]
    pub(crate) fn in_batches_of(self, batch: usize) -> Self {
        Self { batch, ..self }
    }

    /// Ends the conversation.
    fn end(&mut self, outcome: Outcome) {
        *self.slot.lock().unwrap_or_else(PoisonError::into_inner) = Some(outcome);
        self.writer = None;
        self.wake.stop();
    }

    /// Writes the rows that came.
    fn put(&mut self) -> Result<(), StoreError> {
        self.put_ms = None;
        if self.rows.is_empty() {
            return Ok(());
        }
        let rows = std::mem::take(&mut self.rows);
        self.bytes = 0;
        let Some(writer) = &mut self.writer else {
            return Ok(());
        };
        writer.put(&rows)?;
        self.meter.add(&rows);
        self.transactions += 1;
        if self.transactions >= CHECKPOINT_EVERY {
            self.transactions = 0;
            writer.checkpoint()?;
        }
        Ok(())
    }

    /// Sees to it that rows are put once they are enough: after what is asked for next was sent, so
    /// that the peers look for it meanwhile.
    fn put_soon(&mut self, now: BlockTime) {
        let is_enough = self.rows.len() >= self.batch || self.bytes >= BATCH_BYTES;
        if is_enough && self.put_ms.is_none() {
            self.put_ms = Some(now.millis().saturating_add(SEND_MS));
            self.wake.work();
        }
    }

    /// Ends if the state is the target, or compares what there is with it once more.
    fn settle(&mut self) -> Result<(), StoreError> {
        let is_busy =
            !(self.regions.is_empty() && self.leaves.is_empty() && self.flights.is_empty());
        if self.target.is_none() {
            // A crash before the next one takes less away.
            return self.put();
        }
        if is_busy {
            return Ok(());
        }
        self.put()?;
        let (Some((_, Offer { target, .. })), Some(writer)) = (&self.target, &mut self.writer)
        else {
            return Ok(());
        };
        let wanted = target.certificate.statement().root;
        if wanted == Root::empty() {
            writer.remove(&[Prefix::EMPTY])?;
        }
        let root = *writer.root();
        if root == wanted {
            if let (Some((_, offer)), Some(writer)) = (self.target.take(), self.writer.take()) {
                let Offer { target, before } = offer;
                let changes = self.trust.newest().cloned().collect();
                self.end(Outcome::Fetched(Box::new(Fetched {
                    writer,
                    target,
                    is_certified: self.is_certified,
                    before,
                    changes,
                })));
            }
            return Ok(());
        }
        self.rounds = match root == self.round_root {
            true => self.rounds + 1,
            false => 0,
        };
        self.round_root = root;
        if self.rounds > MOST_ROUNDS {
            warn!("the state does not become the one that is certified, another one is tried");
            self.rounds = 0;
            self.drop_target();
            return Ok(());
        }
        self.walk.begin(wanted);
        self.regions.push(Wanted::new((Prefix::EMPTY, wanted)));
        Ok(())
    }

    /// Asks every peer that can help for as much as it may be asked.
    fn ask(&mut self, now: BlockTime, outbox: &mut Outbox) {
        let Some((target, _)) = &self.target else {
            return;
        };
        let target = *target;
        for key in self.flights.peers() {
            while self.flights.may_ask(key, now) {
                let is_target = key == target;
                let Some(asked) = self.next(is_target) else {
                    break;
                };
                let number = self.flights.next_number();
                let message = match &asked {
                    Asked::Regions(regions) => {
                        let regions = regions.iter().map(|wanted| wanted.what);
                        Message::AskRegions(number, regions.collect())
                    }
                    Asked::Rows(leaves) => {
                        let leaves = leaves.iter().map(|wanted| wanted.what);
                        Message::AskRows(number, leaves.collect())
                    }
                };
                outbox.send(Recipient::One(key), message.encode());
                self.flights.sent(number, key, asked);
            }
        }
    }

    /// What to ask next: full requests of rows first, so that few leaves wait.
    fn next(&mut self, is_target: bool) -> Option<Asked> {
        let is_full = self.leaves.len() >= SYNC_ROWS;
        if !is_full && self.leaves.len() + self.rows.len() < MOST_WANTED {
            let regions = take(&mut self.regions, SYNC_REGIONS, is_target);
            if !regions.is_empty() {
                return Some(Asked::Regions(regions));
            }
        }
        let leaves = take(&mut self.leaves, SYNC_ROWS, is_target);
        if !leaves.is_empty() {
            return Some(Asked::Rows(leaves));
        }
        let regions = take(&mut self.regions, SYNC_REGIONS, is_target);
        (!regions.is_empty()).then_some(Asked::Regions(regions))
    }

    fn is_target(&self, peer: PeerKey) -> bool {
        self.target.as_ref().is_some_and(|(key, _)| *key == peer)
    }

    /// Whether a peer is not asked now.
    #[cfg(test)]
    pub(super) fn is_avoided_at(&self, peer: PeerKey, now: BlockTime) -> bool {
        self.flights.is_avoided(peer, now)
    }

    /// The root of the rows that are there.
    #[cfg(test)]
    pub(super) fn root(&self) -> Option<&Root> {
        self.writer.as_ref().map(SyncWriter::root)
    }

    fn report(&mut self, now: BlockTime) {
        if now.millis() >= self.report_ms {
            if self.report_ms > 0 {
                self.meter.report();
            }
            self.report_ms = now.millis().saturating_add(REPORT_MS);
        }
    }

    /// Does what `work` does, and what follows from it.
    fn go_on(
        &mut self,
        now: BlockTime,
        outbox: &mut Outbox,
        work: impl FnOnce(&mut Self) -> Result<(), StoreError>,
    ) {
        if self.writer.is_none() {
            return;
        }
        match work(self).and_then(|()| self.settle()) {
            Ok(()) => self.ask(now, outbox),
            Err(failure) => self.end(Outcome::Failed(failure)),
        }
    }
}

/// What a message is that cannot be read.
fn unreadable(error: &MessageError) -> &'static str {
    match error {
        MessageError::Header(HeaderError::Version(_)) => {
            "a block of another version of the protocol (if several peers do, upgrade this node)"
        }
        _ => "a message that cannot be read",
    }
}

/// Things that a peer may be asked for, the newest first.
fn take<T>(all: &mut Vec<Wanted<T>>, most: usize, is_target: bool) -> Vec<Wanted<T>> {
    let mut taken = Vec::new();
    let mut at = all.len();
    while at > 0 && taken.len() < most {
        at -= 1;
        if is_target || all.get(at).is_some_and(|wanted| !wanted.is_new) {
            taken.push(all.swap_remove(at));
        }
    }
    taken
}

impl Service for Fetch {
    fn received(&mut self, from: PeerKey, bytes: &[u8], now: BlockTime, outbox: &mut Outbox) {
        if self.flights.is_avoided(from, now) {
            return;
        }
        let message = match Message::decode(bytes) {
            Ok(message) => message,
            Err(error) => {
                debug!(peer = %from, %error, "a message of a peer cannot be read");
                if bytes.first() == Some(&VERSION) {
                    self.avoid(from, unreadable(&error), now);
                } else {
                    self.others.note(from, bytes, VERSION, "sync");
                    self.leave(from);
                }
                return;
            }
        };
        if self.writer.is_none() {
            return;
        }
        match message {
            Message::Target(target) => self.received_target(from, *target, now, outbox),
            Message::Sets(changes) => self.received_sets(from, changes, now, outbox),
            Message::Regions(number, answers) => self.go_on(now, outbox, |fetch| {
                fetch.received_regions(from, number, answers, now)
            }),
            Message::Rows(number, rows) => self.go_on(now, outbox, |fetch| {
                fetch.received_rows(from, number, rows, now);
                fetch.put_soon(now);
                Ok(())
            }),
            // Nobody gets anything from a node that has no state.
            _ => {}
        }
    }

    fn tick(&mut self, now: BlockTime, outbox: &mut Outbox) -> BlockTime {
        self.flights.attend(now);
        self.report(now);
        self.recall(now);
        self.choose(now);
        // Whoever comes later helps with the target there is.
        let pause_ms = match self.target {
            None => ASK_MS,
            Some(_) => ASK_HELP_MS,
        };
        if now.millis() >= self.asked_ms.saturating_add(pause_ms) {
            self.asked_ms = now.millis();
            outbox.send(Recipient::All, Message::AskTarget.encode());
        }
        self.go_on(now, outbox, |fetch| match fetch.put_ms {
            Some(put_ms) if now.millis() >= put_ms => fetch.put(),
            _ => Ok(()),
        });
        let look_ms = now.millis().saturating_add(LOOK_MS);
        BlockTime::from_millis(self.put_ms.map_or(look_ms, |put_ms| look_ms.min(put_ms)))
    }
}
