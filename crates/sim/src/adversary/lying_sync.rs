//! See [`super::Liar`]: what it tells nodes that fetch the state of others.

use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use idos_consensus::{Outbox, PeerKey, Service};
use idos_node::simulation::{SyncAnswer, SyncKind};
use idos_types::BlockTime;

use crate::random::Random;

/// Longest answer that is none, in bytes.
const HUGE: u64 = 2_000_000;

/// Answers four of five questions of a node that fetches a state by a lie.
pub(super) struct LyingSync {
    pub(super) inner: Box<dyn Service>,
    pub(super) random: Random,
    /// What it answered first of each kind, to be answered again.
    pub(super) first: BTreeMap<SyncKind, SyncAnswer>,
    /// How often it lied.
    pub(super) told: Arc<AtomicU64>,
}

impl LyingSync {
    fn lie(&mut self, honest: Outbox, outbox: &mut Outbox) {
        for (to, bytes) in honest.into_messages() {
            let Some(answer) = SyncAnswer::decode(&bytes) else {
                outbox.send(to, bytes);
                continue;
            };
            match self.lie_for(&answer) {
                Some(lie) if lie == bytes => outbox.send(to, bytes),
                Some(lie) => {
                    self.told.fetch_add(1, Ordering::Relaxed);
                    outbox.send(to, lie);
                }
                None => {
                    self.told.fetch_add(1, Ordering::Relaxed);
                }
            }
        }
    }

    /// What is said instead, if anything is.
    fn lie_for(&mut self, answer: &SyncAnswer) -> Option<Vec<u8>> {
        let mut told = answer.clone();
        let kind = answer.kind()?;
        let first = self.first.entry(kind).or_insert_with(|| answer.clone());
        match self.random.below(10) {
            0 | 1 => {}
            2 => told.answer_with(first),
            3 => told.truncate(answer.len() / 2),
            4 => told.truncate(0),
            5 => told.swap(),
            6 => told.deny(),
            7 => told.stretch(),
            8 => return self.nothing_or_too_much(answer),
            _ => told.spoil(),
        }
        Some(told.encode())
    }

    fn nothing_or_too_much(&mut self, answer: &SyncAnswer) -> Option<Vec<u8>> {
        if self.random.one_in(2) {
            return None;
        }
        let mut bytes = answer.encode();
        let more = usize::try_from(self.random.below(HUGE)).expect("short");
        bytes.resize(more.max(bytes.len() + 1), 0);
        Some(bytes)
    }
}

impl Service for LyingSync {
    fn received(&mut self, from: PeerKey, bytes: &[u8], now: BlockTime, outbox: &mut Outbox) {
        let mut honest = Outbox::default();
        self.inner.received(from, bytes, now, &mut honest);
        self.lie(honest, outbox);
    }

    fn tick(&mut self, now: BlockTime, outbox: &mut Outbox) -> BlockTime {
        let mut honest = Outbox::default();
        let due = self.inner.tick(now, &mut honest);
        self.lie(honest, outbox);
        due
    }
}
