//! A person's key, locked for one factor.

use idos_types::{
    ReadError, Reader, UserId,
    limits::{PASSKEY_ID_BYTES, PASSKEY_WRAPS, PASSWORD_WRAPS, RECOVERY_WRAPS},
};
use zeroize::Zeroizing;

use crate::{
    factor::{Factor, NewFactor, PasskeyId, PasskeyInput},
    key_ring_error::KeyRingError,
    lock::{LOCK_BYTES, Lock, LockError},
    password_cost::PasswordCost,
    random::random,
    user_key::{USER_KEY_BYTES, UserKey},
};

const LABEL: &str = "idos/key-ring/wrap/v1";
const LOCKED_BYTES: usize = LOCK_BYTES + USER_KEY_BYTES;
const PASSWORD: u8 = 1;
const WORDS: u8 = 2;
const PASSKEY: u8 = 3;

/// Names a wrap within a ring; never used again after it was removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct WrapId(pub(crate) u64);

/// What a wrap opens by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WrapKind {
    /// A password.
    Password(PasswordCost),
    /// Recovery words.
    Words,
    /// A passkey, and what to ask it with.
    Passkey(PasskeyId, PasskeyInput),
}

impl WrapKind {
    const fn code(&self) -> u8 {
        match self {
            Self::Password(_) => PASSWORD,
            Self::Words => WORDS,
            Self::Passkey(..) => PASSKEY,
        }
    }

    /// How many a ring may have of this kind, and what they are called.
    pub(crate) const fn most(&self) -> (&'static str, usize) {
        match self {
            Self::Password(_) => ("passwords", PASSWORD_WRAPS),
            Self::Words => ("recovery words", RECOVERY_WRAPS),
            Self::Passkey(..) => ("passkeys", PASSKEY_WRAPS),
        }
    }

    pub(crate) const fn is_like(&self, other: &Self) -> bool {
        self.code() == other.code()
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Wrap {
    pub(crate) id: WrapId,
    pub(crate) kind: WrapKind,
    salt: [u8; 32],
    locked: [u8; LOCKED_BYTES],
}

impl Wrap {
    pub(crate) fn new(
        user: UserId,
        id: WrapId,
        key: &UserKey,
        factor: &NewFactor<'_>,
    ) -> Result<Self, KeyRingError> {
        let salt = *random()?;
        let (kind, secret) = match *factor {
            NewFactor::Password(password, _) if password.is_empty() => {
                return Err(KeyRingError::EmptyPassword);
            }
            NewFactor::Password(password, cost) => (
                WrapKind::Password(cost),
                Zeroizing::new(cost.stretch(password, &salt).to_vec()),
            ),
            NewFactor::Words(words) => (WrapKind::Words, Zeroizing::new(words.seed().to_vec())),
            NewFactor::Passkey(id, input, secret) => (
                WrapKind::Passkey(id.clone(), input),
                Zeroizing::new(secret.bytes().to_vec()),
            ),
        };
        let mut wrap = Self {
            id,
            kind,
            salt,
            locked: [0; LOCKED_BYTES],
        };
        let mut locked = Vec::with_capacity(LOCKED_BYTES);
        Lock::new(&secret, &salt, LABEL).seal(
            &wrap.bound(user),
            key.to_bytes().as_slice(),
            &mut locked,
        );
        wrap.locked.copy_from_slice(&locked);
        Ok(wrap)
    }

    /// The key, if this wrap is of the factor's kind. With several passwords, or words, each has to
    /// be tried.
    pub(crate) fn open(
        &self,
        user: UserId,
        factor: &Factor<'_>,
    ) -> Option<Result<UserKey, LockError>> {
        let secret = match (&self.kind, *factor) {
            (WrapKind::Password(cost), Factor::Password(password)) => {
                Zeroizing::new(cost.stretch(password, &self.salt).to_vec())
            }
            (WrapKind::Words, Factor::Words(words)) => Zeroizing::new(words.seed().to_vec()),
            (WrapKind::Passkey(id, _), Factor::Passkey(asked, secret)) if id == asked => {
                Zeroizing::new(secret.bytes().to_vec())
            }
            _ => return None,
        };
        let bytes = Lock::new(&secret, &self.salt, LABEL).open(&self.bound(user), &self.locked);
        Some(bytes.and_then(|bytes| UserKey::from_bytes(&bytes).ok_or(LockError::Altered)))
    }

    /// What the lock is bound to: whose key it is, and everything that stands in clear.
    fn bound(&self, user: UserId) -> Vec<u8> {
        let mut bound = user.0.as_bytes().to_vec();
        self.encode_head(&mut bound);
        bound
    }

    fn encode_head(&self, bytes: &mut Vec<u8>) {
        bytes.extend_from_slice(&self.id.0.to_be_bytes());
        bytes.push(self.kind.code());
        match &self.kind {
            WrapKind::Password(cost) => {
                for parameter in cost.parameters() {
                    bytes.extend_from_slice(&parameter.to_be_bytes());
                }
            }
            WrapKind::Words => {}
            WrapKind::Passkey(id, input) => {
                let len = u16::try_from(id.as_bytes().len())
                    .unwrap_or_else(|_| unreachable!("ids of passkeys are short"));
                bytes.extend_from_slice(&len.to_be_bytes());
                bytes.extend_from_slice(id.as_bytes());
                bytes.extend_from_slice(input.as_bytes());
            }
        }
        bytes.extend_from_slice(&self.salt);
    }

    pub(crate) fn encode(&self, bytes: &mut Vec<u8>) {
        self.encode_head(bytes);
        bytes.extend_from_slice(&self.locked);
    }

    pub(crate) fn decode(reader: &mut Reader<'_>) -> Result<Self, KeyRingError> {
        let id = WrapId(reader.u64_be()?);
        let kind = match reader.u8()? {
            PASSWORD => {
                let [kib, passes, lanes] = [reader.u32_be()?, reader.u32_be()?, reader.u32_be()?];
                WrapKind::Password(PasswordCost::new(kib, passes, lanes)?)
            }
            WORDS => WrapKind::Words,
            PASSKEY => {
                let len = usize::from(reader.u16_be()?);
                if len > PASSKEY_ID_BYTES {
                    let (what, max) = ("id of a passkey", PASSKEY_ID_BYTES);
                    return Err(ReadError::TooLong { what, len, max }.into());
                }
                let id = PasskeyId::new(reader.take(len)?.to_vec())?;
                WrapKind::Passkey(id, PasskeyInput::from_bytes(reader.array()?))
            }
            code => return Err(KeyRingError::UnknownKind(code)),
        };
        Ok(Self {
            id,
            kind,
            salt: reader.array()?,
            locked: reader.array()?,
        })
    }
}
