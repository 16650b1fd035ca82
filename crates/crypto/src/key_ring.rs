//! The key ring: a person's key, wrapped by everything they can get at it with. The network stores
//! it; whoever has it learns nothing without a factor.
//!
//! Every change gives a new ring and leaves the old one as it is, so that it happens when the new one
//! is stored, as a whole or not at all. The ring is authenticated with the key that it wraps, so a
//! node can neither add nor remove a wrap, nor weaken what guards it.

use idos_types::UserId;
use subtle::ConstantTimeEq;

use crate::{
    derive::derive,
    factor::{Factor, NewFactor},
    key_ring_encoding,
    key_ring_error::{KeyRingError, UnlockError},
    lock::{Lock, LockError},
    password::Password,
    password_cost::PasswordCost,
    random::random,
    recovery_words::RecoveryWords,
    user_key::{USER_KEY_BYTES, UserKey},
    user_keys::UserKeys,
    wrap::{Wrap, WrapId, WrapKind},
};
use idos_types::limits::FORMER_KEYS;

const FORMER_LABEL: &str = "idos/key-ring/former/v1";
const TAG_LABEL: &str = "idos/key-ring/tag/v1";
pub(crate) const TAG_BYTES: usize = 32;

/// Replaced keys, locked by the current one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Former {
    pub(crate) salt: [u8; 32],
    pub(crate) locked: Vec<u8>,
}

/// A person's key ring, as the network stores it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyRing {
    pub(crate) user: UserId,
    pub(crate) revision: u64,
    /// By id.
    pub(crate) wraps: Vec<Wrap>,
    pub(crate) former: Option<Former>,
    pub(crate) tag: [u8; TAG_BYTES],
}

/// What came out of a key ring, and by which wrap.
#[derive(Debug, Clone)]
pub struct Unlocked {
    /// The person's keys.
    pub keys: UserKeys,
    /// What opened.
    pub by: WrapId,
}

/// Two rings, to be stored one after the other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PasswordChange {
    /// Opens by the password that opened it now, and by the new one. Store it, fetch it again and
    /// see that the new password opens it.
    pub both: KeyRing,
    /// Opens by the new password only. Store it last.
    pub done: KeyRing,
}

impl KeyRing {
    /// The first ring of a person.
    pub fn create(
        user: UserId,
        key: UserKey,
        factor: &NewFactor<'_>,
    ) -> Result<(Self, UserKeys), KeyRingError> {
        let keys = UserKeys {
            current: key,
            former: Vec::new(),
        };
        let mut ring = Self::empty(user, 0);
        ring.push(&keys.current, factor)?;
        Ok((ring.authenticated(&keys), keys))
    }

    /// Whose it is.
    pub const fn user(&self) -> UserId {
        self.user
    }

    /// Counts the changes. Only after unlocking it is sure that no node changed it.
    pub const fn revision(&self) -> u64 {
        self.revision
    }

    /// What it opens by, the oldest first.
    pub fn wraps(&self) -> impl Iterator<Item = (WrapId, &WrapKind)> {
        self.wraps.iter().map(|wrap| (wrap.id, &wrap.kind))
    }

    /// Opens it. `seen` is the newest revision that the caller knows of, or 0: an older ring may
    /// have a password that the person gave up. A password costs a slow derivation for each that
    /// the ring has: at most two, within the limits of [`PasswordCost`].
    pub fn unlock(&self, factor: &Factor<'_>, seen: u64) -> Result<Unlocked, UnlockError> {
        let mut fault = UnlockError::NoSuchFactor;
        for wrap in &self.wraps {
            match wrap.open(self.user, factor) {
                None => {}
                Some(Ok(key)) => return self.unlocked(key, wrap.id, seen),
                Some(Err(LockError::WrongKey)) => {
                    fault = match factor {
                        Factor::Password(_) => UnlockError::WrongPassword,
                        Factor::Words(_) => UnlockError::WrongWords,
                        Factor::Passkey(..) => UnlockError::WrongPasskey,
                    };
                }
                Some(Err(LockError::Altered | LockError::Truncated)) => {
                    return Err(UnlockError::Altered);
                }
            }
        }
        Err(fault)
    }

    fn unlocked(&self, key: UserKey, by: WrapId, seen: u64) -> Result<Unlocked, UnlockError> {
        if !self.is_of(&key) {
            return Err(UnlockError::Altered);
        }
        let got = self.revision;
        if got < seen {
            return Err(UnlockError::Old { got, seen });
        }
        let former = match &self.former {
            None => Vec::new(),
            Some(former) => Lock::new(key.seed(), &former.salt, FORMER_LABEL)
                .open(self.user.0.as_bytes(), &former.locked)
                .ok()
                .and_then(|bytes| {
                    let keys = bytes.chunks(USER_KEY_BYTES);
                    keys.map(UserKey::from_bytes).collect()
                })
                .ok_or(UnlockError::Altered)?,
        };
        let keys = UserKeys {
            current: key,
            former,
        };
        Ok(Unlocked { keys, by })
    }

    /// A ring that also opens by `factor`.
    pub fn with_factor(
        &self,
        keys: &UserKeys,
        factor: &NewFactor<'_>,
    ) -> Result<(Self, WrapId), KeyRingError> {
        let mut ring = self.open_for_change(keys)?;
        let id = ring.push(&keys.current, factor)?;
        Ok((ring.authenticated(keys), id))
    }

    /// A ring that opens by these recovery words, and by no earlier ones.
    pub fn with_words(
        &self,
        keys: &UserKeys,
        words: &RecoveryWords,
    ) -> Result<(Self, WrapId), KeyRingError> {
        let mut ring = self.open_for_change(keys)?;
        ring.wraps
            .retain(|wrap| !matches!(wrap.kind, WrapKind::Words));
        let id = ring.push(&keys.current, &NewFactor::Words(words))?;
        Ok((ring.authenticated(keys), id))
    }

    /// A ring that no longer opens by this wrap. The last one stays.
    pub fn without(&self, keys: &UserKeys, id: WrapId) -> Result<Self, KeyRingError> {
        let mut ring = self.open_for_change(keys)?;
        if !ring.wraps.iter().any(|wrap| wrap.id == id) {
            return Err(KeyRingError::NoSuchWrap(id));
        }
        if ring.wraps.len() == 1 {
            return Err(KeyRingError::LastWrap);
        }
        ring.wraps.retain(|wrap| wrap.id != id);
        ring.advance()?;
        Ok(ring.authenticated(keys))
    }

    /// Changes the password: the key is wrapped again, and nothing is sealed again. Of the passwords
    /// only the one that opened the ring stays until the change is done.
    pub fn change_password(
        &self,
        unlocked: &Unlocked,
        password: &Password,
        cost: PasswordCost,
    ) -> Result<PasswordChange, KeyRingError> {
        let factor = NewFactor::Password(password, cost);
        let is_password = |wrap: &Wrap| matches!(wrap.kind, WrapKind::Password(_));
        let mut both = self.open_for_change(&unlocked.keys)?;
        both.wraps
            .retain(|wrap| !is_password(wrap) || wrap.id == unlocked.by);
        let new = both.push(&unlocked.keys.current, &factor)?;
        let mut done = both.clone();
        done.wraps
            .retain(|wrap| !is_password(wrap) || wrap.id == new);
        done.advance()?;
        Ok(PasswordChange {
            both: both.authenticated(&unlocked.keys),
            done: done.authenticated(&unlocked.keys),
        })
    }

    /// Replaces the key itself, after somebody else got hold of it. The ring keeps the old keys
    /// under the new one, so that everything sealed so far still opens. It opens by the given
    /// factors only: whatever is not given is gone. First store the ring, then publish the new public
    /// key: between the two the profile shows a key that the ring still has.
    pub fn replace_key(
        &self,
        keys: &UserKeys,
        key: UserKey,
        factors: &[NewFactor<'_>],
    ) -> Result<(Self, UserKeys), KeyRingError> {
        let old = self.open_for_change(keys)?;
        if factors.is_empty() {
            return Err(KeyRingError::NoFactor);
        }
        let mut former = vec![keys.current.clone()];
        former.extend_from_slice(&keys.former);
        if former.len() > FORMER_KEYS {
            let (what, most) = ("replaced keys", FORMER_KEYS);
            return Err(KeyRingError::TooMany { what, most });
        }
        let keys = UserKeys {
            current: key,
            former,
        };
        let mut ring = Self::empty(self.user, old.revision);
        for factor in factors {
            ring.push(&keys.current, factor)?;
        }
        ring.former = Some(lock_former(self.user, &keys)?);
        Ok((ring.authenticated(&keys), keys))
    }

    fn empty(user: UserId, revision: u64) -> Self {
        Self {
            user,
            revision,
            wraps: Vec::new(),
            former: None,
            tag: [0; TAG_BYTES],
        }
    }

    /// A copy to change, if the keys are those of this ring.
    fn open_for_change(&self, keys: &UserKeys) -> Result<Self, KeyRingError> {
        if self.is_of(&keys.current) {
            Ok(self.clone())
        } else {
            Err(KeyRingError::OtherKeys)
        }
    }

    fn advance(&mut self) -> Result<u64, KeyRingError> {
        self.revision = self.revision.checked_add(1).ok_or(KeyRingError::Order)?;
        Ok(self.revision)
    }

    fn push(&mut self, key: &UserKey, factor: &NewFactor<'_>) -> Result<WrapId, KeyRingError> {
        let id = WrapId(self.advance()?);
        self.wraps.push(Wrap::new(self.user, id, key, factor)?);
        self.check_counts()?;
        Ok(id)
    }

    /// No kind of wrap more often than a ring may have it.
    pub(crate) fn check_counts(&self) -> Result<(), KeyRingError> {
        for wrap in &self.wraps {
            let (what, most) = wrap.kind.most();
            let like = self
                .wraps
                .iter()
                .filter(|other| other.kind.is_like(&wrap.kind));
            if like.count() > most {
                return Err(KeyRingError::TooMany { what, most });
            }
        }
        Ok(())
    }

    fn authenticated(mut self, keys: &UserKeys) -> Self {
        self.tag = self.tag_by(&keys.current);
        self
    }

    fn is_of(&self, key: &UserKey) -> bool {
        self.tag.ct_eq(&self.tag_by(key)).into()
    }

    /// HMAC-SHA256 of everything else: the last step of HKDF is one.
    fn tag_by(&self, key: &UserKey) -> [u8; TAG_BYTES] {
        *derive(key.seed(), &[], TAG_LABEL, &key_ring_encoding::body(self))
    }
}

fn lock_former(user: UserId, keys: &UserKeys) -> Result<Former, KeyRingError> {
    let mut bytes = zeroize::Zeroizing::new(Vec::with_capacity(FORMER_KEYS * USER_KEY_BYTES));
    for key in &keys.former {
        bytes.extend_from_slice(key.to_bytes().as_slice());
    }
    let salt = *random()?;
    let mut locked = Vec::new();
    Lock::new(keys.current.seed(), &salt, FORMER_LABEL).seal(
        user.0.as_bytes(),
        &bytes,
        &mut locked,
    );
    Ok(Former { salt, locked })
}
