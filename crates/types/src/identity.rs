//! Kinds of wallet, and the form in which two names of one wallet compare equal.

use std::fmt;

/// The kinds of wallet a person can link, as the action catalogue names them.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, PartialOrd, Ord)]
pub enum WalletType {
    /// Ethereum-type: the address is the identity, letter case does not count.
    Evm,
    /// NEAR: the public key (`ed25519:<base58>`) is the identity, the address an account name.
    Near,
    /// XRP Ledger: the classic address is the identity.
    Xrpl,
    /// Stellar: the `G…` address is the identity.
    Stellar,
    /// FaceSign: a local ed25519 key; address and public key are the same hexadecimal text.
    FaceSign,
}

impl WalletType {
    /// Every kind, in the order of the catalogue.
    pub const ALL: [Self; 5] = [
        Self::Evm,
        Self::Near,
        Self::Xrpl,
        Self::Stellar,
        Self::FaceSign,
    ];

    /// The name on the wire.
    pub fn name(self) -> &'static str {
        match self {
            Self::Evm => "EVM",
            Self::Near => "NEAR",
            Self::Xrpl => "XRPL",
            Self::Stellar => "Stellar",
            Self::FaceSign => "FaceSign",
        }
    }

    /// Reads a name as sent by clients; letter case counts.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// Whether wallets of this kind are known by a public key that has to be given.
    pub fn is_keyed(self) -> bool {
        self != Self::Evm
    }
}

/// Who signs, in the one spelling by which equal identities are equal texts.
///
/// An EVM address and a hexadecimal key are folded to lower case; NEAR keys (`ed25519:<base58>`),
/// XRPL and Stellar addresses are exact. The callers of transactions and the wallets of people map
/// to the same space, so "the wallet of the caller" is one equality.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Identity(String);

impl Identity {
    /// The identity that `text` names: a caller, or the identifier in a delegated grant.
    pub fn of(text: &str) -> Self {
        let is_evm = text.starts_with("0x") || text.starts_with("0X");
        let is_hex_key = text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        Self(if is_evm || is_hex_key {
            fold(text)
        } else {
            text.to_owned()
        })
    }

    /// The identity of a linked wallet: the address of EVM, XRPL and Stellar wallets, the public
    /// key of NEAR and FaceSign wallets. `None` when that key is missing.
    pub fn of_wallet(kind: WalletType, address: &str, public_key: Option<&str>) -> Option<Self> {
        match kind {
            WalletType::Evm | WalletType::Xrpl | WalletType::Stellar => Some(Self::of(address)),
            WalletType::Near | WalletType::FaceSign => public_key.map(Self::of),
        }
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

// Identities are personal data: they never reach a log by way of `{:?}`.
impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Identity(…)")
    }
}

/// `text` with ASCII letters in lower case: how grantees and addresses compare.
pub fn fold(text: &str) -> String {
    text.to_ascii_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_round_trip_and_are_case_sensitive() {
        for kind in WalletType::ALL {
            assert_eq!(WalletType::parse(kind.name()), Some(kind));
        }
        assert_eq!(WalletType::parse("STELLAR"), None);
    }

    #[test]
    fn evm_and_hex_fold_but_base58_does_not() {
        assert_eq!(Identity::of("0xAB"), Identity::of("0xab"));
        assert_eq!(
            Identity::of(&"AB".repeat(32)),
            Identity::of(&"ab".repeat(32))
        );
        assert_eq!(Identity::of("0XAB"), Identity::of("0xab"));
        assert_ne!(Identity::of("rABC"), Identity::of("rabc"));
        // Hexadecimal of another length, and other texts of the length of a key, are names.
        assert_ne!(Identity::of("AB"), Identity::of("ab"));
        assert_ne!(
            Identity::of(&"XY".repeat(32)),
            Identity::of(&"xy".repeat(32))
        );
        assert_ne!(Identity::of("ed25519:A"), Identity::of("ed25519:a"));
    }

    #[test]
    fn a_keyed_wallet_without_its_key_has_no_identity() {
        assert_eq!(
            Identity::of_wallet(WalletType::Near, "alice.near", None),
            None
        );
    }
}
