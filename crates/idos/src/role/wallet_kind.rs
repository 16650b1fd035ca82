//! Kinds of wallets whose keys commands make and use.

use std::{path::Path, sync::Arc};

use clap::ValueEnum;
use idos_client::{
    Wallet,
    keys::{Ed25519Key, EvmKey, KeyError, NearKey, Seed, StellarKey, XrplKey},
};

use crate::{command::bounded_file, role::RoleError};

/// The file that names the kind of the wallet of a folder.
pub(crate) const FILE: &str = "wallet-kind";
/// Most bytes of it: the longest name.
const FILE_BYTES: usize = 32;

/// A kind.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, ValueEnum)]
pub(crate) enum WalletKind {
    /// A plain key, as FaceSign has them.
    #[default]
    Ed25519,
    /// Ethereum and its like.
    Evm,
    /// NEAR, by its implicit account.
    Near,
    /// XRPL, by a key of ed25519.
    Xrpl,
    /// Stellar.
    Stellar,
}

impl WalletKind {
    /// The kind of a folder; folders that do not say have a plain key.
    pub(crate) fn of(home: &Path) -> Result<Self, RoleError> {
        let path = home.join(FILE);
        if !path.exists() {
            return Ok(Self::default());
        }
        let text = bounded_file::read_text(&path, FILE_BYTES)?;
        Self::from_str(text.trim(), true).map_err(|_| {
            RoleError::Refused(format!(
                "{} names no kind of wallet; its owner must correct it",
                path.display()
            ))
        })
    }

    /// As files and options name it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Ed25519 => "ed25519",
            Self::Evm => "evm",
            Self::Near => "near",
            Self::Xrpl => "xrpl",
            Self::Stellar => "stellar",
        }
    }

    /// The wallet of a key.
    pub(crate) fn wallet(self, seed: &Seed) -> Result<Arc<dyn Wallet>, KeyError> {
        Ok(match self {
            Self::Ed25519 => Arc::new(Ed25519Key::from_seed(seed)?),
            Self::Evm => Arc::new(EvmKey::from_seed(seed)?),
            Self::Near => Arc::new(NearKey::from_seed(seed, None)?),
            Self::Xrpl => Arc::new(XrplKey::ed25519(seed)?),
            Self::Stellar => Arc::new(StellarKey::from_seed(seed)?),
        })
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn a_folder_says_its_kind_or_has_a_plain_key() {
        let folder = tempfile::tempdir().unwrap();
        let of = || WalletKind::of(folder.path());
        assert_eq!(of().unwrap(), WalletKind::Ed25519);
        for kind in WalletKind::value_variants() {
            fs::write(folder.path().join(FILE), format!("{}\n", kind.name())).unwrap();
            assert_eq!(of().unwrap(), *kind);
        }
        fs::write(folder.path().join(FILE), "purse").unwrap();
        assert!(matches!(of(), Err(RoleError::Refused(_))));
    }

    #[test]
    fn one_key_is_another_wallet_of_each_kind() {
        let seed = Seed::new([7; 32]);
        let addresses: std::collections::BTreeSet<_> = WalletKind::value_variants()
            .iter()
            .map(|kind| {
                let link = kind.wallet(&seed).unwrap().link();
                (link.kind.name(), link.address)
            })
            .collect();
        assert_eq!(addresses.len(), WalletKind::value_variants().len());
    }
}
