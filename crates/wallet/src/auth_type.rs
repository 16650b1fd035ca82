//! The signature schemes of transactions.

use std::fmt;

use crate::account::KeyType;

/// How a sender signs transactions, sign-ins and private calls.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum AuthType {
    /// Ethereum-type wallets: "personal sign" (EIP-191), the sender is the 20-byte address.
    Secp256k1Ep,
    /// A plain ed25519 key (RFC 8032): servers and FaceSign.
    Ed25519,
    /// NEAR wallets (NEP-413), the sender is the 32-byte ed25519 key.
    Nep413,
    /// XRP Ledger wallets, the sender is the 33-byte key of either curve.
    Xrpl,
    /// Stellar wallets (SEP-53), the sender is the 56 characters of the `G…` address.
    Sep53,
}

impl AuthType {
    /// Every scheme.
    pub const ALL: [Self; 5] = [
        Self::Secp256k1Ep,
        Self::Ed25519,
        Self::Nep413,
        Self::Xrpl,
        Self::Sep53,
    ];

    /// The name on the wire.
    pub fn name(self) -> &'static str {
        match self {
            Self::Secp256k1Ep => "secp256k1_ep",
            Self::Ed25519 => "ed25519",
            Self::Nep413 => "nep413",
            Self::Xrpl => "xrpl",
            Self::Sep53 => "sep53",
        }
    }

    /// Reads a name; letter case counts.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|auth| auth.name() == name)
    }

    /// The key type under which clients ask for the account of such a sender. For XRPL and Stellar
    /// they always ask for ed25519, whatever the key's curve, so that is where the nonce lives.
    pub fn key_type(self) -> KeyType {
        match self {
            Self::Secp256k1Ep => KeyType::Secp256k1,
            Self::Ed25519 | Self::Nep413 | Self::Xrpl | Self::Sep53 => KeyType::Ed25519,
        }
    }
}

impl fmt::Display for AuthType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_round_trip_and_are_case_sensitive() {
        for auth in AuthType::ALL {
            assert_eq!(AuthType::parse(auth.name()), Some(auth));
        }
        for name in ["", "Ed25519", "secp256k1", "ed25519_nr", "sep53 "] {
            assert_eq!(AuthType::parse(name), None, "{name}");
        }
    }

    #[test]
    fn only_evm_senders_have_secp256k1_accounts() {
        for auth in AuthType::ALL {
            let is_secp256k1 = auth.key_type() == KeyType::Secp256k1;
            assert_eq!(is_secp256k1, auth == AuthType::Secp256k1Ep);
        }
    }
}
