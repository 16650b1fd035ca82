//! Keys in this process, one per kind of wallet. Their secrets are wiped when they are dropped, and
//! are never printed.

mod ed25519;
mod evm;
mod near;
mod stellar;
mod xrpl;

#[cfg(test)]
mod tests;

pub use ed25519::Ed25519Key;
pub use evm::EvmKey;
pub use near::NearKey;
pub use stellar::StellarKey;
pub use xrpl::XrplKey;

use ed25519_zebra::{SigningKey, VerificationKeyBytes};
use idos_wallet::{AuthType, Sender, SenderError};
use secp256k1::SecretKey;
use thiserror::Error;
use zeroize::{Zeroize as _, Zeroizing};

/// Thirty-two secret bytes, from which every kind of key is made.
pub type Seed = Zeroizing<[u8; 32]>;

/// Bytes that are no secret key. The caller is at fault.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum KeyError {
    /// They are zero or not below the order of the curve.
    #[error("the bytes are no secret key of secp256k1; draw others")]
    Secp256k1,
    /// The public key cannot be a sender.
    #[error(transparent)]
    Sender(#[from] SenderError),
}

/// A new seed from the randomness of the operating system.
pub fn random_seed() -> Result<Seed, getrandom::Error> {
    let mut seed = Seed::default();
    getrandom::fill(seed.as_mut_slice())?;
    Ok(seed)
}

/// The secret of an ed25519 key.
struct Ed25519Secret(SigningKey);

impl Ed25519Secret {
    fn new(seed: &Seed) -> Self {
        Self(SigningKey::from(**seed))
    }

    fn public(&self) -> [u8; 32] {
        VerificationKeyBytes::from(&self.0).into()
    }

    fn sign(&self, message: &[u8]) -> [u8; 64] {
        self.0.sign(message).to_bytes()
    }
}

impl Drop for Ed25519Secret {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

/// The secret of a secp256k1 key.
struct Secp256k1Secret(SecretKey);

impl Secp256k1Secret {
    fn new(seed: &Seed) -> Result<Self, KeyError> {
        SecretKey::from_secret_bytes(**seed)
            .map(Self)
            .map_err(|_| KeyError::Secp256k1)
    }
}

impl Drop for Secp256k1Secret {
    fn drop(&mut self) {
        self.0.non_secure_erase();
    }
}

/// What `{:?}` says of a key.
macro_rules! redacted {
    ($($name:ident),*) => {$(
        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(concat!(stringify!($name), "(…)"))
            }
        }
    )*};
}

redacted!(Ed25519Key, EvmKey, NearKey, StellarKey, XrplKey);

fn sender(auth: AuthType, bytes: &[u8]) -> Result<Sender, KeyError> {
    Ok(Sender::parse(auth, bytes)?)
}
