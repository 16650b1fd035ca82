//! How data of people is sealed and how they keep the keys to it.
//!
//! - The compatible suite: [`PublicKey::seal`], [`SecretKey::open`], [`SecretKey::from_password`].
//! - The post-quantum suite: [`HybridPublicKey::seal`], [`HybridSecretKey::open`].
//! - The key hierarchy: a [`UserKey`] in a [`KeyRing`] that opens by [`Factor`]s.
//! - Signatures on credentials: [`SigningKey::sign_credential`].
//!
//! A suite is chosen by the type of a key, never by what a text says of itself. Primitives are
//! private: `docs/encryption.md` says which they are and why. No input, no output, but randomness.

mod box_key;
mod compatible_key;
mod derive;
mod envelope;
mod factor;
mod hybrid_key;
mod key_ring;
mod key_ring_encoding;
mod key_ring_error;
mod lock;
mod password;
mod password_cost;
mod plaintext;
mod random;
mod recovery_words;
mod sealed;
mod signing_key;
mod user_key;
mod user_keys;
mod wrap;

pub use box_key::{KeyError, PublicKey, SecretKey};
pub use compatible_key::{Salt, SaltError};
pub use factor::{Factor, NewFactor, PasskeyId, PasskeyIdError, PasskeyInput, PasskeySecret};
pub use hybrid_key::{HybridPublicKey, HybridSecretKey};
pub use key_ring::{KeyRing, PasswordChange, Unlocked};
pub use key_ring_error::{KeyRingError, UnlockError};
pub use password::{Password, PasswordError};
pub use password_cost::{CostError, PasswordCost};
pub use plaintext::Plaintext;
pub use random::RandomError;
pub use recovery_words::{RecoveryWords, RecoveryWordsError};
pub use sealed::{OpenError, SealError, Sealed, content_hash};
pub use signing_key::{CredentialSignatures, SigningKey};
pub use user_key::UserKey;
pub use user_keys::{KeyStanding, UserKeys};
pub use wrap::{WrapId, WrapKind};
