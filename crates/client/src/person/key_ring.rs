//! The key ring on the network: storing it, opening it, changing what opens it.
//!
//! A change is made from the ring that was unlocked, and stored only while the network has that one:
//! else it would undo what another device did, and with it a key.

use idos_crypto::{
    Factor, KeyRing, KeyRingError, KeyStanding, NewFactor, Password, PasswordCost, PublicKey,
    RecoveryWords, UserKey, WrapId,
};
use idos_ledger::Attribute;
use idos_types::{AttributeId, Value};

use super::{Keys, PASSWORD_STORE, Person, profile, slowly};
use crate::{flow_error::FlowError, fresh_id::fresh_id};

/// The key of the attribute that holds a person's key ring, in base64.
pub const KEY_RING_ATTRIBUTE: &str = "idos:key-ring";

/// Whether an attribute is a key ring of the person. What whoever created the profile put there under
/// that name is none, of whatever revision: it would lock the person out. Of what a person adds the
/// network notes no inserter. Nor is what nobody could ever unlock as that person's; a ring that only a
/// later version of this program reads is one.
pub fn is_key_ring(row: &Attribute) -> bool {
    row.attribute_key == KEY_RING_ATTRIBUTE
        && row.inserter.is_none()
        && matches!(
            KeyRing::from_base64(&row.value, row.user_id),
            Ok(_) | Err(KeyRingError::UnknownVersion(_) | KeyRingError::UnknownKind(_))
        )
}

impl Person {
    /// Opens the compatible key, and refuses a password whose key the profile does not show. Takes a moment
    /// on purpose, on the thread it is called on: in a program of tasks that is to be one that may block.
    pub fn unlock_compatible(&self, password: &Password) -> Result<Keys, FlowError> {
        let keys = Keys::compatible(self.id, password)?;
        if keys.public_key() == self.shown_key {
            Ok(keys)
        } else {
            Err(FlowError::WrongPassword)
        }
    }

    /// Opens the key ring. `seen` is the newest revision that this device knows, or 0: an older ring
    /// is refused. If a replacement of the key was interrupted, it is finished: the profile gets the
    /// current key, or it is [`FlowError::KeyNotShown`] again.
    pub async fn unlock(&mut self, factor: &Factor<'_>, seen: u64) -> Result<Keys, FlowError> {
        let (_, ring) = self.stored_ring().await?.ok_or(FlowError::NoKeyRing)?;
        let unlocked = slowly::unlock(&ring, factor, seen).await?;
        match unlocked.keys.standing(&self.shown_key) {
            KeyStanding::Current => {}
            KeyStanding::Former => {
                let key = unlocked.keys.public_key();
                self.publish_key(key).await?;
            }
            KeyStanding::Unknown => return Err(FlowError::ForeignKey),
        }
        Ok(Keys::of_ring(ring, unlocked))
    }

    /// Stores the key ring of new or adopted keys. Refused if the profile shows another key
    /// ([`FlowError::OtherKeys`]), or has a key ring.
    pub async fn store_key_ring(&self, keys: &Keys) -> Result<(), FlowError> {
        if keys.public_key() != self.shown_key {
            return Err(FlowError::OtherKeys);
        }
        self.store(&keys.open_ring()?.ring, None).await
    }

    /// Changes the password of the key ring. The old one counts until it is sure that the new one
    /// opens what the network stores; nothing is sealed again. A key that an earlier password made
    /// stays that password's ([`Keys::is_of_password`]): then replace it by [`Person::replace_key`].
    pub async fn change_password(
        &mut self,
        keys: &Keys,
        password: &Password,
        cost: PasswordCost,
    ) -> Result<Keys, FlowError> {
        let open = keys.open_ring()?;
        let change = slowly::change_password(open, password, cost).await?;
        self.store(&change.both, Some(&open.ring)).await?;
        let new = Factor::Password(password);
        self.unlock(&new, change.both.revision()).await?;
        self.store(&change.done, Some(&change.both)).await?;
        self.unlock(&new, change.done.revision()).await
    }

    /// Lets the key ring open by one more factor.
    pub async fn add_factor(
        &self,
        keys: &Keys,
        factor: &NewFactor<'_>,
    ) -> Result<(Keys, WrapId), FlowError> {
        let open = keys.open_ring()?;
        let (ring, id) = slowly::with_factor(open, factor).await?;
        self.store(&ring, Some(&open.ring)).await?;
        Ok((Keys::of_ring(ring, open.unlocked.clone()), id))
    }

    /// Lets the key ring open by these recovery words in place of all earlier ones.
    pub(super) async fn replace_words(
        &self,
        keys: &Keys,
        words: &RecoveryWords,
    ) -> Result<Keys, FlowError> {
        let open = keys.open_ring()?;
        let (ring, _) = open.ring.with_words(&open.unlocked.keys, words)?;
        self.store(&ring, Some(&open.ring)).await?;
        Ok(Keys::of_ring(ring, open.unlocked.clone()))
    }

    /// Lets the key ring no longer open by this factor. The last one stays.
    pub async fn remove_factor(&self, keys: &Keys, id: WrapId) -> Result<Keys, FlowError> {
        let open = keys.open_ring()?;
        let ring = open.ring.without(&open.unlocked.keys, id)?;
        self.store(&ring, Some(&open.ring)).await?;
        Ok(Keys::of_ring(ring, open.unlocked.clone()))
    }

    /// Replaces the key itself, after somebody else got hold of it. What was sealed before still
    /// opens; the ring opens by the given factors only. First the ring is stored, then the profile
    /// shows the new key: if that fails, it is [`FlowError::KeyNotShown`], the factors count already,
    /// and [`Person::unlock`] by one of them finishes it.
    pub async fn replace_key(
        &mut self,
        keys: &Keys,
        factors: &[NewFactor<'_>],
    ) -> Result<Keys, FlowError> {
        let open = keys.open_ring()?;
        let key = UserKey::generate()?;
        let (ring, new) = slowly::replace_key(open, key, factors).await?;
        self.store(&ring, Some(&open.ring)).await?;
        self.publish_key(new.public_key()).await?;
        let (by, _) = ring.wraps().next().ok_or(KeyRingError::NoFactor)?;
        let unlocked = idos_crypto::Unlocked { keys: new, by };
        Ok(Keys::of_ring(ring, unlocked))
    }

    /// Lets the profile show the current key of the ring that is stored.
    async fn publish_key(&mut self, key: PublicKey) -> Result<(), FlowError> {
        let shown = self.show_key(key).await;
        shown.map_err(|error| FlowError::KeyNotShown(Box::new(error)))?;
        self.shown_key = key;
        Ok(())
    }

    async fn show_key(&self, key: PublicKey) -> Result<(), FlowError> {
        let arguments = vec![Value::from(key.to_base64()), Value::from(PASSWORD_STORE)];
        let executed = self.client.execute("update_encryption_key", arguments);
        let shown = key.to_base64();
        let is_shown = || async {
            let user = profile(&self.client).await?;
            Ok(user.recipient_encryption_public_key == shown)
        };
        self.client.shown(executed.await?, is_shown).await.map(drop)
    }

    /// The newest key ring that the network stores, and in which attribute.
    async fn stored_ring(&self) -> Result<Option<(AttributeId, KeyRing)>, FlowError> {
        let rows = self.attribute_rows().await?;
        let rings = rows
            .into_iter()
            .filter(|(row, copy)| is_key_ring(row) && copy.is_none())
            .map(|(row, _)| Ok((row.id, KeyRing::from_base64(&row.value, self.id)?)));
        let mut newest: Option<(AttributeId, KeyRing)> = None;
        let mut fault = None;
        for ring in rings {
            match ring {
                Ok(ring) => {
                    let is_newer = |(_, known): &(_, KeyRing)| known.revision() < ring.1.revision();
                    if newest.as_ref().is_none_or(is_newer) {
                        newest = Some(ring);
                    }
                }
                Err(error) => fault = Some(error),
            }
        }
        match (newest, fault) {
            // An unreadable one beside it is no reason to lock the person out.
            (Some(newest), _) => Ok(Some(newest)),
            (None, Some(fault)) => Err(fault),
            (None, None) => Ok(None),
        }
    }

    /// Stores a ring in place of the one that it was made from. The network takes any: so it is
    /// looked before that no other is stored by now, and afterwards that it is this one.
    async fn store(&self, ring: &KeyRing, replaces: Option<&KeyRing>) -> Result<(), FlowError> {
        let (action, id) = match (self.stored_ring().await?, replaces) {
            // An attempt whose end nobody heard of did it.
            (Some((_, stored)), _) if stored == *ring => return Ok(()),
            (Some((id, stored)), Some(replaced)) if stored == *replaced => ("edit_attribute", id.0),
            (None, None) => ("add_attribute", fresh_id()?),
            _ => return Err(FlowError::KeyRingChanged),
        };
        let arguments = vec![
            Value::Uuid(id),
            Value::from(KEY_RING_ATTRIBUTE),
            Value::from(ring.to_base64()),
        ];
        let executed = self.client.execute(action, arguments).await?;
        let is_stored = || async {
            match self.stored_ring().await? {
                Some((_, stored)) if stored == *ring => Ok(true),
                // Of the same revision or a later one: another device wrote after this.
                Some((_, stored)) if stored.revision() >= ring.revision() => {
                    Err(FlowError::KeyRingChanged)
                }
                _ => Ok(false),
            }
        };
        self.client.shown(executed, is_stored).await.map(drop)
    }
}
