//! What comes from several peers and waits: each has a share of its own, and they take turns.

use std::collections::{BTreeMap, VecDeque};

use crate::PeerKey;

/// How much may wait, in whatever unit costs are counted.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct PeerLimits {
    /// Of one peer. What comes beyond is dropped.
    pub one: usize,
    /// Of all peers together. Beyond that, whoever has most waiting loses its newest.
    pub all: usize,
}

/// What waits. What one peer sends in masses neither crowds out nor holds up what another sends.
#[derive(Debug)]
pub struct PeerQueue<T> {
    limits: PeerLimits,
    /// In the order in which the peers take turns.
    peers: VecDeque<PeerKey>,
    of: BTreeMap<PeerKey, Backlog<T>>,
    cost: usize,
}

/// What waits of one peer, in the order in which it came.
#[derive(Debug)]
struct Backlog<T> {
    things: VecDeque<(usize, T)>,
    cost: usize,
}

impl<T> PeerQueue<T> {
    /// Nothing waits, and so much may.
    pub fn new(limits: PeerLimits) -> Self {
        Self {
            limits,
            peers: VecDeque::new(),
            of: BTreeMap::new(),
            cost: 0,
        }
    }

    /// Lets something wait for the turn of a peer, behind what it sent before. Returns whether there
    /// was room.
    pub fn add(&mut self, from: PeerKey, cost: usize, thing: T) -> bool {
        let waiting = self.of.get(&from).map_or(0, |backlog| backlog.cost);
        let wanted = waiting.saturating_add(cost);
        if wanted > self.limits.one {
            return false;
        }
        while self.cost.saturating_add(cost) > self.limits.all {
            let most = self.of.iter().max_by_key(|(_, backlog)| backlog.cost);
            match most.map(|(peer, backlog)| (*peer, backlog.cost)) {
                Some((peer, most)) if most > wanted => self.drop_newest(peer),
                Some(_) | None => return false,
            }
        }
        self.cost += cost;
        let peers = &mut self.peers;
        let backlog = self.of.entry(from).or_insert_with(|| {
            peers.push_back(from);
            Backlog {
                things: VecDeque::new(),
                cost: 0,
            }
        });
        backlog.cost += cost;
        backlog.things.push_back((cost, thing));
        true
    }

    /// The oldest of the peer whose turn it is.
    pub fn take(&mut self) -> Option<(PeerKey, T)> {
        self.take_of(|_| true)
    }

    /// The oldest of the first peer whose turn may come now; the others keep theirs.
    pub fn take_of(&mut self, may: impl Fn(&PeerKey) -> bool) -> Option<(PeerKey, T)> {
        let place = self.peers.iter().position(may)?;
        let peer = self.peers.remove(place)?;
        let (cost, thing) = self.of.get_mut(&peer)?.things.pop_front()?;
        if self.paid(peer, cost) {
            self.peers.push_back(peer);
        }
        Some((peer, thing))
    }

    /// Whether nothing waits.
    pub fn is_empty(&self) -> bool {
        self.peers.is_empty()
    }

    /// Drops whatever waits.
    pub fn clear(&mut self) {
        *self = Self::new(self.limits);
    }

    /// Drops what came last of a peer. It keeps its turn only if something is left.
    fn drop_newest(&mut self, peer: PeerKey) {
        let newest = self.of.get_mut(&peer);
        let cost = newest.and_then(|backlog| backlog.things.pop_back());
        if !self.paid(peer, cost.map_or(0, |(cost, _)| cost)) {
            self.peers.retain(|other| *other != peer);
        }
    }

    /// Counts something of a peer no more. Returns whether more of it waits.
    fn paid(&mut self, peer: PeerKey, cost: usize) -> bool {
        self.cost = self.cost.saturating_sub(cost);
        let Some(backlog) = self.of.get_mut(&peer) else {
            return false;
        };
        backlog.cost = backlog.cost.saturating_sub(cost);
        let is_more = !backlog.things.is_empty();
        if !is_more {
            self.of.remove(&peer);
        }
        is_more
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: PeerLimits = PeerLimits { one: 16, all: 64 };

    fn peer(number: u8) -> PeerKey {
        PeerKey([number; 32])
    }

    fn queue() -> PeerQueue<u8> {
        PeerQueue::new(LIMITS)
    }

    fn taken(queue: &mut PeerQueue<u8>) -> Vec<(PeerKey, u8)> {
        std::iter::from_fn(|| queue.take()).collect()
    }

    #[test]
    fn one_peer_has_so_much_waiting_and_no_more_and_others_have_room() {
        let mut queue = queue();
        assert!(queue.add(peer(1), LIMITS.one, 0));
        assert!(!queue.add(peer(1), 1, 1));
        assert!(queue.add(peer(2), LIMITS.one, 2));
        assert_eq!(taken(&mut queue), [(peer(1), 0), (peer(2), 2)]);
        assert_eq!(queue.cost, 0);
        assert!(queue.add(peer(1), LIMITS.one, 3), "there is room again");
        queue.clear();
        assert!(queue.is_empty() && queue.take().is_none());
        assert!(queue.add(peer(1), LIMITS.one, 4));
        assert!(!queue.add(peer(2), usize::MAX, 5));
    }

    #[test]
    fn when_all_is_full_whoever_has_most_makes_room() {
        let mut queue = queue();
        let size = 4;
        let peers = u8::try_from(LIMITS.all / LIMITS.one).unwrap();
        for number in 0..4 {
            for from in 0..peers {
                assert!(queue.add(peer(from), size, number));
            }
        }
        assert_eq!(queue.cost, LIMITS.all);
        assert!(queue.add(peer(100), size, 9), "a peer that sends little");
        assert!(queue.cost <= LIMITS.all);
        // But never more than what any other has.
        for number in 0..10 {
            queue.add(peer(101), size, number);
        }
        let taken = taken(&mut queue);
        assert!(taken.contains(&(peer(100), 9)));
        let of = |from| taken.iter().filter(|(peer, _)| *peer == from).count();
        assert!((0..peers).all(|from| of(peer(from)) >= 2));
        // What is dropped is the newest of a peer: what is left is in order and has no gap.
        for from in (0..peers).chain([101]) {
            let numbers = taken.iter().filter(|(key, _)| *key == peer(from));
            let numbers: Vec<_> = numbers.map(|(_, number)| usize::from(*number)).collect();
            assert_eq!(numbers, (0..numbers.len()).collect::<Vec<_>>());
        }
    }

    #[test]
    fn whoever_may_not_have_its_turn_yet_keeps_it() {
        let mut queue = queue();
        for from in 1..=3 {
            assert!(queue.add(peer(from), 1, from));
        }
        assert_eq!(queue.take_of(|from| *from != peer(1)), Some((peer(2), 2)));
        assert_eq!(queue.take_of(|_| false), None);
        assert_eq!(taken(&mut queue), [(peer(1), 1), (peer(3), 3)]);
    }

    #[test]
    fn peers_take_turns_and_each_keeps_its_order() {
        let mut queue = queue();
        for number in 0..3 {
            assert!(queue.add(peer(1), 1, number));
        }
        assert!(queue.add(peer(2), 1, 9));
        let [one, two] = [1, 2].map(peer);
        assert_eq!(taken(&mut queue), [(one, 0), (two, 9), (one, 1), (one, 2)]);
        assert!(queue.of.is_empty() && queue.peers.is_empty());
    }
}
