//! Why a key ring is not accepted, not changed, or does not open.

use idos_types::ReadError;
use thiserror::Error;

use crate::{factor::PasskeyIdError, password_cost::CostError, random::RandomError, wrap::WrapId};

/// Why a key ring cannot be read or changed.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum KeyRingError {
    /// The bytes are no key ring.
    #[error("these bytes are no key ring; the node gave something else")]
    NotAKeyRing,
    /// It is of somebody else.
    #[error("this is the key ring of another person; the node gave the wrong one")]
    OtherPerson,
    /// It was written by a later version.
    #[error("the key ring has version {0}, which this program does not know; update it")]
    UnknownVersion(u8),
    /// It has a wrap of a kind that is not known.
    #[error("the key ring has a wrap of kind {0}, which this program does not know; update it")]
    UnknownKind(u8),
    /// The text is not base64 of the standard alphabet with padding.
    #[error("the key ring is not standard base64 with padding; the node gave something else")]
    Encoding,
    /// It is longer than a key ring may be.
    #[error("the key ring is {len} bytes long, at most {max} are read; distrust the node")]
    TooLarge {
        /// Its length in bytes.
        len: usize,
        /// The limit in bytes.
        max: usize,
    },
    /// It ends early or late.
    #[error("the key ring is damaged: {0}; fetch it from another node")]
    Read(#[from] ReadError),
    /// Its wraps are not in order, or there is none.
    #[error("the wraps of the key ring are missing or out of order; fetch it from another node")]
    Order,
    /// The parameters of a password are not acceptable.
    #[error("the key ring is not acceptable: {0}")]
    Cost(#[from] CostError),
    /// The id of a passkey is not acceptable.
    #[error("the key ring is not acceptable: {0}")]
    PasskeyId(#[from] PasskeyIdError),
    /// There are too many of a kind.
    #[error("a key ring has at most {most} {what}; the person must remove one first")]
    TooMany {
        /// Of what.
        what: &'static str,
        /// The limit.
        most: usize,
    },
    /// The keys are not those of this ring.
    #[error("these keys were not unlocked from this key ring; the caller must unlock it first")]
    OtherKeys,
    /// Nothing would open the ring.
    #[error("this is the last that opens the key ring; the person must add another first")]
    LastWrap,
    /// There is no such wrap.
    #[error("the key ring has no wrap {0:?}; the caller must look at its list again")]
    NoSuchWrap(WrapId),
    /// An empty password would guard it.
    #[error("the password is empty; the person must choose one")]
    EmptyPassword,
    /// Nothing was given to wrap with.
    #[error("nothing was given to wrap the new key with; the caller must give a factor")]
    NoFactor,
    /// There is no randomness.
    #[error(transparent)]
    Random(#[from] RandomError),
}

/// Why a key ring does not open.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum UnlockError {
    /// The ring has no password, or no words, or not this passkey.
    #[error("the key ring has nothing that opens by this; the person must use another way")]
    NoSuchFactor,
    /// The password is wrong.
    #[error("the password is wrong; the person must try again or use another way")]
    WrongPassword,
    /// The words are of another ring.
    #[error("these are not the recovery words of this key ring; the person must check them")]
    WrongWords,
    /// The passkey gave another secret.
    #[error("the passkey's answer does not open the key ring; ask it with the input of the ring")]
    WrongPasskey,
    /// Somebody without the key changed the ring.
    #[error("the key ring was altered by somebody without its key; fetch it from another node")]
    Altered,
    /// It is older than what was seen before.
    #[error(
        "the key ring has revision {got}, but {seen} was seen before; fetch it from another node"
    )]
    Old {
        /// Its revision.
        got: u64,
        /// The newest that the caller has seen.
        seen: u64,
    },
}
