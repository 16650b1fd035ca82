//! Whose credentials are believed, as told on the command line.

use std::path::PathBuf;

use idos_credential::{
    DateError, KeyError, PublicKey, Seconds, TrustList, TrustedKey, TrustedKeyError,
};
use serde::Deserialize;
use thiserror::Error;

use crate::command::bounded_file::{self, FileError};

/// Most bytes of a trust file: thousands of issuers.
const TRUST_FILE_BYTES: usize = 4 * 1024 * 1024;

/// Whom to believe.
#[derive(Default, clap::Args)]
pub(crate) struct TrustArgs {
    /// Believe the issuer of this DID; several times for several.
    #[arg(long, value_name = "DID")]
    trust: Vec<String>,
    /// Believe the issuers of this file: `[{"issuer": …, "keys": [{"id", "publicKeyMultibase",
    /// "revokedSince"}]}]`.
    #[arg(long, value_name = "FILE")]
    trust_file: Option<PathBuf>,
    /// Believe anybody whose proof is right: to look at a credential, never to rely on it.
    #[arg(long, conflicts_with_all = ["trust", "trust_file"])]
    trust_anybody: bool,
}

/// Why it is unknown whom to believe.
#[derive(Debug, Error)]
pub(crate) enum TrustError {
    /// The file.
    #[error(transparent)]
    File(#[from] FileError),
    /// What is in it.
    #[error("{} is no list of issuers; its author must correct it", path.display())]
    Form {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        source: serde_json::Error,
    },
    /// A key in it.
    #[error("the key {id:?} in {} is no key; its author must correct it", path.display())]
    Key {
        /// The file.
        path: PathBuf,
        /// Which key.
        id: String,
        /// What is wrong.
        source: KeyError,
    },
    /// A date in it.
    #[error("the date of the key {id:?} in {} is none; its author must correct it", path.display())]
    Date {
        /// The file.
        path: PathBuf,
        /// Which key.
        id: String,
        /// What is wrong.
        source: DateError,
    },
    /// A key that no proof could mean.
    #[error("a key in {} would be without effect; its author must correct it", path.display())]
    Listed {
        /// The file.
        path: PathBuf,
        /// Which, and what to write instead.
        source: TrustedKeyError,
    },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct IssuerEntry {
    issuer: String,
    #[serde(default)]
    keys: Vec<KeyEntry>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct KeyEntry {
    id: String,
    public_key_multibase: Option<String>,
    revoked_since: Option<String>,
}

impl TrustArgs {
    /// Whether nobody is named.
    pub(crate) fn is_empty(&self) -> bool {
        self.trust.is_empty() && self.trust_file.is_none() && !self.trust_anybody
    }

    /// The list.
    pub(crate) fn read(&self) -> Result<TrustList, TrustError> {
        let mut list = if self.trust_anybody {
            TrustList::everybody()
        } else {
            TrustList::new()
        };
        for did in &self.trust {
            list = list.with_did(did);
        }
        if let Some(path) = &self.trust_file {
            let text = bounded_file::read_text(path, TRUST_FILE_BYTES)?;
            let entries: Vec<IssuerEntry> =
                serde_json::from_str(&text).map_err(|source| TrustError::Form {
                    path: path.clone(),
                    source,
                })?;
            for entry in entries {
                list = list.with_did(&entry.issuer);
                for key in entry.keys {
                    let key = trusted(key, path)?;
                    list =
                        list.with_key(&entry.issuer, key)
                            .map_err(|source| TrustError::Listed {
                                path: path.clone(),
                                source,
                            })?;
                }
            }
        }
        Ok(list)
    }
}

fn trusted(entry: KeyEntry, path: &std::path::Path) -> Result<TrustedKey, TrustError> {
    let KeyEntry { id, .. } = entry;
    let key = entry
        .public_key_multibase
        .map(|text| PublicKey::from_multikey(&text))
        .transpose()
        .map_err(|source| TrustError::Key {
            path: path.to_owned(),
            id: id.clone(),
            source,
        })?;
    let revoked_since = entry
        .revoked_since
        .map(|text| Seconds::parse(&text))
        .transpose()
        .map_err(|source| TrustError::Date {
            path: path.to_owned(),
            id: id.clone(),
            source,
        })?;
    Ok(TrustedKey {
        id,
        key,
        revoked_since,
    })
}

#[cfg(test)]
mod tests {
    use std::fs;

    use idos_credential::{KeyKind, SecretKey};

    use super::*;

    fn read(text: &str) -> Result<TrustList, TrustError> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("trust.json");
        fs::write(&path, text).unwrap();
        let args = TrustArgs {
            trust: vec!["did:example:named".to_owned()],
            trust_file: Some(path),
            trust_anybody: false,
        };
        args.read()
    }

    #[test]
    fn issuers_come_from_the_command_line_and_the_file() {
        let key = SecretKey::generate(KeyKind::Ed25519)
            .unwrap()
            .public()
            .to_multikey();
        let list = read(&format!(
            r#"[{{"issuer": "https://i.example", "keys": [{{"id": "https://i.example/1",
               "publicKeyMultibase": "{key}", "revokedSince": "2026-01-01T00:00:00Z"}}]}},
               {{"issuer": "did:example:listed"}}]"#
        ))
        .unwrap();
        for issuer in [
            "did:example:named",
            "did:example:listed",
            "https://i.example",
        ] {
            assert!(list.trusts(issuer), "{issuer}");
        }
        assert!(!list.trusts("did:example:other"));
    }

    #[test]
    fn what_is_no_trust_file_is_refused() {
        assert!(matches!(read("{}"), Err(TrustError::Form { .. })));
        assert!(matches!(
            read(r#"[{"issuer": "x", "trusted": true}]"#),
            Err(TrustError::Form { .. })
        ));
        assert!(matches!(
            read(r#"[{"issuer": "x", "keys": [{"id": "k", "publicKeyMultibase": "z6"}]}]"#),
            Err(TrustError::Key { .. })
        ));
        assert!(matches!(
            read(r#"[{"issuer": "x", "keys": [{"id": "k", "revokedSince": "then"}]}]"#),
            Err(TrustError::Date { .. })
        ));
    }

    #[test]
    fn a_key_that_no_proof_could_mean_is_refused() {
        for (issuer, id) in [
            ("did:web:i.example", "#key-1"),
            ("did:key:z6Mk", "did:key:z6Mk"),
            ("did:key:z6Mk", "z6Mk"),
            ("https://i.example", "https://i.example/1"),
        ] {
            let refused = read(&format!(
                r#"[{{"issuer": "{issuer}", "keys": [{{"id": "{id}", "revokedSince": "2026-01-01T00:00:00Z"}}]}}]"#
            ));
            assert!(matches!(refused, Err(TrustError::Listed { .. })), "{id}");
        }
    }
}
