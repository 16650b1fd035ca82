//! Whose credentials are believed.

use std::collections::BTreeMap;

use crate::{dates::Seconds, key::PublicKey};

/// A key of a trusted issuer.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TrustedKey {
    /// Its id, as proofs name it (`verificationMethod`).
    pub id: String,
    /// The key. None for a key of a DID, which says itself which key it is: then the entry only
    /// tells since when it is revoked.
    pub key: Option<PublicKey>,
    /// Since when it counts no more. Proofs that say they were made before still count, so a
    /// stolen key has to be revoked from the time when it may have been stolen.
    pub revoked_since: Option<Seconds>,
}

/// The issuers whose credentials are believed.
#[derive(Clone, Debug, Default)]
pub struct TrustList {
    issuers: BTreeMap<String, Vec<TrustedKey>>,
    everybody: bool,
}

impl TrustList {
    /// Nobody.
    pub fn new() -> Self {
        Self::default()
    }

    /// Anybody whose proof is right: only to look at a credential. Never to rely on it.
    pub fn everybody() -> Self {
        Self {
            everybody: true,
            ..Self::default()
        }
    }

    /// Adds an issuer by its DID, which tells its keys.
    #[must_use]
    pub fn with_did(mut self, did: impl Into<String>) -> Self {
        self.issuers.entry(did.into()).or_default();
        self
    }

    /// Adds an issuer with one of its keys. An issuer that is no DID has no keys but these.
    #[must_use]
    pub fn with_key(mut self, issuer: impl Into<String>, key: TrustedKey) -> Self {
        self.issuers.entry(issuer.into()).or_default().push(key);
        self
    }

    /// Whether this issuer is believed.
    pub fn trusts(&self, issuer: &str) -> bool {
        self.everybody || self.issuers.contains_key(issuer)
    }

    /// The issuers that are named.
    pub fn issuers(&self) -> impl Iterator<Item = &str> {
        self.issuers.keys().map(String::as_str)
    }

    /// The owner and the key of this id.
    pub(crate) fn key(&self, id: &str) -> Option<(&str, &PublicKey)> {
        self.issuers.iter().find_map(|(issuer, keys)| {
            let key = keys.iter().find(|key| key.id == id)?.key.as_ref()?;
            Some((issuer.as_str(), key))
        })
    }

    /// Since when this key of this issuer is revoked.
    pub(crate) fn revoked_since(&self, issuer: &str, id: &str) -> Option<Seconds> {
        self.issuers
            .get(issuer)?
            .iter()
            .filter(|key| key.id == id)
            .filter_map(|key| key.revoked_since)
            .min()
    }
}
