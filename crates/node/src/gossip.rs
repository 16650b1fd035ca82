//! Passes what clients gave to this node on to the others: entries for blocks, so that whoever leads
//! has them, and ends of sessions.
//!
//! Whoever has a client waiting for an entry sends it to all, and again while it is in no block;
//! nobody passes on what others sent, but for ends of sessions once after a restart.

use std::{
    collections::{BTreeMap, HashMap, VecDeque},
    sync::Arc,
};

use idos_consensus::{Outbox, PeerKey, Recipient, Service};
use idos_types::{
    BlockTime, Digest,
    limits::{
        CLOCKS_SECONDS, ENDED_SESSIONS_HEARD, ENDED_SESSIONS_PER_PEER, ENDED_SESSIONS_PER_SECOND,
        ENDED_SESSIONS_REPEATED, SESSION_SECONDS,
    },
};
use tracing::debug;

use crate::{
    gossip_message::{Message, VERSION},
    intake::Intake,
    other_version::OtherVersions,
    shared::{EndedSession, Shared},
};

/// How long an entry may be in no block before it is sent again; doubled each time.
const RESEND_MS: u64 = 1_000;
/// The longest time between two sendings.
const LONGEST_RESEND_MS: u64 = 30_000;
const ENDED_PER_PEER_MS: u64 = 1_000;
/// In what time at most [`ENDED_SESSIONS_PER_PEER`] ends of sessions are said: so many a receiver lets
/// wait, and so often that three times these are within what it hears in a second.
const ENDED_MS: u64 = ENDED_PER_PEER_MS / 2;

/// The service.
pub(crate) struct Gossip {
    shared: Arc<Shared>,
    intake: Intake,
    /// Sent, and in no block when last looked at: in the order in which they are looked at again, and of
    /// those at the same time in the order in which they were given, since nonces follow each other.
    sent: VecDeque<Sent>,
    given: u64,
    /// Sessions that ended here, and nobody was told yet.
    new_ended: VecDeque<EndedSession>,
    /// Ended sessions, in the order in which that is said again.
    ended: VecDeque<Ended>,
    /// How many were said since when.
    said: usize,
    said_from_ms: u64,
    heard: Heard,
    others: OtherVersions,
}

struct Sent {
    /// How many were given before.
    place: u64,
    hash: Digest,
    again_ms: u64,
    pause_ms: u64,
}

/// The end of a session, said again after ever longer pauses until the session would have ended by
/// itself: a node that was away hears of it, and a busy network says little.
struct Ended {
    ended: EndedSession,
    again_ms: u64,
    pause_ms: u64,
}

/// Which ends of sessions peers told.
#[derive(Default)]
struct Heard {
    /// Until when each was said to last: who says too early a time hides no later one.
    sessions: HashMap<Digest, u64>,
    order: VecDeque<Digest>,
    counts: BTreeMap<PeerKey, u32>,
    counted_from_ms: u64,
}

impl Heard {
    /// Whether this is news, and its sender tells not too much.
    fn is_new(&mut self, from: PeerKey, ended: &EndedSession, now: BlockTime) -> bool {
        // Nothing ends later than a session that begins now.
        let latest_ms = now
            .millis()
            .saturating_add((SESSION_SECONDS + CLOCKS_SECONDS) * 1_000);
        let is_possible = (now.millis()..=latest_ms).contains(&ended.expires_ms);
        let known_ms = self.sessions.get(&ended.session);
        if !is_possible || known_ms.is_some_and(|known| *known >= ended.expires_ms) {
            return false;
        }
        if now.millis() >= self.counted_from_ms.saturating_add(ENDED_PER_PEER_MS) {
            self.counted_from_ms = now.millis();
            self.counts.clear();
        }
        let count = self.counts.entry(from).or_default();
        *count += 1;
        *count <= ENDED_SESSIONS_PER_SECOND
    }

    fn remember(&mut self, ended: EndedSession) {
        let EndedSession {
            session,
            expires_ms,
        } = ended;
        if self.sessions.insert(session, expires_ms).is_none() {
            self.order.push_back(session);
        }
        while self.order.len() > ENDED_SESSIONS_HEARD
            && let Some(oldest) = self.order.pop_front()
        {
            self.sessions.remove(&oldest);
        }
    }
}

impl Gossip {
    /// `ended` are the sessions whose ends the database has: a node that stopped right after one was ended
    /// there may have told nobody.
    pub(crate) fn new(shared: Arc<Shared>, intake: Intake, ended: Vec<EndedSession>) -> Self {
        Self {
            shared,
            intake,
            sent: VecDeque::new(),
            given: 0,
            new_ended: VecDeque::new(),
            ended: ended.into_iter().map(Ended::new).collect(),
            said: 0,
            said_from_ms: 0,
            heard: Heard::default(),
            others: OtherVersions::default(),
        }
    }

    /// Entries that clients gave since the last time, and those whose time has come again.
    fn ready(&mut self, now: BlockTime) -> Vec<Arc<Vec<u8>>> {
        let now_ms = now.millis();
        let mut ready = BTreeMap::new();
        while let Some(sent) = self.sent.pop_front_if(|sent| sent.again_ms <= now_ms) {
            if let Some(entry) = self.shared.waiting.entry(&sent.hash) {
                let pause_ms = (sent.pause_ms * 2).min(LONGEST_RESEND_MS);
                ready.insert(sent.place, (entry.item().clone(), pause_ms));
            }
        }
        for item in self.shared.waiting.take_submitted() {
            ready.insert(self.given, (item, RESEND_MS));
            self.given += 1;
        }
        for (place, (item, pause_ms)) in &ready {
            self.sent.push_back(Sent {
                place: *place,
                hash: item.hash,
                again_ms: now_ms.saturating_add(*pause_ms),
                pause_ms: *pause_ms,
            });
        }
        // Few wait long: the order is nearly right already.
        self.sent
            .make_contiguous()
            .sort_by_key(|sent| (sent.again_ms, sent.place));
        ready.into_values().map(|(item, _)| item.bytes).collect()
    }

    /// Says which sessions ended, and again later, since any message may be lost.
    fn say_ended(&mut self, now: BlockTime, outbox: &mut Outbox) {
        let now_ms = now.millis();
        self.new_ended.extend(self.shared.ended.take_announced());
        self.new_ended.truncate(ENDED_SESSIONS_REPEATED);
        if now_ms >= self.said_from_ms.saturating_add(ENDED_MS) {
            (self.said_from_ms, self.said) = (now_ms, 0);
        }
        let mut saying = Vec::new();
        while self.said < ENDED_SESSIONS_PER_PEER
            && let Some(mut next) = self.next_ended(now_ms)
        {
            if next.ended.expires_ms <= now_ms {
                continue;
            }
            self.said += 1;
            saying.push(next.ended);
            next.again_ms = now_ms.saturating_add(next.pause_ms);
            next.pause_ms = next.pause_ms.saturating_mul(2);
            self.ended.push_back(next);
        }
        if saying.is_empty() {
            return;
        }
        outbox.send(Recipient::All, Message::ended(&saying));
        self.ended
            .make_contiguous()
            .sort_by_key(|ended| ended.again_ms);
        // What comes last was said most often.
        self.ended.truncate(ENDED_SESSIONS_REPEATED);
    }

    /// Whose turn it is: in turns what nobody was told yet and what is due for longest, so that however many
    /// there are, each comes round.
    fn next_ended(&mut self, now_ms: u64) -> Option<Ended> {
        let is_due = |ended: &mut Ended| ended.again_ms <= now_ms;
        let repeated = match self.said.is_multiple_of(2) && !self.new_ended.is_empty() {
            true => None,
            false => self.ended.pop_front_if(is_due),
        };
        repeated.or_else(|| self.new_ended.pop_front().map(Ended::new))
    }

    /// When there is something to say of ended sessions next.
    fn ended_due_ms(&self) -> Option<u64> {
        let due_ms = match self.new_ended.is_empty() {
            true => self.ended.front()?.again_ms,
            false => 0,
        };
        let is_enough = self.said >= ENDED_SESSIONS_PER_PEER;
        let from_ms = is_enough.then(|| self.said_from_ms.saturating_add(ENDED_MS));
        Some(due_ms.max(from_ms.unwrap_or(0)))
    }

    fn received_end(&mut self, from: PeerKey, ended: EndedSession, now: BlockTime) {
        // Only what is durable is known: the rest may get lost here, and is told again.
        for recorded in self.shared.ended.take_recorded() {
            self.heard.remember(recorded);
        }
        if !self.heard.is_new(from, &ended, now) {
            return;
        }
        if let Err(reason) = self.shared.ended.revoke_of_peer(from, ended) {
            debug!(peer = %from, %reason, "the end of a session is not recorded yet");
        }
    }
}

impl Ended {
    fn new(ended: EndedSession) -> Self {
        Self {
            ended,
            again_ms: 0,
            pause_ms: RESEND_MS,
        }
    }
}

impl Service for Gossip {
    fn received(&mut self, from: PeerKey, bytes: &[u8], now: BlockTime, _: &mut Outbox) {
        match Message::decode(bytes) {
            Ok(Message::Entries(entries)) => self.intake.offer(from, entries, now),
            Ok(Message::Ended(ended)) => {
                for one in ended {
                    self.received_end(from, one, now);
                }
            }
            Err(error) => {
                debug!(peer = %from, %error, "a message of a peer cannot be read");
                self.others.note(from, bytes, VERSION, "transactions");
            }
        }
    }

    fn tick(&mut self, now: BlockTime, outbox: &mut Outbox) -> BlockTime {
        for message in Message::entries(&self.ready(now)) {
            outbox.send(Recipient::All, message);
        }
        self.say_ended(now, outbox);
        let sent = self.sent.front().map(|sent| sent.again_ms);
        let next_ms = [sent, self.ended_due_ms()]
            .into_iter()
            .flatten()
            .fold(now.millis().saturating_add(LONGEST_RESEND_MS), u64::min);
        BlockTime::from_millis(next_ms)
    }
}

#[cfg(test)]
mod tests;
