//! A key ring as bytes. Numbers are big-endian; a ring has one encoding only.
//!
//! ```text
//! "idOSring" ‖ version 1 ‖ id of the person (16) ‖ revision (8)
//! ‖ number of wraps (1) ‖ wraps by id, each:
//!     id (8) ‖ kind (1) ‖ 1: memory in KiB, passes, lanes (4 each) | 2: nothing
//!                       | 3: length (2) and id of the passkey, input (32)
//!     ‖ salt (32) ‖ commitment (32) ‖ key under XChaCha20-Poly1305 (64 + 16)
//! ‖ number of replaced keys (1) ‖ if any: salt (32) ‖ commitment (32) ‖ keys (64 each, + 16)
//! ‖ tag (32)
//! ```

use base64::{Engine as _, engine::general_purpose::STANDARD};
use idos_types::{
    Reader, UserId, Uuid,
    limits::{
        FORMER_KEYS, KEY_RING_BYTES, PASSKEY_ID_BYTES, PASSKEY_WRAPS, PASSWORD_WRAPS,
        RECOVERY_WRAPS,
    },
};

use crate::{
    key_ring::{Former, KeyRing, TAG_BYTES},
    key_ring_error::KeyRingError,
    lock::LOCK_BYTES,
    user_key::USER_KEY_BYTES,
    wrap::Wrap,
};

const MAGIC: &[u8; 8] = b"idOSring";
const VERSION: u8 = 1;
const WRAPS: usize = PASSWORD_WRAPS + RECOVERY_WRAPS + PASSKEY_WRAPS;

const _: () = {
    let wrap = 8 + 1 + 2 + PASSKEY_ID_BYTES + 32 + 32 + LOCK_BYTES + USER_KEY_BYTES;
    let former = 1 + 32 + LOCK_BYTES + FORMER_KEYS * USER_KEY_BYTES;
    assert!(
        MAGIC.len() + 1 + 16 + 8 + 1 + WRAPS * wrap + former + TAG_BYTES <= KEY_RING_BYTES,
        "every key ring must fit its limit"
    );
};

impl KeyRing {
    /// The bytes that the network stores: at most [`KEY_RING_BYTES`].
    pub fn encode(&self) -> Vec<u8> {
        let mut bytes = body(self);
        bytes.extend_from_slice(&self.tag);
        bytes
    }

    /// The bytes in standard base64 with padding: the value of an attribute.
    pub fn to_base64(&self) -> String {
        STANDARD.encode(self.encode())
    }

    /// Reads the value of an attribute.
    pub fn from_base64(text: &str, user: UserId) -> Result<Self, KeyRingError> {
        if text.len() > KEY_RING_BYTES.div_ceil(3) * 4 {
            let (len, max) = (text.len() / 4 * 3, KEY_RING_BYTES);
            return Err(KeyRingError::TooLarge { len, max });
        }
        let bytes = STANDARD.decode(text).map_err(|_| KeyRingError::Encoding)?;
        Self::decode(&bytes, user)
    }

    /// Reads the ring of `user`. Everything in it is bounded, and no guard is weaker than its floor;
    /// that nobody changed it shows only when it is unlocked.
    pub fn decode(bytes: &[u8], user: UserId) -> Result<Self, KeyRingError> {
        let (len, max) = (bytes.len(), KEY_RING_BYTES);
        if len > max {
            return Err(KeyRingError::TooLarge { len, max });
        }
        let rest = bytes.strip_prefix(MAGIC).ok_or(KeyRingError::NotAKeyRing)?;
        let mut reader = Reader::new(rest);
        let version = reader.u8()?;
        if version != VERSION {
            return Err(KeyRingError::UnknownVersion(version));
        }
        if UserId(Uuid::from_bytes(reader.array()?)) != user {
            return Err(KeyRingError::OtherPerson);
        }
        let revision = reader.u64_be()?;
        let wraps = wraps(&mut reader, revision)?;
        let former = former(&mut reader)?;
        let tag = reader.array()?;
        reader.finish()?;
        let ring = Self {
            user,
            revision,
            wraps,
            former,
            tag,
        };
        ring.check_counts()?;
        Ok(ring)
    }
}

fn wraps(reader: &mut Reader<'_>, revision: u64) -> Result<Vec<Wrap>, KeyRingError> {
    let number = usize::from(reader.u8()?);
    if number > WRAPS {
        let (what, most) = ("ways to open it", WRAPS);
        return Err(KeyRingError::TooMany { what, most });
    }
    let wraps: Vec<_> = (0..number)
        .map(|_| Wrap::decode(reader))
        .collect::<Result<_, _>>()?;
    let is_ordered = wraps.is_sorted_by(|one, next| one.id < next.id);
    let is_within = wraps.iter().all(|wrap| (1..=revision).contains(&wrap.id.0));
    if wraps.is_empty() || !is_ordered || !is_within {
        return Err(KeyRingError::Order);
    }
    Ok(wraps)
}

fn former(reader: &mut Reader<'_>) -> Result<Option<Former>, KeyRingError> {
    let number = usize::from(reader.u8()?);
    if number > FORMER_KEYS {
        let (what, most) = ("replaced keys", FORMER_KEYS);
        return Err(KeyRingError::TooMany { what, most });
    }
    if number == 0 {
        return Ok(None);
    }
    let salt = reader.array()?;
    let locked = reader.take(LOCK_BYTES + number * USER_KEY_BYTES)?.to_vec();
    Ok(Some(Former { salt, locked }))
}

/// Everything but the tag.
pub(crate) fn body(ring: &KeyRing) -> Vec<u8> {
    let mut bytes = MAGIC.to_vec();
    bytes.push(VERSION);
    bytes.extend_from_slice(ring.user.0.as_bytes());
    bytes.extend_from_slice(&ring.revision.to_be_bytes());
    bytes.push(count(ring.wraps.len()));
    ring.wraps.iter().for_each(|wrap| wrap.encode(&mut bytes));
    let former = ring.former.as_ref();
    let number = former.map_or(0, |former| {
        former.locked.len().saturating_sub(LOCK_BYTES) / USER_KEY_BYTES
    });
    bytes.push(count(number));
    if let Some(former) = former {
        bytes.extend_from_slice(&former.salt);
        bytes.extend_from_slice(&former.locked);
    }
    bytes
}

fn count(number: usize) -> u8 {
    u8::try_from(number).unwrap_or_else(|_| unreachable!("the limits are below 256"))
}
