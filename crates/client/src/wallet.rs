//! Whoever signs: a key in this process, a wallet on another device, a signing service.

use std::{future::Future, pin::Pin};

use idos_types::WalletType;
use idos_wallet::{AuthType, Sender};
use thiserror::Error;

/// A signature that may take a while: somebody may have to be asked.
pub type Signing<'a> = Pin<Box<dyn Future<Output = Result<Vec<u8>, SignError>> + Send + 'a>>;

/// Something that signs texts as one sender.
pub trait Wallet: Send + Sync {
    /// As whom: the scheme, the bytes on the wire, and by [`Sender::caller`] the name by which rules
    /// and rows know it.
    fn sender(&self) -> &Sender;

    /// Signs a text by the scheme of the sender, and returns the bytes as they go over the wire: for
    /// NEAR the whole envelope.
    fn sign<'a>(&'a self, text: &'a str) -> Signing<'a>;

    /// How a profile lists this wallet.
    fn link(&self) -> WalletLink {
        WalletLink::of(self.sender())
    }
}

/// A wallet cannot or does not sign. The caller is at fault, or whoever holds the key.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum SignError {
    /// Whoever holds the key said no.
    #[error("the wallet refused to sign: {0}")]
    Refused(String),
    /// The text is longer than the scheme signs.
    #[error("the text is too long for this kind of wallet")]
    TooLong,
    /// The operating system gives no random bytes.
    #[error("the operating system gives no randomness")]
    Randomness(#[from] getrandom::Error),
    /// The wallet cannot be reached, or broke.
    #[error("the wallet cannot be asked")]
    Wallet(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// The arguments by which a wallet is linked to a profile.
#[derive(Clone, PartialEq, Eq)]
pub struct WalletLink {
    /// The kind.
    pub kind: WalletType,
    /// The address as the wallet shows it.
    pub address: String,
    /// The public key; none for EVM.
    pub public_key: Option<String>,
}

impl WalletLink {
    /// What can be told from a sender alone. The account of a NEAR key is the implicit one: a wallet
    /// with a named account tells that itself.
    pub fn of(sender: &Sender) -> Self {
        let hex_key = || hex::encode(sender.bytes());
        let (kind, address, public_key) = match sender.auth() {
            AuthType::Secp256k1Ep => (WalletType::Evm, sender.caller(), None),
            AuthType::Ed25519 => (WalletType::FaceSign, sender.caller(), Some(sender.caller())),
            AuthType::Nep413 => (WalletType::Near, hex_key(), Some(sender.caller())),
            AuthType::Xrpl => (WalletType::Xrpl, sender.caller(), Some(hex_key())),
            // A Stellar key may be given as its address.
            AuthType::Sep53 => (WalletType::Stellar, sender.caller(), Some(sender.caller())),
        };
        Self {
            kind,
            address,
            public_key,
        }
    }
}

/// Addresses are personal data: `{:?}` tells the kind only.
impl std::fmt::Debug for WalletLink {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "WalletLink({}, …)", self.kind.name())
    }
}
