//! See [`Equivocator`].

use idos_consensus::PeerKey;

use super::{Adversary, Traitor};

/// Says one thing to some and another to others: two nodes with one key and a database each hear
/// everything, and each speaks to its half of the peers, or to all. In its turn there are two
/// blocks, and in every view there may be two votes, two certificates, two vouched states.
pub struct Equivocator;

impl Adversary for Equivocator {
    fn halves(&self, traitor: &mut Traitor) -> Option<[Vec<PeerKey>; 2]> {
        let mut halves = [Vec::new(), Vec::new()];
        for other in traitor.others.clone() {
            // Some hear both, as whoever compares would.
            match traitor.random.below(5) {
                0 | 1 => halves[0].push(other),
                2 | 3 => halves[1].push(other),
                _ => halves.iter_mut().for_each(|half| half.push(other)),
            }
        }
        Some(halves)
    }
}
