//! Who signed this? One verifier per kind of wallet, and from what verified the text that names
//! the signer.
//!
//! Three things are signed with wallets and keys, and each has its entry here:
//!
//! * transactions, sign-ins and private calls: [`Sender`], bytes with an [`AuthType`];
//! * texts that a person signs with a wallet, namely ownership proofs ([`verify_ownership`]) and
//!   delegated grants ([`verify_wallet_signature`] over the texts of [`WriteGrantText`] and
//!   [`AccessGrantText`]);
//! * credentials, signed by their issuer: [`ClaimedSignatures`].
//!
//! Everything here is a pure function of its arguments: no clock and no network, so that all nodes
//! answer alike. Signatures that are checked together are weighed at random, or whoever made them could
//! let one wrong one make up for another; what holds is the same, and without randomness each is checked
//! alone. No error and no `Debug` output carries an address, a key, a
//! message or a signature, since errors and logs outlive what a person may have erased.

mod account;
mod auth_type;
mod credential_signatures;
mod ed25519;
mod evm;
mod grant_text;
mod key;
mod near;
mod nep413;
mod ownership;
mod sender;
mod signature_error;
mod signature_text;
mod stellar;
mod to_sign;
mod wallet_signature;
mod xrpl;

pub use account::{AccountKey, KeyType};
pub use auth_type::AuthType;
pub use credential_signatures::{ClaimedSignatures, CredentialSignatureError};
pub use grant_text::{AccessGrantText, TextError, WriteGrantText};
pub use key::KeyError;
pub use ownership::{ownership_message, verify_ownership};
pub use sender::{Sender, SenderError};
pub use signature_error::SignatureError;
pub use to_sign::{
    NearToSign, eip191_digest, evm_sender, near_to_sign, sep53_digest, stellar_sender, xrpl_digest,
};
pub use wallet_signature::{SignedBy, WalletError, verify_wallet_signature};
pub use xrpl::XRPL_ED25519_PREFIX;
