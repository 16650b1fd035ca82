//! The validators of an epoch.

use std::fmt;

use ed25519_zebra::{Signature, VerificationKey};
use idos_types::{Digest, ReadError, Reader, limits::VALIDATORS};
use thiserror::Error;

use crate::{
    key::{Element, LeafKey, ListId},
    leaf::{Leaf, LeafValue},
};

const VERSION: u8 = 1;
/// Name of the list of sets, and of the table of their rows.
const LIST: &str = "validator_set";
const SCHEMA_VERSION: u32 = 1;
/// A signature (R is the identity, s is zero) that holds exactly under keys of small order.
const FORGED: [u8; 64] = {
    let mut bytes = [0; 64];
    bytes[0] = 1;
    bytes
};

/// The keys of an epoch's validators: from 1 to 128 different ed25519 keys, in order of their
/// bytes.
///
/// Encoding: the version, 1 (one byte); how many there are (2 bytes, most significant first); 32
/// bytes each.
#[derive(Clone, PartialEq, Eq)]
pub struct ValidatorSet(Vec<VerificationKey>);

/// Why keys are not a set of validators. Whoever states it is at fault.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ValidatorSetError {
    /// They end early, or go on.
    #[error("the validator set can not be read: {0}")]
    Read(#[from] ReadError),
    /// Another version, or no set at all.
    #[error("the validator set is of version {0}, only 1 is known")]
    Version(u8),
    /// Nobody, or more than are allowed.
    #[error("{0} validators are not between 1 and {VALIDATORS}")]
    Size(usize),
    /// A key is no ed25519 key, or one under which anyone can sign.
    #[error("the key with number {0} is none that proves anything")]
    Key(usize),
    /// Keys are not in order, or one comes twice.
    #[error("the key with number {0} is out of order, or comes twice")]
    Order(usize),
}

impl ValidatorSet {
    /// The set of these keys, in any order.
    pub fn new(mut keys: Vec<[u8; 32]>) -> Result<Self, ValidatorSetError> {
        keys.sort_unstable();
        Self::from_sorted(&keys)
    }

    fn from_sorted(keys: &[[u8; 32]]) -> Result<Self, ValidatorSetError> {
        if !(1..=VALIDATORS).contains(&keys.len()) {
            return Err(ValidatorSetError::Size(keys.len()));
        }
        let mut set = Vec::with_capacity(keys.len());
        let mut last = None;
        for (at, bytes) in keys.iter().enumerate() {
            if last >= Some(bytes) {
                return Err(ValidatorSetError::Order(at));
            }
            last = Some(bytes);
            let key = VerificationKey::try_from(*bytes).ok();
            let key = key.filter(|key| key.verify(&FORGED.into(), b"").is_err());
            set.push(key.ok_or(ValidatorSetError::Key(at))?);
        }
        Ok(Self(set))
    }

    /// How many validators there are.
    #[expect(clippy::len_without_is_empty, reason = "a set is never empty")]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// The keys in order.
    pub fn keys(&self) -> impl Iterator<Item = [u8; 32]> {
        self.0.iter().copied().map(<[u8; 32]>::from)
    }

    /// Which number a validator has in this set.
    pub fn position(&self, key: &[u8; 32]) -> Option<usize> {
        self.0.binary_search_by(|it| it.as_ref().cmp(key)).ok()
    }

    /// Whether so many signers are strictly more than two thirds of the set.
    pub fn is_quorum(&self, signers: usize) -> bool {
        signers.saturating_mul(3) > self.0.len() * 2
    }

    /// Whether the validator with this number signed `message`.
    pub(crate) fn has_signed(&self, number: usize, message: &[u8], signature: &[u8; 64]) -> bool {
        let key = self.0.get(number);
        let verify = |key: &VerificationKey| key.verify(&Signature::from_bytes(signature), message);
        key.is_some_and(|key| verify(key).is_ok())
    }

    /// Its one encoding.
    pub fn encode(&self) -> Vec<u8> {
        let mut bytes = vec![VERSION];
        let len = u16::try_from(self.0.len()).unwrap_or(u16::MAX);
        bytes.extend_from_slice(&len.to_be_bytes());
        bytes.extend(self.keys().flatten());
        bytes
    }

    /// Reads one set and nothing behind it.
    pub fn decode(bytes: &[u8]) -> Result<Self, ValidatorSetError> {
        let mut reader = Reader::new(bytes);
        let set = Self::read(&mut reader)?;
        reader.finish()?;
        Ok(set)
    }

    pub(crate) fn read(reader: &mut Reader<'_>) -> Result<Self, ValidatorSetError> {
        let version = reader.u8()?;
        if version != VERSION {
            return Err(ValidatorSetError::Version(version));
        }
        let len = usize::from(reader.u16_be()?);
        if len > VALIDATORS {
            return Err(ValidatorSetError::Size(len));
        }
        let keys: Result<Vec<_>, _> = (0..len).map(|_| reader.array()).collect();
        Self::from_sorted(&keys?)
    }

    /// The leaf that fixes this set for `epoch`: in the list `("validator_set", "")`, with the
    /// epoch in 8 bytes, most significant first, as its row's key; its row is the encoding of the
    /// set, under the table `validator_set` with schema version 1. It is public, so its salt is
    /// zero.
    pub fn leaf(&self, epoch: u64) -> Leaf {
        let list = ListId::new(LIST, b"");
        let element = Element::new(&epoch.to_be_bytes());
        Leaf {
            key: LeafKey::new(&list, &element),
            value: LeafValue::row(LIST, SCHEMA_VERSION, &self.encode(), &Digest([0; 32])),
        }
    }
}

impl fmt::Debug for ValidatorSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.keys().map(Digest)).finish()
    }
}

#[cfg(test)]
mod tests {
    use ed25519_zebra::SigningKey;

    use super::*;

    fn keys(len: u8) -> Vec<[u8; 32]> {
        let key = |seed| VerificationKey::from(&SigningKey::from([seed; 32])).into();
        (0..len).map(key).collect()
    }

    #[test]
    fn a_set_has_one_encoding() {
        let set = ValidatorSet::new(keys(4)).unwrap();
        let bytes = set.encode();
        assert_eq!(ValidatorSet::decode(&bytes), Ok(set.clone()));
        let longer = [&bytes[..], &[0]].concat();
        let trailing = ReadError::Trailing(1).into();
        assert_eq!(ValidatorSet::decode(&longer), Err(trailing));
        for (at, key) in set.keys().enumerate() {
            assert_eq!(set.position(&key), Some(at));
        }
        let mut turned = bytes.clone();
        turned[3..].rotate_left(32);
        assert_eq!(
            ValidatorSet::decode(&turned),
            Err(ValidatorSetError::Order(3))
        );
        let mut twice = keys(2);
        twice.push(keys(1)[0]);
        assert!(matches!(
            ValidatorSet::new(twice),
            Err(ValidatorSetError::Order(_))
        ));
    }

    #[test]
    fn sets_are_bounded() {
        assert_eq!(ValidatorSet::new(vec![]), Err(ValidatorSetError::Size(0)));
        assert_eq!(ValidatorSet::new(keys(128)).unwrap().len(), 128);
        assert_eq!(
            ValidatorSet::new(keys(129)),
            Err(ValidatorSetError::Size(129))
        );
        let claimed = [1, 0xff, 0xff];
        assert_eq!(
            ValidatorSet::decode(&claimed),
            Err(ValidatorSetError::Size(0xffff))
        );
        assert_eq!(
            ValidatorSet::decode(&[2]),
            Err(ValidatorSetError::Version(2))
        );
    }

    #[test]
    fn keys_under_which_anyone_can_sign_are_refused() {
        let (mut identity, mut off_curve) = ([0; 32], [0; 32]);
        (identity[0], off_curve[0]) = (1, 2);
        for key in [identity, [0; 32], off_curve] {
            assert_eq!(ValidatorSet::new(vec![key]), Err(ValidatorSetError::Key(0)));
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
            let set = ValidatorSet::new(keys(len)).unwrap();
            assert!(set.is_quorum(quorum) && !set.is_quorum(quorum - 1), "{len}");
        }
    }

    #[test]
    fn epochs_and_sets_have_leaves_of_their_own() {
        let (one, other) = (keys(4), keys(5));
        let (one, other) = (
            ValidatorSet::new(one).unwrap(),
            ValidatorSet::new(other).unwrap(),
        );
        assert_ne!(one.leaf(1).key, one.leaf(2).key);
        assert_eq!(one.leaf(1).key, other.leaf(1).key);
        assert_ne!(one.leaf(1).value, other.leaf(1).value);
    }
}
