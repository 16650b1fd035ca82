//! What a node notes in its database when it begins to fetch a state, so that it can go on after a
//! crash: its own rows do not tell any more whom to trust and where the others are.

use idos_consensus::{Membership, MembershipError, PeerKey};
use idos_ledger::{GenesisValidator, State, StateError, membership};
use idos_types::{Member, Reader, ValidatorSet};
use thiserror::Error;

/// The note.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Mark {
    /// The epoch of the newest block that was executed here, or a later one whose validators follow from there.
    pub(crate) epoch: u64,
    /// Its validators, and those of the epoch after it.
    pub(crate) sets: [ValidatorSet; 2],
    /// The nodes that are known to be somewhere: validators first.
    pub(crate) validators: ValidatorSet,
    pub(crate) observers: ValidatorSet,
}

/// There is no note, or none that can be read.
#[derive(Debug, Error)]
pub enum MarkError {
    /// The state cannot be read.
    #[error(transparent)]
    State(#[from] StateError),
    /// The state does not say who validates.
    #[error(
        "the state does not say who validates in epoch {0}: remove the database, it comes back by itself"
    )]
    Unknown(u64),
    /// Too many nodes, which the rules do not allow.
    #[error(transparent)]
    Set(#[from] idos_types::ValidatorSetError),
    /// Nodes that make no network, which the rules do not allow.
    #[error(transparent)]
    Nodes(#[from] MembershipError),
    /// The note is damaged.
    #[error(
        "the note about the sync that was under way is damaged: remove the database, it comes back by itself"
    )]
    Damaged,
}

impl Mark {
    /// What a state says that is still whole.
    pub(crate) fn of(state: &dyn State, epoch: u64) -> Result<Self, MarkError> {
        let set = |epoch| state.validator_set(epoch)?.ok_or(MarkError::Unknown(epoch));
        let nodes = membership(state, epoch)?.ok_or(MarkError::Unknown(epoch))?;
        Ok(Self {
            epoch,
            sets: [set(epoch)?, set(epoch.saturating_add(1))?],
            validators: nodes.validators,
            observers: ValidatorSet::new(nodes.observers)?,
        })
    }

    /// What the genesis says, where there is no state.
    pub(crate) fn first(validators: &[GenesisValidator]) -> Result<Self, MarkError> {
        let members = validators.iter().map(|validator| Member {
            key: validator.key,
            address: validator.address,
        });
        let set = ValidatorSet::new(members.collect())?;
        Ok(Self {
            epoch: 0,
            sets: [set.clone(), set.clone()],
            validators: set,
            observers: ValidatorSet::default(),
        })
    }

    /// Adds nodes where they are said to be, and moves those that are known. Returns whether that
    /// changed anything.
    pub(crate) fn add<'m>(&mut self, members: impl IntoIterator<Item = &'m Member>) -> bool {
        let [mut validators, mut observers] =
            [&self.validators, &self.observers].map(|set| set.members().to_vec());
        for member in members {
            let mut known = validators.iter_mut().chain(&mut observers);
            match known.find(|known| known.key == member.key) {
                Some(known) => known.address = member.address,
                None => observers.push(*member),
            }
        }
        // Beyond what a set may have, those known first stay: they are where they were.
        let sets = (ValidatorSet::new(validators), ValidatorSet::new(observers));
        let (Ok(validators), Ok(observers)) = sets else {
            return false;
        };
        let is_new = (&validators, &observers) != (&self.validators, &self.observers);
        (self.validators, self.observers) = (validators, observers);
        is_new
    }

    /// Goes on from an epoch whose validators these are, and those of the epoch after it.
    pub(crate) fn trust(&mut self, (epoch, sets): (u64, [&idos_proof::ValidatorSet; 2])) {
        self.epoch = epoch;
        self.sets = sets.map(|set| set.row().clone());
    }

    /// The nodes to connect to.
    pub(crate) fn membership(&self) -> Result<Membership, MarkError> {
        let member = |member: &Member| idos_consensus::Member {
            key: PeerKey(member.key.0),
            address: member.address.socket(),
        };
        let [validators, observers] = [&self.validators, &self.observers]
            .map(|set| set.members().iter().map(member).collect());
        Ok(Membership::new(validators, observers)?)
    }

    pub(crate) fn encode(&self) -> String {
        let mut bytes = self.epoch.to_be_bytes().to_vec();
        let [set, next] = &self.sets;
        for set in [set, next, &self.validators, &self.observers] {
            bytes.extend(set.encode());
        }
        hex::encode(bytes)
    }

    pub(crate) fn decode(text: &str) -> Result<Self, MarkError> {
        let bytes = hex::decode(text).map_err(|_| MarkError::Damaged)?;
        let mut reader = Reader::new(&bytes);
        let epoch = reader.u64_be().map_err(|_| MarkError::Damaged)?;
        let mut set = || ValidatorSet::read(&mut reader).map_err(|_| MarkError::Damaged);
        let mark = Self {
            epoch,
            sets: [set()?, set()?],
            validators: set()?,
            observers: set()?,
        };
        reader.finish().map_err(|_| MarkError::Damaged)?;
        Ok(mark)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Bench, node_key};

    #[test]
    fn a_note_is_read_as_it_was_written() {
        let bench = Bench::new(4);
        let mut mark = Mark::of(bench.executor.state(), 0).unwrap();
        assert_eq!(Mark::decode(&mark.encode()).unwrap(), mark);
        let members = mark.validators.members().to_vec();
        assert!(!mark.add(&members));
        let other = Member {
            key: node_key(9).public(),
            ..members[0]
        };
        assert!(mark.add([&other, &other]));
        assert_eq!(mark.observers.len(), 1);
        let moved = Member {
            address: "192.0.2.77:1".parse().unwrap(),
            ..members[1]
        };
        assert!(mark.add([&moved]));
        assert!(!mark.add([&moved]));
        assert!(mark.validators.members().contains(&moved));
        assert_eq!(Mark::decode(&mark.encode()).unwrap(), mark);
        let damaged = mark.encode() + "00";
        assert!(matches!(Mark::decode(&damaged), Err(MarkError::Damaged)));
    }
}
