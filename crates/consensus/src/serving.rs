//! When which peer is sent a block that it missed.
//!
//! A request has tens of bytes and its answer millions, which are read, checked and encoded by the
//! very task that new blocks wait for. So requests take turns, and each peer has a budget.

use std::{
    collections::BTreeMap,
    time::{Duration, SystemTime},
};

use commonware_runtime::IoBuf;
use idos_types::limits::{
    BACKFILL_BYTES, BACKFILL_BYTES_PER_PEER, BACKFILL_REQUESTS, BACKFILL_REQUESTS_PER_PEER,
};

use crate::{
    PeerKey, PeerLimits, PeerQueue, engine::FETCH_BLOCK_TIMEOUT, on_line::OnLine, shared::EngineKey,
};

/// Requests that are worked on at once: the engine works them off in one go.
const AT_ONCE: usize = 4;
/// What a request costs at least, in bytes: also one for what nobody has is looked up on a disk.
const LEAST: usize = 32 * 1024;
/// Bytes that may still wait on a peer's line when it is sent more: what waits there takes memory.
const ON_LINE: usize = 1_000_000;
/// How much may wait.
const LIMITS: PeerLimits = PeerLimits {
    one: BACKFILL_REQUESTS_PER_PEER,
    all: BACKFILL_REQUESTS,
};

/// A request, and whose.
pub(crate) struct Request {
    pub(crate) from: EngineKey,
    pub(crate) bytes: IoBuf,
    /// When its sender has given up on the answer.
    until: SystemTime,
}

/// Requests that wait, and what was answered.
pub(crate) struct Serving {
    waiting: PeerQueue<Request>,
    peers: BTreeMap<PeerKey, Account>,
    /// When all answers so far are paid for.
    paid: SystemTime,
}

/// What one peer has had.
struct Account {
    /// Until when the request that is worked on has to be answered.
    asked: Option<SystemTime>,
    /// When its answers so far are paid for.
    paid: SystemTime,
    /// The answers that its line has not taken yet.
    line: OnLine,
}

impl Account {
    fn is_served(&self, now: SystemTime) -> bool {
        self.asked.is_some_and(|until| is_ahead(until, now))
    }

    fn may_ask(&self, now: SystemTime) -> bool {
        !self.is_served(now) && !is_ahead(self.paid, now) && self.line.bytes() <= ON_LINE
    }
}

/// Whether a time is to be waited for. None is ever further ahead than a request may wait, unless
/// the clock was set back.
fn is_ahead(time: SystemTime, now: SystemTime) -> bool {
    time > now && time <= now + FETCH_BLOCK_TIMEOUT
}

/// When so many bytes more are paid for, at a number of bytes per second.
fn pay(paid: SystemTime, bytes: usize, rate: usize, now: SystemTime) -> SystemTime {
    let start = if is_ahead(paid, now) { paid } else { now };
    let micros = u64::try_from(bytes.saturating_mul(1_000_000) / rate).unwrap_or(u64::MAX);
    start + Duration::from_micros(micros)
}

impl Serving {
    pub(crate) fn new() -> Self {
        Self {
            waiting: PeerQueue::new(LIMITS),
            peers: BTreeMap::new(),
            paid: SystemTime::UNIX_EPOCH,
        }
    }

    /// Lets a request wait for its turn. One beyond the share of its sender is dropped: whoever
    /// sent it asks another.
    pub(crate) fn ask(&mut self, from: EngineKey, bytes: IoBuf, now: SystemTime) {
        let peer = PeerKey::from(&from);
        let until = now + FETCH_BLOCK_TIMEOUT;
        self.waiting.add(peer, 1, Request { from, bytes, until });
    }

    /// The request whose turn it is; if there is none, when to look again, unless something changes
    /// before.
    pub(crate) fn next(&mut self, now: SystemTime) -> Result<Request, Option<SystemTime>> {
        loop {
            let worked_on = self.peers.values().filter(|peer| peer.is_served(now));
            if self.waiting.is_empty() {
                return Err(None);
            }
            if worked_on.count() >= AT_ONCE || is_ahead(self.paid, now) {
                return Err(self.soonest(now));
            }
            let peers = &self.peers;
            let may_ask = |peer: &PeerKey| peers.get(peer).is_none_or(|peer| peer.may_ask(now));
            let Some((peer, request)) = self.waiting.take_of(may_ask) else {
                return Err(self.soonest(now));
            };
            if is_ahead(request.until, now) {
                self.account(peer, now).asked = Some(now + FETCH_BLOCK_TIMEOUT);
                return Ok(request);
            }
        }
    }

    /// Charges a peer for an answer of so many bytes. What is returned counts what waits on its
    /// line.
    pub(crate) fn answer(&mut self, to: PeerKey, bytes: usize, now: SystemTime) -> OnLine {
        let bytes = bytes.max(LEAST);
        self.paid = pay(self.paid, bytes, BACKFILL_BYTES, now);
        let account = self.account(to, now);
        account.asked = None;
        account.paid = pay(account.paid, bytes, BACKFILL_BYTES_PER_PEER, now);
        account.line.clone()
    }

    /// When time alone lets another request have its turn.
    fn soonest(&self, now: SystemTime) -> Option<SystemTime> {
        let accounts = self.peers.values();
        let times = accounts.flat_map(|account| account.asked.into_iter().chain([account.paid]));
        let times = times.chain([self.paid]);
        times.filter(|time| is_ahead(*time, now)).min()
    }

    fn account(&mut self, peer: PeerKey, now: SystemTime) -> &mut Account {
        if !self.peers.contains_key(&peer) {
            // What is forgotten would not hold up anything.
            self.peers.retain(|_, account| !account.may_ask(now));
        }
        self.peers.entry(peer).or_insert_with(|| Account {
            asked: None,
            paid: now,
            line: OnLine::default(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{SigningKey, Wake};

    fn key(number: u8) -> PeerKey {
        SigningKey::from_seed([number; 32]).peer_key()
    }

    fn at(millis: u64) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000) + Duration::from_millis(millis)
    }

    fn asks(serving: &mut Serving, from: u8, millis: u64) {
        let bytes = IoBuf::from(vec![from]);
        serving.ask(key(from).engine().unwrap(), bytes, at(millis));
    }

    /// Whose request has its turn.
    fn next(serving: &mut Serving, millis: u64) -> Result<PeerKey, Option<SystemTime>> {
        let next = serving.next(at(millis));
        next.map(|request| PeerKey::from(&request.from))
    }

    fn answer(serving: &mut Serving, to: u8, bytes: usize, millis: u64) {
        serving.answer(key(to), bytes, at(millis));
    }

    #[test]
    fn a_peer_is_answered_one_request_after_the_other() {
        let mut serving = Serving::new();
        assert_eq!(next(&mut serving, 0), Err(None));
        for _ in 0..2 {
            asks(&mut serving, 1, 0);
        }
        asks(&mut serving, 2, 0);
        assert_eq!(next(&mut serving, 0), Ok(key(1)));
        assert_eq!(next(&mut serving, 0), Ok(key(2)));
        assert!(next(&mut serving, 0).is_err());
        answer(&mut serving, 1, 100, 1);
        // Also what is small costs something.
        assert!(matches!(next(&mut serving, 1), Err(Some(soon)) if soon < at(10)));
        assert_eq!(next(&mut serving, 10), Ok(key(1)));
    }

    #[test]
    fn a_peer_gets_so_many_bytes_a_second_and_others_do_not_wait_for_it() {
        let mut serving = Serving::new();
        let (mut sent, mut others) = (0, 0);
        for millis in (0..20_000).step_by(10) {
            for _ in 0..2 {
                asks(&mut serving, 1, millis);
            }
            if millis % 100 == 0 {
                asks(&mut serving, 2, millis);
            }
            while let Ok(peer) = next(&mut serving, millis) {
                let is_greedy = peer == key(1);
                let bytes = if is_greedy {
                    BACKFILL_BYTES_PER_PEER
                } else {
                    100
                };
                serving.answer(peer, bytes, at(millis));
                sent += if is_greedy { bytes } else { 0 };
                others += usize::from(!is_greedy);
            }
        }
        assert_eq!(others, 200);
        assert!(sent >= 19 * BACKFILL_BYTES_PER_PEER, "{sent}");
        assert!(sent <= 21 * BACKFILL_BYTES_PER_PEER, "{sent}");
    }

    #[test]
    fn many_peers_together_get_so_many_bytes_a_second_and_few_at_once() {
        let mut serving = Serving::new();
        let mut sent = 0;
        for millis in (0..10_000).step_by(50) {
            for from in 1..=32 {
                asks(&mut serving, from, millis);
            }
            let mut at_once = Vec::new();
            while let Ok(peer) = next(&mut serving, millis) {
                at_once.push(peer);
            }
            assert!(at_once.len() <= AT_ONCE);
            for peer in at_once {
                serving.answer(peer, BACKFILL_BYTES_PER_PEER, at(millis));
                sent += BACKFILL_BYTES_PER_PEER;
            }
        }
        let most = 10 * BACKFILL_BYTES + AT_ONCE * BACKFILL_BYTES_PER_PEER;
        assert!(sent <= most && sent >= 9 * BACKFILL_BYTES, "{sent}");
    }

    #[test]
    fn whoever_does_not_take_its_answers_gets_no_more() {
        let mut serving = Serving::new();
        asks(&mut serving, 1, 0);
        assert!(next(&mut serving, 0).is_ok());
        let line = serving.answer(key(1), 100, at(0));
        let held = line.put(IoBuf::from(vec![0; ON_LINE + 1]), &Wake::default());
        asks(&mut serving, 1, 3_000);
        asks(&mut serving, 2, 3_000);
        assert_eq!(next(&mut serving, 3_000), Ok(key(2)));
        assert!(next(&mut serving, 3_900).is_err());
        // Others that come and go do not make it forgotten.
        answer(&mut serving, 2, 100, 3_900);
        answer(&mut serving, 3, 100, 3_900);
        assert!(next(&mut serving, 3_950).is_err());
        drop(held);
        assert_eq!(next(&mut serving, 3_950), Ok(key(1)));
    }

    #[test]
    fn what_nobody_waits_for_any_more_is_dropped_and_an_answer_that_never_comes_ends() {
        let mut serving = Serving::new();
        for _ in 0..2 * BACKFILL_REQUESTS_PER_PEER {
            asks(&mut serving, 1, 0);
        }
        assert!(next(&mut serving, 0).is_ok());
        asks(&mut serving, 1, 3_000);
        assert_eq!(next(&mut serving, 3_000), Err(Some(at(4_000))));
        assert_eq!(next(&mut serving, 4_000), Ok(key(1)));
        assert!(serving.waiting.is_empty(), "only the last was young enough");
    }

    #[test]
    fn a_clock_that_is_set_back_holds_up_nobody() {
        let mut serving = Serving::new();
        asks(&mut serving, 1, 1_000_000);
        assert!(next(&mut serving, 1_000_000).is_ok());
        answer(&mut serving, 1, BACKFILL_BYTES, 1_000_000);
        asks(&mut serving, 1, 1_000_000);
        asks(&mut serving, 1, 0);
        assert_eq!(next(&mut serving, 0), Ok(key(1)));
    }
}
