//! Hands out the state to nodes that sync.
//!
//! What is handed out is one committed height, held on to for some seconds: as long as it is, bytes
//! that are erased stay in the write-ahead log. What is asked for is named by its hash, so that an
//! answer is right whatever height it comes from, or is none.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use idos_consensus::{Header, Outbox, PeerKey, PeerLimits, PeerQueue, Recipient};
use idos_proof::{Children, Leaf, RootCertificate, SetChange};
use idos_store::{Head, Pin, Readers, StoreError, StoredRow};
use idos_types::{
    BlockTime, EpochLength,
    limits::{SYNC_ANSWER_BYTES, SYNC_REQUESTS, SYNC_REQUESTS_PER_PEER, SYNC_ROWS, SYNC_SETS},
};
use tracing::{error, info};

use crate::{
    clock::IDLE_MS,
    shared::Shared,
    sync_message::{Message, Region, Target},
    with_causes::WithCauses,
};

/// For how long a height is held on to.
const PIN_MS: u64 = 10_000;
/// For how long nothing is held on to after that, so that the write-ahead log can be cleared, unless
/// there is nothing to clear.
const GAP_MS: u64 = 3_000;
/// For how long it is held on to while nobody asks.
const UNUSED_MS: u64 = 3_000;
/// How long a height may take to be certified before another is tried.
const READY_MS: u64 = 2_000;
/// How often that is looked for.
const LOOK_MS: u64 = 50;
/// For how many milliseconds of a second requests are answered, whoever asks, and at once: the rest of
/// the time is for whoever orders blocks.
const ANSWERS_MS_PER_SECOND: i64 = 256;
const ANSWERS_AT_ONCE_MS: i64 = 16;
/// What an answer counts at least, in microseconds.
const ANSWER_US: i64 = 1_000;
/// An answer that takes so many microseconds is too long for this machine now: the next is shorter.
const SLOW_US: i64 = 100_000;
/// How many bytes count as much again: what is sent waits in memory until the peer reads it.
const BYTES_OF_ANSWER: usize = 128 * 1024;

/// Tells how long something takes. In a simulation nothing takes any time.
pub(crate) type Stopwatch = Box<dyn Fn() -> Duration + Send>;

/// What is handed out now.
struct Pinned {
    pin: Pin,
    head: Head,
    since_ms: u64,
    used_ms: u64,
    /// What whoever begins with it is told, once the height is certified.
    target: Option<Vec<u8>>,
}

/// Hands out the state.
pub(super) struct Provider {
    shared: Arc<Shared>,
    readers: Readers,
    epochs: EpochLength,
    /// Whoever asks for more is told nothing: it asks again.
    asked: PeerQueue<Message>,
    /// Who waits for a target.
    beginners: BTreeSet<PeerKey>,
    pinned: Option<Pinned>,
    /// Until when nothing is held on to, so that the write-ahead log can be cleared.
    gap_until_ms: u64,
    /// Until when nothing is, since the newest height may be certified by then.
    retry_ms: u64,
    stopwatch: Stopwatch,
    /// Microseconds that answers may take; less than none after one that took long.
    budget: i64,
    budget_ms: u64,
    /// Most regions or rows of one answer.
    most: usize,
}

impl Provider {
    pub(super) fn new(
        shared: Arc<Shared>,
        readers: Readers,
        epochs: EpochLength,
        stopwatch: Stopwatch,
    ) -> Self {
        Self {
            shared,
            readers,
            epochs,
            asked: PeerQueue::new(PeerLimits {
                one: SYNC_REQUESTS_PER_PEER,
                all: SYNC_REQUESTS,
            }),
            beginners: BTreeSet::new(),
            pinned: None,
            gap_until_ms: 0,
            retry_ms: 0,
            stopwatch,
            budget: ANSWERS_AT_ONCE_MS * 1_000,
            budget_ms: 0,
            most: SYNC_ROWS,
        }
    }

    /// Lets a request wait for its turn, and says that there is something to do: what is next was due
    /// later.
    pub(super) fn asked(&mut self, from: PeerKey, ask: Message) {
        let was_idle = self.asked.is_empty() && self.beginners.is_empty();
        self.queue(from, ask);
        if was_idle {
            self.shared.wake().work();
        }
    }

    fn queue(&mut self, from: PeerKey, ask: Message) {
        if let Message::AskTarget = ask {
            self.beginners.insert(from);
            return;
        }
        let is_ask = matches!(
            ask,
            Message::AskStatus
                | Message::AskSets(_)
                | Message::AskRegions(..)
                | Message::AskRows(..)
        );
        if is_ask {
            self.asked.add(from, 1, ask);
        }
    }

    /// Answers one request, and tells those who wait for a target what it is.
    pub(super) fn tick(&mut self, now: BlockTime, outbox: &mut Outbox) -> BlockTime {
        if self.shared.has_diverged() {
            self.asked.clear();
            self.beginners.clear();
            self.pinned = None;
            return BlockTime::from_millis(now.millis().saturating_add(IDLE_MS));
        }
        self.release(now);
        self.refill(now);
        if self.budget >= ANSWER_US
            && let Some((to, ask)) = self.asked.take()
        {
            let before = (self.stopwatch)();
            let is_done = self.reply(to, ask, now, outbox);
            let took = (self.stopwatch)().saturating_sub(before).as_micros();
            let took = i64::try_from(took).unwrap_or(i64::MAX);
            self.charge(took.max(ANSWER_US));
            self.most = if is_done && took < SLOW_US {
                (self.most * 2).min(SYNC_ROWS)
            } else {
                (self.most / 2).max(1)
            };
        }
        if !self.beginners.is_empty() {
            match self.target(now) {
                Ok(Some(target)) => {
                    for to in std::mem::take(&mut self.beginners) {
                        outbox.send(Recipient::One(to), target.clone());
                    }
                }
                Ok(None) => {}
                Err(failure) => {
                    error!(error = %WithCauses(&failure), "the state cannot be handed out");
                    self.beginners.clear();
                }
            }
        }
        self.next_tick(now)
    }

    fn next_tick(&self, now: BlockTime) -> BlockTime {
        let now = now.millis();
        let mut next = now.saturating_add(IDLE_MS);
        if !self.asked.is_empty() {
            let short = ANSWER_US.saturating_sub(self.budget).max(0);
            let wait_ms = u64::try_from(short / ANSWERS_MS_PER_SECOND + 1).unwrap_or_default();
            let wait_ms = if short == 0 { 0 } else { wait_ms };
            next = next.min(now.saturating_add(wait_ms));
        }
        if !self.beginners.is_empty() {
            next = next.min(now.saturating_add(LOOK_MS));
        }
        if let Some(pinned) = &self.pinned {
            next = next.min(pinned.ends_ms());
        }
        BlockTime::from_millis(next)
    }

    fn refill(&mut self, now: BlockTime) {
        let passed = now.millis().saturating_sub(self.budget_ms);
        self.budget_ms = now.millis();
        let passed = i64::try_from(passed).unwrap_or_default();
        let more = passed.saturating_mul(ANSWERS_MS_PER_SECOND);
        self.budget = self
            .budget
            .saturating_add(more)
            .min(ANSWERS_AT_ONCE_MS * 1_000);
    }

    fn charge(&mut self, micros: i64) {
        self.budget = self.budget.saturating_sub(micros);
    }

    /// Lets go of what was held on to for long enough.
    fn release(&mut self, now: BlockTime) {
        if let Some(pinned) = &mut self.pinned
            && !self.asked.is_empty()
        {
            // Who waits for a turn needs it.
            pinned.used_ms = now.millis();
        }
        if self
            .pinned
            .as_ref()
            .is_some_and(|pinned| pinned.ends_ms() <= now.millis())
        {
            self.pinned = None;
            self.gap_until_ms = now.millis().saturating_add(GAP_MS);
        }
    }

    /// Holds on to the newest height, unless one is held on to already.
    fn pin(&mut self, now: BlockTime) -> Result<Option<&mut Pinned>, StoreError> {
        let is_gap = now.millis() < self.gap_until_ms && !self.shared.log_is_settled();
        if self.pinned.is_none() && !is_gap && now.millis() >= self.retry_ms {
            let mut pin = self.readers.pin()?;
            let Some(head) = pin.read(|snapshot| snapshot.head())?? else {
                return Ok(None);
            };
            self.shared.floors.want(head.height);
            self.pinned = Some(Pinned {
                pin,
                head,
                since_ms: now.millis(),
                used_ms: now.millis(),
                target: None,
            });
        }
        if let Some(pinned) = &mut self.pinned {
            pinned.used_ms = now.millis();
        }
        Ok(self.pinned.as_mut())
    }

    /// What whoever begins is told; nothing until the height is certified.
    fn target(&mut self, now: BlockTime) -> Result<Option<Vec<u8>>, StoreError> {
        let (shared, epochs) = (Arc::clone(&self.shared), self.epochs);
        let Some(pinned) = self.pin(now)? else {
            return Ok(None);
        };
        if pinned.target.is_none() {
            let certificate = pinned.certificate(&shared)?;
            pinned.target = pinned.with(certificate, &shared, epochs)?;
        }
        if pinned.target.is_none() && now.millis() >= pinned.since_ms.saturating_add(READY_MS) {
            // It may be certified by nobody any more without the node that asks.
            let vouched = shared.certificates.vouched().as_deref().cloned();
            let target = pinned.with(vouched, &shared, epochs)?;
            if target.is_none() {
                self.pinned = None;
                self.retry_ms = now.millis().saturating_add(READY_MS);
            }
            return Ok(target);
        }
        Ok(pinned.target.clone())
    }

    /// Answers as much of a request as this machine can in the time that a read may take. On one that
    /// is slow now it waits for another turn, and the answer is no.
    fn reply(&mut self, to: PeerKey, ask: Message, now: BlockTime, outbox: &mut Outbox) -> bool {
        match self.answer(&ask, now) {
            Ok(answer) => {
                let bytes = answer.encode();
                let more = i64::try_from(bytes.len() / BYTES_OF_ANSWER).unwrap_or(i64::MAX);
                self.charge(more.saturating_mul(ANSWER_US));
                outbox.send(Recipient::One(to), bytes);
            }
            Err(StoreError::TooSlow { .. } | StoreError::Stopped { .. }) if self.most > 1 => {
                self.asked.add(to, 1, ask);
                return false;
            }
            Err(failure) => {
                info!(peer = %to, error = %WithCauses(&failure), "a request is not answered")
            }
        }
        true
    }

    fn answer(&mut self, ask: &Message, now: BlockTime) -> Result<Message, StoreError> {
        let most = self.most;
        Ok(match ask {
            Message::AskSets(epoch) => Message::Sets(self.sets(*epoch)?),
            Message::AskRegions(number, regions) => {
                let answers = match self.pin(now)? {
                    Some(pinned) => pinned.regions(regions, most)?,
                    None => vec![None; regions.len()],
                };
                Message::Regions(*number, answers)
            }
            Message::AskRows(number, leaves) => {
                let rows = match self.pin(now)? {
                    Some(pinned) => pinned.rows(leaves, most)?,
                    None => vec![None; leaves.len()],
                };
                Message::Rows(*number, rows)
            }
            _ => Message::Status(self.shared.kept_from(), self.newest()?.map(Box::new)),
        })
    }

    fn newest(&self) -> Result<Option<RootCertificate>, StoreError> {
        if let Some(vouched) = self.shared.certificates.vouched() {
            return Ok(Some(RootCertificate::clone(&vouched)));
        }
        let newest = self.shared.certified();
        let recent = self.shared.certificates.from(newest);
        let bytes = match recent.into_iter().next() {
            Some((_, bytes)) => Some(bytes),
            None => {
                let read = self.readers.read(|snapshot| {
                    let newest = snapshot.newest_certificate()?;
                    newest.map_or(Ok(None), |height| snapshot.certificate(height))
                });
                read??.map(Arc::new)
            }
        };
        Ok(bytes.and_then(|bytes| RootCertificate::decode(&bytes).ok()))
    }

    fn sets(&self, from: u64) -> Result<Vec<SetChange>, StoreError> {
        self.readers.read(|snapshot| {
            let mut changes = Vec::new();
            let mut epochs = from..=u64::MAX;
            while changes.len() < SYNC_SETS
                && let Some(epoch) = epochs.next()
                && let Some(bytes) = snapshot.set_change(epoch)?
                && let Ok(change) = SetChange::decode(&bytes)
            {
                changes.push(change);
            }
            Ok(changes)
        })?
    }
}

impl Pinned {
    fn ends_ms(&self) -> u64 {
        let unused = self.used_ms.saturating_add(UNUSED_MS);
        unused.min(self.since_ms.saturating_add(PIN_MS))
    }

    /// Its certificate, if there is one.
    fn certificate(&mut self, shared: &Shared) -> Result<Option<RootCertificate>, StoreError> {
        let height = self.head.height;
        let certificate = self.pin.read(|snapshot| snapshot.certificate(height))??;
        let recent = || {
            let recent = shared.certificates.from(height).into_iter().next();
            recent
                .filter(|(of, _)| *of == height)
                .map(|(_, bytes)| bytes.to_vec())
        };
        let certificate = certificate.or_else(recent);
        Ok(certificate.and_then(|bytes| RootCertificate::decode(&bytes).ok()))
    }

    /// What whoever begins with it is told, if all of it is there.
    fn with(
        &mut self,
        certificate: Option<RootCertificate>,
        shared: &Shared,
        epochs: EpochLength,
    ) -> Result<Option<Vec<u8>>, StoreError> {
        let height = self.head.height;
        let epoch = epochs.epoch_of(height);
        let before = epoch.checked_sub(1).map(|epoch| epochs.last_height(epoch));
        let Some(certificate) = certificate.filter(|it| it.statement().height == height) else {
            return Ok(None);
        };
        let before = self
            .pin
            .read(|snapshot| before.map_or(Ok(None), |height| snapshot.block(height)))??;
        let (Ok(header), Some(floor)) = (
            Header::decode(&self.head.header),
            shared.floors.handed_out(height),
        ) else {
            return Ok(None);
        };
        let before = before.and_then(|block| Header::decode(&block.header).ok());
        if certificate.statement().root != self.head.root || before.is_none() != (epoch == 0) {
            return Ok(None);
        }
        let target = Target {
            certificate,
            header,
            before,
            floor,
        };
        Ok(Some(Message::Target(Box::new(target)).encode()))
    }

    fn regions(
        &mut self,
        regions: &[Region],
        most: usize,
    ) -> Result<Vec<Option<Children>>, StoreError> {
        self.pin.read(|snapshot| {
            let tree = snapshot.tree()?;
            regions
                .iter()
                .take(most)
                .map(|(prefix, root)| {
                    let children = tree.children(prefix)?;
                    Ok(children.filter(|children| children.verify(root).is_ok()))
                })
                .collect()
        })?
    }

    /// As many rows as fit an answer.
    fn rows(&mut self, leaves: &[Leaf], most: usize) -> Result<Vec<Option<StoredRow>>, StoreError> {
        self.pin.read(|snapshot| {
            let (mut rows, mut bytes) = (Vec::new(), 0);
            for leaf in leaves.iter().take(most) {
                let row = snapshot.committed_row(leaf)?;
                bytes += row.as_ref().map_or(0, |stored| stored.row.weight());
                rows.push(row);
                if bytes >= SYNC_ANSWER_BYTES {
                    break;
                }
            }
            Ok(rows)
        })?
    }
}
