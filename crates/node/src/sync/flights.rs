//! Who is asked for what, and who is not asked for a while.

use std::collections::BTreeMap;

use idos_consensus::PeerKey;
use idos_proof::Leaf;
use idos_types::BlockTime;

use crate::sync_message::Region;

/// How long a peer may take to answer: the largest answer takes that long at 4 Mbit/s.
const ANSWER_MS: u64 = 15_000;
/// Requests to one peer at once: while one is answered, the next travels.
const FLIGHTS: usize = 2;

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
    sent_ms: u64,
    asked: Asked,
}

/// What is known of a peer.
#[derive(Default)]
struct Peer {
    /// Until when it is not asked.
    avoided_until_ms: u64,
    /// Whether it handed out a state lately.
    provides: bool,
    flights: usize,
    /// How many of its answers left something out.
    short: u32,
}

/// The peers, and the requests on their way to them.
#[derive(Default)]
pub(super) struct Flights {
    peers: BTreeMap<PeerKey, Peer>,
    flights: BTreeMap<u32, Flight>,
    number: u32,
}

impl Flights {
    /// Notes that a peer hands out a state.
    pub(super) fn provides(&mut self, key: PeerKey) {
        self.peer(key).provides = true;
    }

    /// Everybody who was heard of; last those whose answers leave the most out, so that nobody who
    /// answers little by little holds up the end.
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

    /// Whether a peer is not asked now.
    pub(super) fn is_avoided(&self, key: PeerKey, now: BlockTime) -> bool {
        let peer = self.peers.get(&key);
        peer.is_some_and(|peer| peer.avoided_until_ms > now.millis())
    }

    /// Whether a peer may be asked for more.
    pub(super) fn may_ask(&self, key: PeerKey, now: BlockTime) -> bool {
        let peer = self.peers.get(&key);
        peer.is_some_and(|peer| peer.provides && peer.flights < FLIGHTS)
            && !self.is_avoided(key, now)
    }

    /// The number of the next request.
    pub(super) fn next_number(&mut self) -> u32 {
        self.number = self.number.wrapping_add(1);
        self.number
    }

    /// Notes what a peer was asked for under a number.
    pub(super) fn sent(&mut self, number: u32, peer: PeerKey, asked: Asked, now: BlockTime) {
        let sent_ms = now.millis();
        let flight = Flight {
            peer,
            sent_ms,
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
        let peer = self.peer(from);
        peer.flights = peer.flights.saturating_sub(1);
        Some(flight.asked)
    }

    /// Who did not answer in time.
    pub(super) fn late(&self, now: BlockTime) -> Vec<PeerKey> {
        let is_late = |flight: &&Flight| now.millis() >= flight.sent_ms.saturating_add(ANSWER_MS);
        let late = self.flights.values().filter(is_late);
        late.map(|flight| flight.peer).collect()
    }

    /// Asks a peer for nothing until then. Returns what others have to be asked for instead.
    pub(super) fn leave(&mut self, key: PeerKey, until_ms: u64) -> Vec<Asked> {
        let peer = self.peer(key);
        peer.avoided_until_ms = until_ms;
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

    /// Waits for nothing any more.
    pub(super) fn forget(&mut self) {
        self.flights.clear();
        self.peers.values_mut().for_each(|peer| peer.flights = 0);
    }

    fn peer(&mut self, key: PeerKey) -> &mut Peer {
        self.peers.entry(key).or_default()
    }
}
