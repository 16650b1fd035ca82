//! Whose turn it is to propose.

use commonware_consensus::{
    simplex::elector::{Config, Elector, Scheduled, Terms},
    types::{Participant, Round},
};
use commonware_utils::ordered::Set;

use crate::{
    PeerKey,
    shared::{EngineKey, Scheme},
};

/// Validators take turns in the order of their keys. The first in an epoch is the one that proposed
/// the last block of the epoch before: it was there a moment ago, while when an epoch begins
/// nobody knows yet who is silent, and all would wait for the turn of one that is gone.
#[derive(Clone, Debug)]
pub(crate) struct InTurn {
    /// Who proposed that block. If it is no validator any more, the next one begins.
    pub(crate) first: PeerKey,
}

/// The turns of an epoch.
#[derive(Clone, Debug)]
pub(crate) struct Rotation {
    first: usize,
    validators: usize,
}

impl Config<Scheme> for InTurn {
    type Elector = Rotation;

    fn build(self, participants: &Set<EngineKey>) -> Rotation {
        let mut keys = participants.iter();
        Rotation {
            first: keys
                .position(|key| PeerKey::from(key) >= self.first)
                .unwrap_or_default(),
            validators: participants.len(),
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
        let validators = self.validators.max(1);
        let turn = turn % u64::try_from(validators).unwrap_or(u64::MAX);
        let turn = usize::try_from(turn).unwrap_or_default();
        Participant::from_usize((self.first + turn) % validators)
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

    fn turns(first: u8, validators: &[u8]) -> Vec<usize> {
        let first = key(first);
        let mut validators: Vec<_> = validators.iter().copied().map(key).collect();
        validators.sort();
        let place = validators.partition_point(|key| *key < first) % validators.len();
        let set = validators.iter().filter_map(PeerKey::engine);
        let elector = InTurn { first }.build(&Set::from_iter_dedup(set));
        let view = |view| Round::new(Epoch::new(5), View::new(view));
        let turns = (1..=6).map(|number| usize::from(elector.elect(view(number), ())));
        let turns: Vec<_> = turns.collect();
        assert_eq!(turns[0], place);
        turns
    }

    #[test]
    fn all_take_turns_after_the_first() {
        for first in 1..=4 {
            let turns = turns(first, &[1, 2, 3, 4]);
            for pair in turns.windows(2) {
                assert_eq!(pair[1], (pair[0] + 1) % 4);
            }
        }
        assert_eq!(turns(1, &[1]), [0; 6]);
    }

    #[test]
    fn who_is_no_validator_has_no_turn() {
        for first in 5..20 {
            assert!(turns(first, &[1, 2, 3]).iter().all(|turn| *turn < 3));
        }
    }
}
