//! The validators of an epoch, as whoever checks signatures needs them.

use ed25519_zebra::{Signature, VerificationKey};
use idos_types::{Digest, Member, ValidatorSet as Row};
use thiserror::Error;

use crate::{
    key::{Element, LeafKey, ListId},
    leaf::{Leaf, LeafValue},
};

/// Name of the list of sets, and of the table of their rows.
const TABLE: &str = "validator_sets";
const SCHEMA_VERSION: u32 = 1;
/// A signature (R is the identity, s is zero) that holds exactly under keys of small order.
const FORGED: [u8; 64] = {
    let mut bytes = [0; 64];
    bytes[0] = 1;
    bytes
};

/// The validators of an epoch: at least one, and each with a key whose signatures prove something.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ValidatorSet {
    row: Row,
    keys: Vec<VerificationKey>,
}

/// Why a row of the state is not a set whose signatures count. Whoever states it is at fault.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ValidatorSetError {
    /// Nobody is in it.
    #[error("nobody is in the validator set")]
    Empty,
    /// A key is no ed25519 key, or one under which anyone can sign.
    #[error("the key of the validator with number {0} is none that proves anything")]
    Key(usize),
}

impl ValidatorSet {
    /// The set that a row of the state says.
    pub fn of(row: Row) -> Result<Self, ValidatorSetError> {
        if row.is_empty() {
            return Err(ValidatorSetError::Empty);
        }
        let key = |(at, member): (usize, &Member)| {
            let key = VerificationKey::try_from(member.key.0).ok();
            let key = key.filter(|key| key.verify(&FORGED.into(), b"").is_err());
            key.ok_or(ValidatorSetError::Key(at))
        };
        let keys: Result<_, _> = row.members().iter().enumerate().map(key).collect();
        Ok(Self { keys: keys?, row })
    }

    /// The row of the state.
    pub fn row(&self) -> &Row {
        &self.row
    }

    /// The validators in the order of their keys.
    pub fn members(&self) -> &[Member] {
        self.row.members()
    }

    /// How many validators there are.
    #[expect(clippy::len_without_is_empty, reason = "a set is never empty")]
    pub fn len(&self) -> usize {
        self.keys.len()
    }

    /// The keys in order.
    pub fn keys(&self) -> impl Iterator<Item = [u8; 32]> {
        self.members().iter().map(|member| member.key.0)
    }

    /// Which number a validator has in this set.
    pub fn position(&self, key: &[u8; 32]) -> Option<usize> {
        let members = self.members();
        members.binary_search_by(|it| it.key.0.cmp(key)).ok()
    }

    /// Whether so many signers are strictly more than two thirds of the set.
    pub fn is_quorum(&self, signers: usize) -> bool {
        signers.saturating_mul(3) > self.keys.len() * 2
    }

    /// Whether so many signers are strictly more than a third of the set: one of them is honest.
    pub fn is_more_than_a_third(&self, signers: usize) -> bool {
        signers.saturating_mul(3) > self.keys.len()
    }

    /// How many of the set may lie or fail without harm: fewer than a third. Of one more than so many
    /// at least one is honest.
    pub fn tolerated_faults(&self) -> usize {
        self.keys.len().saturating_sub(1) / 3
    }

    /// Whether the validator with this number signed `message`.
    pub(crate) fn has_signed(&self, number: usize, message: &[u8], signature: &[u8; 64]) -> bool {
        let key = self.keys.get(number);
        let verify = |key: &VerificationKey| key.verify(&Signature::from_bytes(signature), message);
        key.is_some_and(|key| verify(key).is_ok())
    }

    /// The leaf that fixes this set for `epoch`: in the list `("validator_sets", "")`, with the
    /// epoch in 8 bytes, most significant first, as its row's key; its row is the epoch, in the
    /// same bytes, and the encoding of the set, under the table `validator_sets` with schema
    /// version 1.
    pub fn leaf(&self, epoch: u64, salt: &Digest) -> Leaf {
        let epoch = epoch.to_be_bytes();
        let row = [epoch.as_slice(), &self.row.encode()].concat();
        Leaf {
            key: LeafKey::new(&ListId::new(TABLE, b""), &Element::new(&epoch)),
            value: LeafValue::row(TABLE, SCHEMA_VERSION, &row, salt),
        }
    }
}

#[cfg(test)]
mod tests {
    use ed25519_zebra::SigningKey;
    use idos_types::ValidatorKey;

    use super::*;

    fn of(keys: impl IntoIterator<Item = [u8; 32]>) -> Result<ValidatorSet, ValidatorSetError> {
        let member = |key| Member {
            key: ValidatorKey(key),
            address: "192.0.2.1:8485".parse().unwrap(),
        };
        ValidatorSet::of(Row::new(keys.into_iter().map(member).collect()).unwrap())
    }

    fn key(seed: u8) -> [u8; 32] {
        VerificationKey::from(&SigningKey::from([seed; 32])).into()
    }

    #[test]
    fn validators_have_the_numbers_of_the_row() {
        let set = of((0..20).map(key)).unwrap();
        assert_eq!((set.len(), set.members().len()), (20, 20));
        for (at, key) in set.keys().enumerate() {
            assert_eq!(set.position(&key), Some(at));
            assert_eq!(set.row().members()[at].key.0, key);
        }
        assert_eq!(set.position(&[0; 32]), None);
    }

    #[test]
    fn sets_are_bounded() {
        assert_eq!(of([]), Err(ValidatorSetError::Empty));
        assert_eq!(of((0..128).map(key)).unwrap().len(), 128);
    }

    #[test]
    fn keys_under_which_anyone_can_sign_are_refused() {
        let (mut identity, mut off_curve) = ([0; 32], [0; 32]);
        (identity[0], off_curve[0]) = (1, 2);
        for key in [identity, [0; 32], off_curve] {
            assert_eq!(of([key]), Err(ValidatorSetError::Key(0)));
        }
    }

    #[test]
    fn a_quorum_is_more_than_two_thirds() {
        for (len, quorum) in [
            (1, 1),
            (2, 2),
            (3, 3),
            (4, 3),
            (5, 4),
            (6, 5),
            (7, 5),
            (100, 67),
        ] {
            let set = of((0..len).map(key)).unwrap();
            assert!(set.is_quorum(quorum) && !set.is_quorum(quorum - 1), "{len}");
            // Those who are left when the faulty are silent are just a quorum.
            let honest = set.len() - set.tolerated_faults();
            assert!(set.is_quorum(honest) && !set.is_quorum(honest - 1), "{len}");
        }
    }

    #[test]
    fn those_who_vouch_are_more_than_a_third() {
        for (len, enough) in [
            (1, 1),
            (2, 1),
            (3, 2),
            (4, 2),
            (5, 2),
            (6, 3),
            (7, 3),
            (99, 34),
        ] {
            let set = of((0..len).map(key)).unwrap();
            assert!(set.is_more_than_a_third(enough), "{len}");
            assert!(!set.is_more_than_a_third(enough - 1), "{len}");
            // One of them is honest.
            assert!(enough > set.tolerated_faults(), "{len}");
        }
    }

    #[test]
    fn epochs_sets_and_salts_have_leaves_of_their_own() {
        let (one, other) = (of([key(4)]).unwrap(), of([key(5)]).unwrap());
        let salt = Digest([1; 32]);
        assert_ne!(one.leaf(1, &salt).key, one.leaf(2, &salt).key);
        assert_eq!(one.leaf(1, &salt).key, other.leaf(1, &salt).key);
        for different in [
            one.leaf(2, &salt),
            other.leaf(1, &salt),
            one.leaf(1, &Digest([2; 32])),
        ] {
            assert_ne!(one.leaf(1, &salt).value, different.value);
        }
    }
}
