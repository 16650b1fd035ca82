//! What opens a person's data.

use idos_crypto::{
    KeyRing, NewFactor, OpenError, Password, Plaintext, PublicKey, Salt, Sealed, SecretKey,
    Unlocked, UserKey,
};
use idos_types::UserId;

use crate::flow_error::FlowError;

/// The keys of a person, opened. Wiped when dropped, never printed.
#[derive(Clone)]
pub struct Keys {
    user: UserId,
    pub(super) kind: Kind,
}

/// Where the keys come from.
#[derive(Clone)]
pub(super) enum Kind {
    /// From the password alone, as with other clients.
    Compatible(SecretKey),
    /// From a key ring.
    Ring(Box<OpenRing>),
}

/// A key ring with what came out of it.
#[derive(Clone)]
pub(super) struct OpenRing {
    pub(super) ring: KeyRing,
    pub(super) unlocked: Unlocked,
}

impl Keys {
    /// The key that other clients derive from this password too. Every password gives one: for a
    /// profile that exists use [`Person::unlock_compatible`](super::Person::unlock_compatible).
    pub fn compatible(user: UserId, password: &Password) -> Result<Self, FlowError> {
        let key = SecretKey::from_password(password, Salt::of(user)?);
        Ok(Self {
            user,
            kind: Kind::Compatible(key),
        })
    }

    /// New random keys in a key ring that opens by `factor`. Once the profile exists, store the ring
    /// with [`Person::store_key_ring`](super::Person::store_key_ring): until then nothing else has
    /// the keys.
    pub fn new_ring(user: UserId, factor: &NewFactor<'_>) -> Result<Self, FlowError> {
        Self::ring_around(user, UserKey::generate()?, factor)
    }

    /// The same keys in a key ring that opens by `factor`: nothing is sealed again. Store the ring
    /// with [`Person::store_key_ring`](super::Person::store_key_ring). Of keys that are in a ring
    /// already nothing changes.
    pub fn adopted(&self, factor: &NewFactor<'_>) -> Result<Self, FlowError> {
        match &self.kind {
            Kind::Compatible(key) => {
                Self::ring_around(self.user, UserKey::adopt(key.clone())?, factor)
            }
            Kind::Ring(_) => Ok(self.clone()),
        }
    }

    fn ring_around(user: UserId, key: UserKey, factor: &NewFactor<'_>) -> Result<Self, FlowError> {
        let (ring, keys) = KeyRing::create(user, key, factor)?;
        let (by, _) = ring.wraps().next().ok_or(FlowError::NoKeyRing)?;
        let unlocked = Unlocked { keys, by };
        Ok(Self::of_ring(ring, unlocked))
    }

    pub(super) fn of_ring(ring: KeyRing, unlocked: Unlocked) -> Self {
        Self {
            user: ring.user(),
            kind: Kind::Ring(Box::new(OpenRing { ring, unlocked })),
        }
    }

    /// Whose they are.
    pub fn user(&self) -> UserId {
        self.user
    }

    /// What others seal to: the profile has to show it.
    pub fn public_key(&self) -> PublicKey {
        match &self.kind {
            Kind::Compatible(key) => key.public_key(),
            Kind::Ring(open) => open.unlocked.keys.public_key(),
        }
    }

    /// Whether the key came from a password alone, adopted by a key ring or not: whoever knows that
    /// password opens with it whatever is sealed to it, whatever the password is by now. Only
    /// [`Person::replace_key`](super::Person::replace_key) ends that.
    pub fn is_of_password(&self) -> bool {
        match &self.kind {
            Kind::Compatible(_) => true,
            Kind::Ring(open) => open.unlocked.keys.current().is_adopted(),
        }
    }

    /// The revision of the key ring, to be remembered: an older ring is refused then. None without
    /// a ring.
    pub fn revision(&self) -> Option<u64> {
        self.key_ring().map(KeyRing::revision)
    }

    /// The key ring, if there is one.
    pub fn key_ring(&self) -> Option<&KeyRing> {
        match &self.kind {
            Kind::Compatible(_) => None,
            Kind::Ring(open) => Some(&open.ring),
        }
    }

    /// Opens what was sealed for the person, with the current key or one that it replaced.
    pub fn open(&self, sealed: &Sealed) -> Result<Plaintext, OpenError> {
        match &self.kind {
            Kind::Compatible(key) => key.open(sealed),
            Kind::Ring(open) => open.unlocked.keys.open(sealed),
        }
    }

    pub(super) fn open_ring(&self) -> Result<&OpenRing, FlowError> {
        match &self.kind {
            Kind::Compatible(_) => Err(FlowError::NoKeyRing),
            Kind::Ring(open) => Ok(open),
        }
    }
}

impl std::fmt::Debug for Keys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Keys(…)")
    }
}
