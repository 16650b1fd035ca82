//! Who is asked for what, and who is not asked for a while.

use std::collections::BTreeMap;

use idos_consensus::PeerKey;
use idos_proof::Leaf;
use idos_types::BlockTime;

use crate::sync_message::Region;

/// How long a peer may take to answer: the largest answer takes that long at 4 Mbit/s.
const ANSWER_MS: u64 = 15_000;
/// How much of the time between two looks counts for that. A node that is busy with its disk, or
/// asleep, looks late at what came in time.
const ATTENTION_MS: u64 = 250;
/// After how long without a look connections may have broken, with what was on its way.
const AWAY_MS: u64 = 5_000;
/// From when on an answer is so late that others are asked first: several times what a usual one takes.
const SLOW_MS: u64 = 3_000;
/// Requests to one peer at once: while one is answered, the next travels.
const FLIGHTS: usize = 2;
/// Requests to all peers at once. However long this node takes for each answer, those that wait to
/// be looked at do not use up the time of the last of them.
pub(super) const MOST_FLIGHTS: usize = 32;
const _: () = assert!(MOST_FLIGHTS as u64 * ATTENTION_MS < ANSWER_MS);

/// Something to ask for.
pub(super) struct Wanted<T> {
    pub(super) what: T,
    /// Whether only the peer whose state is the target has it.
    pub(super) is_new: bool,
}

impl<T> Wanted<T> {
    pub(super) fn new(what: T) -> Self {
        Self {
            what,
            is_new: false,
        }
    }
}

/// What one request asks for.
pub(super) enum Asked {
    Regions(Vec<Wanted<Region>>),
    Rows(Vec<Wanted<Leaf>>),
}

/// A request on its way.
struct Flight {
    peer: PeerKey,
    /// In the time that counts.
    sent_ms: u64,
    /// Whether this node was away meanwhile, so that question or answer may be lost.
    may_be_lost: bool,
    asked: Asked,
}

/// What is known of a peer.
#[derive(Default)]
struct Peer {
    /// Until when it is not heard, and not asked.
    avoided_until_ms: u64,
    /// Whether it hands out a state.
    provides: bool,
    flights: usize,
    /// How many of its answers left something out, or were slow.
    short: u32,
}

/// The peers, and the requests on their way to them.
#[derive(Default)]
pub(super) struct Flights {
    peers: BTreeMap<PeerKey, Peer>,
    flights: BTreeMap<u32, Flight>,
    number: u32,
    /// When this node looked last, and for how long it has looked in all.
    looked_ms: Option<u64>,
    attended_ms: u64,
}

impl Flights {
    /// Notes that a peer hands out a state.
    pub(super) fn provides(&mut self, key: PeerKey) {
        self.peer(key).provides = true;
    }

    /// Everybody who was heard of; last those whose answers leave the most out or are slow, so that
    /// nobody who answers little by little holds up the end.
    pub(super) fn peers(&self) -> Vec<PeerKey> {
        let mut peers: Vec<_> = self.peers.iter().collect();
        peers.sort_by_key(|(_, peer)| peer.short);
        peers.into_iter().map(|(key, _)| *key).collect()
    }

    /// Notes that an answer of a peer left something out.
    pub(super) fn was_short(&mut self, key: PeerKey) {
        let peer = self.peer(key);
        peer.short = peer.short.saturating_add(1);
    }

    /// Whether nothing is on its way.
    pub(super) fn is_empty(&self) -> bool {
        self.flights.is_empty()
    }

    /// Whether a peer is not heard now.
    pub(super) fn is_avoided(&self, key: PeerKey, now: BlockTime) -> bool {
        let peer = self.peers.get(&key);
        peer.is_some_and(|peer| peer.avoided_until_ms > now.millis())
    }

    /// Whether a peer may be asked for more.
    pub(super) fn may_ask(&self, key: PeerKey, now: BlockTime) -> bool {
        let peer = self.peers.get(&key);
        peer.is_some_and(|peer| peer.provides && peer.flights < FLIGHTS)
            && self.flights.len() < MOST_FLIGHTS
            && !self.is_avoided(key, now)
    }

    /// Notes that this node looks at what came, several times a second unless it is late itself.
    pub(super) fn attend(&mut self, now: BlockTime) {
        let before = self.looked_ms.replace(now.millis());
        let passed = now.millis().saturating_sub(before.unwrap_or(now.millis()));
        self.attended_ms = self.attended_ms.saturating_add(passed.min(ATTENTION_MS));
        if passed >= AWAY_MS {
            let flights = self.flights.values_mut();
            flights.for_each(|flight| flight.may_be_lost = true);
        }
    }

    /// The number of the next request.
    pub(super) fn next_number(&mut self) -> u32 {
        self.number = self.number.wrapping_add(1);
        self.number
    }

    /// Notes what a peer was asked for under a number.
    pub(super) fn sent(&mut self, number: u32, peer: PeerKey, asked: Asked) {
        let flight = Flight {
            peer,
            sent_ms: self.attended_ms,
            may_be_lost: false,
            asked,
        };
        self.flights.insert(number, flight);
        self.peer(peer).flights += 1;
    }

    /// What the request was for that a peer answers; nothing if nobody waits for it.
    pub(super) fn landed(&mut self, from: PeerKey, number: u32) -> Option<Asked> {
        if self.flights.get(&number)?.peer != from {
            return None;
        }
        let flight = self.flights.remove(&number)?;
        Some(self.over(flight))
    }

    fn over(&mut self, flight: Flight) -> Asked {
        let is_slow = self.attended_ms >= flight.sent_ms.saturating_add(SLOW_MS);
        let peer = self.peer(flight.peer);
        peer.flights = peer.flights.saturating_sub(1);
        peer.short = peer.short.saturating_add(is_slow.into());
        flight.asked
    }

    /// For how long this node has looked at what came, in milliseconds.
    pub(super) fn attended_ms(&self) -> u64 {
        self.attended_ms
    }

    /// Who did not answer in time.
    pub(super) fn late(&self) -> Vec<PeerKey> {
        let flights = self.flights.values();
        let late = flights.filter(|flight| self.is_late(flight) && !flight.may_be_lost);
        late.map(|flight| flight.peer).collect()
    }

    /// What was not answered in time, and is nobody's fault: it waits for nothing of that any more.
    /// Who was asked for it is asked last from now on.
    pub(super) fn lost(&mut self) -> Vec<Asked> {
        let flights = self.flights.iter();
        let late = flights.filter(|(_, flight)| self.is_late(flight) && flight.may_be_lost);
        let late: Vec<_> = late
            .map(|(number, flight)| (*number, flight.peer))
            .collect();
        let mut lost = Vec::new();
        for (number, peer) in late {
            lost.extend(self.landed(peer, number));
            self.was_short(peer);
        }
        lost
    }

    fn is_late(&self, flight: &Flight) -> bool {
        self.attended_ms >= flight.sent_ms.saturating_add(ANSWER_MS)
    }

    /// Hears nothing of a peer until then.
    pub(super) fn avoid(&mut self, key: PeerKey, until_ms: u64) {
        self.peer(key).avoided_until_ms = until_ms;
    }

    /// Asks a peer for nothing before it hands out another state. Returns what others have to be asked
    /// for instead.
    pub(super) fn leave(&mut self, key: PeerKey) -> Vec<Asked> {
        let peer = self.peer(key);
        peer.provides = false;
        peer.flights = 0;
        let flights = std::mem::take(&mut self.flights);
        let (its, others) = flights
            .into_iter()
            .partition(|(_, flight)| flight.peer == key);
        self.flights = others;
        let its: BTreeMap<u32, Flight> = its;
        its.into_values().map(|flight| flight.asked).collect()
    }

    /// Waits for nothing any more. Returns what is still to be asked for.
    pub(super) fn forget(&mut self) -> Vec<Asked> {
        let flights = std::mem::take(&mut self.flights);
        let flights = flights.into_values();
        flights.map(|flight| self.over(flight)).collect()
    }

    fn peer(&mut self, key: PeerKey) -> &mut Peer {
        self.peers.entry(key).or_default()
    }
}
