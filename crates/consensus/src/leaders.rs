//! Whose turn it is to propose.

use commonware_consensus::{
    simplex::elector::{Config, Elector, Scheduled, Terms},
    types::{Participant, Round},
};
use commonware_utils::ordered::Set;
use idos_types::Digest;

use crate::{
    PeerKey,
    shared::{EngineKey, Scheme},
};

/// Validators take turns in an order of which each epoch has another: keys are free to choose, and those of
/// operators that collude would lie side by side in any order of keys. The first in an epoch is the one that
/// proposed the last block of the epoch before: it was there a moment ago, while when an epoch begins
/// nobody knows yet who is silent, and all would wait for the turn of one that is gone.
#[derive(Clone, Debug)]
pub(crate) struct InTurn {
    /// The epoch.
    pub(crate) epoch: u64,
    /// Who proposed that block. If it is no validator any more, somebody else begins.
    pub(crate) first: PeerKey,
}

/// The turns of an epoch.
#[derive(Clone, Debug)]
pub(crate) struct Rotation {
    /// Places of the validators among their keys, in the order of their turns.
    turns: Vec<usize>,
}

/// In which order validators take turns: the places of their keys, mixed.
fn turns(epoch: u64, first: PeerKey, keys: &[PeerKey]) -> Vec<usize> {
    let mixed = |place: &usize| {
        let key = keys.get(*place).map_or(&[][..], |key| &key.0);
        Digest::of_parts("idos/turns/v1", &[&epoch.to_le_bytes(), key])
    };
    let mut turns: Vec<_> = (0..keys.len()).collect();
    turns.sort_by_cached_key(mixed);
    let begins = |place: &usize| keys.get(*place) == Some(&first);
    let begin = turns.iter().position(begins).unwrap_or_default();
    turns.rotate_left(begin);
    turns
}

impl Config<Scheme> for InTurn {
    type Elector = Rotation;

    fn build(self, participants: &Set<EngineKey>) -> Rotation {
        let keys: Vec<_> = participants.iter().map(PeerKey::from).collect();
        Rotation {
            turns: turns(self.epoch, self.first, &keys),
        }
    }
}

impl Elector<Scheme> for Rotation {
    type Mode = Scheduled;

    fn terms(&self) -> Terms {
        Terms::rotating()
    }

    fn elect(&self, round: Round, (): ()) -> Participant {
        // The first view is 1, and a set of validators is never empty.
        let turn = round.view().get().saturating_sub(1);
        let validators = u64::try_from(self.turns.len().max(1)).unwrap_or(u64::MAX);
        let turn = usize::try_from(turn % validators).unwrap_or_default();
        Participant::from_usize(self.turns.get(turn).copied().unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use commonware_consensus::types::{Epoch, View};

    use super::*;
    use crate::SigningKey;

    fn key(number: u8) -> PeerKey {
        SigningKey::from_seed([number; 32]).peer_key()
    }

    /// Who has the first turns of an epoch.
    fn leaders(epoch: u64, first: u8, validators: &[u8]) -> Vec<PeerKey> {
        let mut keys: Vec<_> = validators.iter().copied().map(key).collect();
        keys.sort();
        let set = keys.iter().filter_map(PeerKey::engine);
        let first = key(first);
        let elector = InTurn { epoch, first }.build(&Set::from_iter_dedup(set));
        let round = |view| Round::new(Epoch::new(epoch), View::new(view));
        let leader = |view| keys[usize::from(elector.elect(round(view), ()))];
        (1..=8).map(leader).collect()
    }

    #[test]
    fn all_take_turns_after_the_first() {
        for first in 1..=4 {
            let leaders = leaders(5, first, &[1, 2, 3, 4]);
            assert_eq!(leaders[0], key(first));
            let mut once = leaders[..4].to_vec();
            once.sort();
            once.dedup();
            assert_eq!(once.len(), 4);
            assert_eq!(leaders[..4], leaders[4..], "again in the same order");
        }
        assert_eq!(leaders(5, 1, &[1]), [key(1); 8]);
    }

    #[test]
    fn who_is_no_validator_has_no_turn() {
        let validators = [1, 2, 3].map(key);
        for first in 5..20 {
            let leaders = leaders(5, first, &[1, 2, 3]);
            assert!(leaders.iter().all(|leader| validators.contains(leader)));
        }
    }

    /// What every node of a network has to agree on is the same for ever.
    #[test]
    fn the_order_of_an_epoch_is_frozen() {
        let keys: Vec<_> = (0..8).map(|number| PeerKey([number; 32])).collect();
        assert_eq!(turns(0, keys[0], &keys), [0, 5, 2, 3, 7, 6, 1, 4]);
        assert_eq!(turns(0, keys[7], &keys), [7, 6, 1, 4, 0, 5, 2, 3]);
        assert_ne!(turns(0, keys[0], &keys), turns(1, keys[0], &keys));
    }

    #[test]
    fn neighbours_by_their_keys_are_seldom_neighbours_by_their_turns() {
        let keys: Vec<_> = (0..128).map(|number| PeerKey([number; 32])).collect();
        let is_hostile = |place: &usize| *place < 42;
        for epoch in 0..100 {
            let turns = turns(epoch, keys[100], &keys);
            let runs = turns.split(|place| !is_hostile(place));
            let longest = runs.map(<[usize]>::len).max().unwrap();
            assert!(longest < 10, "{longest} in epoch {epoch}");
        }
    }
}
