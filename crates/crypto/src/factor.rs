//! What a person unwraps their key with.

use std::fmt;

use idos_types::limits::PASSKEY_ID_BYTES;
use thiserror::Error;
use zeroize::Zeroizing;

use crate::{
    password::Password,
    password_cost::PasswordCost,
    random::{RandomError, random},
    recovery_words::RecoveryWords,
};

/// The id of a passkey has no sense.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("the id of the passkey is {0} bytes long; WebAuthn has 1 to {PASSKEY_ID_BYTES}")]
pub struct PasskeyIdError(usize);

/// The id by which an authenticator knows a passkey.
#[derive(Clone, PartialEq, Eq)]
pub struct PasskeyId(Vec<u8>);

impl PasskeyId {
    /// Takes the credential id of WebAuthn: 1 to [`PASSKEY_ID_BYTES`].
    pub fn new(id: Vec<u8>) -> Result<Self, PasskeyIdError> {
        if (1..=PASSKEY_ID_BYTES).contains(&id.len()) {
            Ok(Self(id))
        } else {
            Err(PasskeyIdError(id.len()))
        }
    }

    /// The bytes.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for PasskeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PasskeyId({})", hex::encode(&self.0))
    }
}

/// What an authenticator is asked for a passkey's secret with: `prf.eval.first` of WebAuthn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PasskeyInput([u8; 32]);

impl PasskeyInput {
    /// A random one, for a passkey that is being added.
    pub fn generate() -> Result<Self, RandomError> {
        random().map(|bytes| Self(*bytes))
    }

    pub(crate) const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The bytes for the authenticator.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

/// What an authenticator answered: the first output of WebAuthn's `prf` extension. Wiped when
/// dropped, never printed.
#[derive(Clone)]
pub struct PasskeySecret(Zeroizing<[u8; 32]>);

impl PasskeySecret {
    /// Takes the 32 bytes of `prf.results.first`.
    pub const fn new(output: Zeroizing<[u8; 32]>) -> Self {
        Self(output)
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        self.0.as_slice()
    }
}

impl fmt::Debug for PasskeySecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PasskeySecret(…)")
    }
}

/// What a person unwraps with.
#[derive(Debug, Clone, Copy)]
pub enum Factor<'a> {
    /// A password.
    Password(&'a Password),
    /// The recovery words.
    Words(&'a RecoveryWords),
    /// A passkey, and what it answered to the input that the ring has for it.
    Passkey(&'a PasskeyId, &'a PasskeySecret),
}

/// What a key is wrapped with.
#[derive(Debug, Clone, Copy)]
pub enum NewFactor<'a> {
    /// A password, and what each try of one is to cost.
    Password(&'a Password, PasswordCost),
    /// Recovery words.
    Words(&'a RecoveryWords),
    /// A passkey, the input it was asked with, and what it answered.
    Passkey(&'a PasskeyId, PasskeyInput, &'a PasskeySecret),
}
