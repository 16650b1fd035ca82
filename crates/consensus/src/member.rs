//! Who takes part in a network.

use std::{collections::BTreeSet, fmt, net::SocketAddr};

use commonware_codec::{Copying, DecodeExt as _};
use commonware_cryptography::{Signer as _, ed25519};
use idos_types::limits::{OBSERVERS, VALIDATORS};
use thiserror::Error;
use zeroize::Zeroizing;

/// The public key (ed25519) that a node is known by; printed as 64 hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct PeerKey(pub [u8; 32]);

impl PeerKey {
    /// Reads exactly 64 hexadecimal digits, of either case.
    pub fn from_hex(text: &str) -> Option<Self> {
        let mut bytes = [0; 32];
        hex::decode_to_slice(text, &mut bytes).ok()?;
        Some(Self(bytes))
    }

    /// The key of the engine; `None` if the bytes are no point of the curve.
    pub(crate) fn engine(&self) -> Option<ed25519::PublicKey> {
        ed25519::PublicKey::decode(Copying(self.0.as_slice())).ok()
    }
}

impl From<&ed25519::PublicKey> for PeerKey {
    fn from(key: &ed25519::PublicKey) -> Self {
        let mut bytes = [0; 32];
        bytes.copy_from_slice(key.as_ref());
        Self(bytes)
    }
}

impl fmt::Display for PeerKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

impl fmt::Debug for PeerKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PeerKey({self})")
    }
}

/// The secret that a node signs votes and connections with. Wiped when dropped, never printed.
#[derive(Clone)]
pub struct SigningKey(Zeroizing<[u8; 32]>);

impl SigningKey {
    /// The key of 32 random bytes.
    pub fn from_seed(seed: [u8; 32]) -> Self {
        Self(Zeroizing::new(seed))
    }

    /// What others know the node by.
    pub fn peer_key(&self) -> PeerKey {
        PeerKey::from(&self.engine().public_key())
    }

    /// The key of the engine.
    pub(crate) fn engine(&self) -> ed25519::PrivateKey {
        // Any 32 bytes are a key, so the bytes of this one can be read.
        ed25519::PrivateKey::decode(Copying(self.0.as_slice()))
            .unwrap_or_else(|_| unreachable!("32 bytes are a key"))
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SigningKey(..)")
    }
}

/// A node of the network.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Member {
    /// What it is known by.
    pub key: PeerKey,
    /// Where it listens.
    pub address: SocketAddr,
}

/// Who votes and who only listens: at least one validator, nobody twice, in the order of keys.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Membership {
    validators: Vec<Member>,
    observers: Vec<Member>,
}

/// Members do not make a network.
#[derive(Clone, PartialEq, Eq, Debug, Error)]
pub enum MembershipError {
    /// Nobody votes.
    #[error("a network needs at least one validator")]
    NoValidator,
    /// More validators than a network may have.
    #[error("{0} validators are more than {VALIDATORS}")]
    Validators(usize),
    /// More observers than a network may have.
    #[error("{0} observers are more than {OBSERVERS}")]
    Observers(usize),
    /// A node is named twice.
    #[error("node {0} is named twice")]
    Twice(PeerKey),
    /// Bytes are no public key.
    #[error("{0} is no ed25519 key")]
    Key(PeerKey),
}

impl Membership {
    /// The network of these members, given in any order.
    pub fn new(
        mut validators: Vec<Member>,
        mut observers: Vec<Member>,
    ) -> Result<Self, MembershipError> {
        if validators.is_empty() {
            return Err(MembershipError::NoValidator);
        }
        if validators.len() > VALIDATORS {
            return Err(MembershipError::Validators(validators.len()));
        }
        if observers.len() > OBSERVERS {
            return Err(MembershipError::Observers(observers.len()));
        }
        let mut keys = BTreeSet::new();
        for Member { key, .. } in validators.iter().chain(&observers) {
            if !keys.insert(*key) {
                return Err(MembershipError::Twice(*key));
            }
            if key.engine().is_none() {
                return Err(MembershipError::Key(*key));
            }
        }
        validators.sort_by_key(|member| member.key);
        observers.sort_by_key(|member| member.key);
        Ok(Self {
            validators,
            observers,
        })
    }

    /// Who votes.
    pub fn validators(&self) -> &[Member] {
        &self.validators
    }

    /// Who listens without a vote.
    pub fn observers(&self) -> &[Member] {
        &self.observers
    }

    /// Whether a node votes.
    pub fn votes(&self, key: PeerKey) -> bool {
        self.validators
            .binary_search_by_key(&key, |member| member.key)
            .is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn member(seed: u8) -> Member {
        Member {
            key: SigningKey::from_seed([seed; 32]).peer_key(),
            address: SocketAddr::from(([10, 0, 0, seed], 9000)),
        }
    }

    #[test]
    fn members_are_sorted_and_found() {
        let network = Membership::new(vec![member(3), member(1), member(2)], vec![member(4)]);
        let network = network.unwrap();
        assert!(network.validators().is_sorted_by_key(|member| member.key));
        assert!(network.votes(member(2).key));
        assert!(!network.votes(member(4).key));
    }

    #[test]
    fn impossible_networks_are_refused() {
        let refused = |validators, observers| Membership::new(validators, observers).unwrap_err();
        assert_eq!(refused(vec![], vec![]), MembershipError::NoValidator);
        let key = member(1).key;
        assert_eq!(
            refused(vec![member(1)], vec![member(1)]),
            MembershipError::Twice(key)
        );
        let mut nobody = member(1);
        // No point of the curve has this y coordinate.
        nobody.key = PeerKey([2; 32]);
        assert_eq!(
            refused(vec![nobody], vec![]),
            MembershipError::Key(nobody.key)
        );
        assert!(matches!(
            refused((0..129).map(member).collect(), vec![]),
            MembershipError::Validators(129)
        ));
    }

    #[test]
    fn a_signing_key_is_never_printed() {
        let key = SigningKey::from_seed([0xab; 32]);
        assert_eq!(format!("{key:?}"), "SigningKey(..)");
    }

    #[test]
    fn keys_are_printed_and_read_as_hex() {
        let key = member(1).key;
        assert_eq!(PeerKey::from_hex(&key.to_string()), Some(key));
        assert_eq!(PeerKey::from_hex("00"), None);
    }
}
